//! The algorithm of a key: an `AlgorithmIdentifier` (RFC 5280 section 4.1.1.2).

use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::AnyRef;
use pkcs8::spki::AlgorithmIdentifierRef;

use crate::format::error::FormatError;

/// RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// The identifier of RSA keys in X.509 of 1988. OpenSSL and OpenSSH still read it.
const RSA_OF_1988: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.8.1.1");
/// The identifiers of ECDSA and DSA keys (RFC 5480 section 2.1.1, RFC 3279 section 2.3.2).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// Other algorithms (RFC 4055, RFC 3279, RFC 8410).
const OTHERS: [(ObjectIdentifier, &str); 6] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), "RSASSA-PSS"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7"), "RSAES-OAEP"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1"), "DH"),
    (ObjectIdentifier::new_unwrap("1.3.101.110"), "X25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.111"), "X448"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "ED448"),
];
/// The parents of ML-KEM, of ML-DSA and SLH-DSA, and of the Open Quantum Safe project.
const POST_QUANTUM: [&str; 3] = ["2.16.840.1.101.3.4.4.", "2.16.840.1.101.3.4.3.", "1.3.9999."];

fn unsupported(found: ObjectIdentifier) -> FormatError {
    if let Some((_, name)) = OTHERS.iter().find(|(known, _)| *known == found) {
        return FormatError::AlgorithmUnsupported { name };
    }
    let found = found.to_string();
    match POST_QUANTUM.iter().any(|parent| found.starts_with(parent)) {
        true => FormatError::PostQuantum,
        false => FormatError::AlgorithmUnknown,
    }
}

/// The supported key algorithms.
pub(super) enum Algorithm {
    Ed25519,
    Rsa,
}

impl Algorithm {
    /// Reads an algorithm. For RSA, the NULL required by RFC 8017 appendix A.1 may be missing.
    pub(super) fn of(found: &AlgorithmIdentifierRef<'_>) -> Result<Self, FormatError> {
        let parameters = found.parameters;
        match found.oid {
            pkcs1::ALGORITHM_OID if parameters.is_none_or(AnyRef::is_null) => Ok(Self::Rsa),
            // Its parameter is the length of the key.
            RSA_OF_1988 => Ok(Self::Rsa),
            ED25519 if parameters.is_none() => Ok(Self::Ed25519),
            EC => Err(FormatError::Ecdsa),
            DSA => Err(FormatError::Dsa),
            other => Err(unsupported(other)),
        }
    }

    pub(super) fn identifier(self) -> AlgorithmIdentifierRef<'static> {
        match self {
            Self::Ed25519 => AlgorithmIdentifierRef { oid: ED25519, parameters: None },
            Self::Rsa => {
                AlgorithmIdentifierRef { oid: pkcs1::ALGORITHM_OID, parameters: Some(AnyRef::NULL) }
            }
        }
    }
}

//! The DER structures of OpenSSL: PKCS#1 (RFC 8017 appendix A.1), PKCS#8 (RFC 5958 and RFC 8410)
//! and SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).

use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use pkcs8::der::{Decode, Encode, Reader, SecretDocument, SliceReader, Tag, Tagged};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{self, Kdf};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::error::FormatError;
use crate::key::{Ed25519PrivateKey, Ed25519PublicKey, PrivateKey, PublicKey};
use crate::key::{RsaNumbers, RsaPrivateKey, RsaPublicKey};
use crate::secret::Secret;

/// RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// Two ways to say ECDSA and DSA (RFC 5480 section 2.1.1, RFC 3279 section 2.3.2).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// What OWASP recommends for PBKDF2 with HMAC-SHA-256.
const PBKDF2_ITERATIONS: u32 = 600_000;
/// What OpenSSL and OpenSSH have room for.
const MOST_PASSPHRASE_BYTES: usize = 1023;

/// What a file that is read may ask for: each takes about a second of a machine of today.
const MOST_PBKDF2_ITERATIONS: u64 = 2_000_000;
const MOST_SCRYPT_BYTES: u64 = 64 << 20;
const MOST_SCRYPT_LANES: u64 = 8;

/// Returns the `RSAPrivateKey` of PKCS#1, with the numbers as they are.
///
/// # Errors
///
/// [`FormatError::Der`], which no key that could be made brings about.
pub fn pkcs1_private(key: &RsaPrivateKey) -> Result<Secret, FormatError> {
    encode(&pkcs1::RsaPrivateKeyRef {
        modulus: UintRef::new(key.public().modulus())?,
        public_exponent: UintRef::new(key.public().exponent())?,
        private_exponent: UintRef::new(key.private_exponent())?,
        prime1: UintRef::new(key.prime1())?,
        prime2: UintRef::new(key.prime2())?,
        exponent1: UintRef::new(key.exponent1())?,
        exponent2: UintRef::new(key.exponent2())?,
        coefficient: UintRef::new(key.coefficient())?,
        other_prime_infos: None,
    })
}

/// Returns the `PrivateKeyInfo` of PKCS#8, version 1.
///
/// An ED25519 key goes without its public half: OpenSSL 3.0, node and GnuTLS refuse version 2.
///
/// # Errors
///
/// [`FormatError::Der`], which no key that could be made brings about.
pub fn pkcs8_private(key: &PrivateKey) -> Result<Secret, FormatError> {
    let (algorithm, private_key) = match key {
        PrivateKey::Ed25519(key) => (ed25519(), encode(&OctetStringRef::new(key.seed())?)?),
        PrivateKey::Rsa(key) => (rsa(), pkcs1_private(key)?),
    };
    let private_key = OctetStringRef::new(private_key.expose())?;
    encode(&PrivateKeyInfoRef::new(algorithm, private_key))
}

/// Returns the `EncryptedPrivateKeyInfo` of PKCS#8: PBES2 (RFC 8018 section 6.2) with 600,000
/// rounds of PBKDF2-HMAC-SHA-256 and AES-256-CBC, which every reader of the field knows.
///
/// # Errors
///
/// [`FormatError::Pkcs8`] and [`FormatError::Der`], which no key that could be made brings about.
pub fn pkcs8_encrypted(
    key: &PrivateKey,
    passphrase: &Secret,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    if passphrase.len() > MOST_PASSPHRASE_BYTES {
        return Err(FormatError::PassphraseTooLong { limit: MOST_PASSPHRASE_BYTES });
    }
    let (mut salt, mut initial_vector) = ([0; 16], [0; 16]);
    random.fill_bytes(&mut salt);
    random.fill_bytes(&mut initial_vector);
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(
        PBKDF2_ITERATIONS,
        &salt,
        initial_vector,
    );
    let parameters = parameters.map_err(pkcs8::Error::from)?;
    let plain = pkcs8_private(key)?;
    let encrypted = parameters.encrypt(passphrase.expose(), plain.expose());
    let encrypted = encrypted.map_err(pkcs8::Error::from)?;
    encode(&EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&encrypted)?,
    })
}

/// Returns the `SubjectPublicKeyInfo`.
///
/// # Errors
///
/// [`FormatError::Der`], which no key that could be made brings about.
pub fn spki(key: &PublicKey) -> Result<Vec<u8>, FormatError> {
    let (algorithm, subject_public_key) = match key {
        PublicKey::Ed25519(key) => (ed25519(), key.as_bytes().to_vec()),
        PublicKey::Rsa(key) => (rsa(), pkcs1_public(key)?),
    };
    let spki = SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key: BitStringRef::from_bytes(&subject_public_key)?,
    };
    Ok(spki.to_der()?)
}

/// Returns the `RSAPublicKey` of PKCS#1.
///
/// # Errors
///
/// [`FormatError::Der`], which no key that could be made brings about.
pub fn pkcs1_public(key: &RsaPublicKey) -> Result<Vec<u8>, FormatError> {
    let key = pkcs1::RsaPublicKeyRef {
        modulus: UintRef::new(key.modulus())?,
        public_exponent: UintRef::new(key.exponent())?,
    };
    Ok(key.to_der()?)
}

/// Reads an `RSAPrivateKey` of PKCS#1 and checks that its numbers belong together.
///
/// # Errors
///
/// [`FormatError::Der`] and [`FormatError::Key`].
pub fn read_pkcs1_private(der: &[u8]) -> Result<RsaPrivateKey, FormatError> {
    let key = pkcs1::RsaPrivateKeyRef::from_der(der)?;
    if key.other_prime_infos.is_some() {
        return Err(FormatError::RsaMultiPrime);
    }
    Ok(RsaPrivateKey::from_numbers(&RsaNumbers {
        modulus: key.modulus.as_bytes(),
        public_exponent: key.public_exponent.as_bytes(),
        private_exponent: key.private_exponent.as_bytes(),
        prime1: key.prime1.as_bytes(),
        prime2: key.prime2.as_bytes(),
        exponents: Some([key.exponent1.as_bytes(), key.exponent2.as_bytes()]),
        coefficient: key.coefficient.as_bytes(),
    })?)
}

/// Reads a `PrivateKeyInfo` of PKCS#8, version 1 or 2.
pub(super) fn read_pkcs8_private(der: &[u8]) -> Result<PrivateKey, FormatError> {
    let info = PrivateKeyInfoRef::from_der(der)?;
    match algorithm(&info.algorithm)? {
        Algorithm::Rsa => Ok(PrivateKey::Rsa(read_pkcs1_private(info.private_key.as_bytes())?)),
        Algorithm::Ed25519 => Ok(PrivateKey::Ed25519(pkcs8_ed25519(&info)?)),
    }
}

/// Decrypts an `EncryptedPrivateKeyInfo` of PKCS#8 to the `PrivateKeyInfo` in it.
///
/// The costs are looked at before anything is computed.
pub(super) fn decrypt_pkcs8(
    der: &[u8],
    passphrase: &Secret,
) -> Result<SecretDocument, FormatError> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der)?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(FormatError::EncryptionUnknown);
    };
    let at_most = |parameter, value: u64, limit| match value > limit {
        true => Err(FormatError::DerivationTooCostly { parameter, limit }),
        false => Ok(()),
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => {
            at_most("PBKDF2 iterations", pbkdf2.iteration_count.into(), MOST_PBKDF2_ITERATIONS)?;
        }
        Kdf::Scrypt(scrypt) => {
            let lane = scrypt.cost_parameter.saturating_mul(u64::from(scrypt.block_size));
            at_most("scrypt memory", lane.saturating_mul(128), MOST_SCRYPT_BYTES)?;
            at_most("scrypt lanes", scrypt.parallelization.into(), MOST_SCRYPT_LANES)?;
        }
        _ => return Err(FormatError::EncryptionUnknown),
    }
    info.decrypt(passphrase.expose()).map_err(|_| FormatError::PassphraseWrong)
}

/// What a DER structure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    Pkcs1Private,
    Pkcs1Public,
    Pkcs8Private,
    Pkcs8Encrypted,
    Spki,
}

impl Structure {
    /// Tells by the tags of the first fields, before anything is read in earnest.
    pub(super) fn of(der: &[u8]) -> Result<Self, FormatError> {
        let outer = AnyRef::from_der(der)?;
        if outer.tag() != Tag::Sequence {
            return Err(FormatError::DerUnknown);
        }
        let mut reader = SliceReader::new(outer.value())?;
        let mut fields = [None; 4];
        for field in &mut fields {
            if !reader.is_finished() {
                *field = Some(AnyRef::decode(&mut reader)?.tag());
            }
        }
        match fields {
            [Some(Tag::Sequence), Some(Tag::BitString), None, _] => Ok(Self::Spki),
            [Some(Tag::Sequence), Some(Tag::OctetString), None, _] => Ok(Self::Pkcs8Encrypted),
            [Some(Tag::Sequence), Some(Tag::Sequence), Some(Tag::BitString), None] => {
                Err(FormatError::X509Certificate)
            }
            [Some(Tag::Integer), Some(Tag::Sequence), Some(Tag::OctetString), _] => {
                Ok(Self::Pkcs8Private)
            }
            [Some(Tag::Integer), Some(Tag::OctetString), ..] => Err(FormatError::Ecdsa),
            [Some(Tag::Integer), Some(Tag::Integer), None, _] => Ok(Self::Pkcs1Public),
            [Some(Tag::Integer), Some(Tag::Integer), Some(Tag::Integer), _] => {
                Ok(Self::Pkcs1Private)
            }
            _ => Err(FormatError::DerUnknown),
        }
    }
}

/// Reads the public half of what `der` is.
pub(super) fn read_public(der: &[u8]) -> Result<(Structure, PublicKey), FormatError> {
    let structure = Structure::of(der)?;
    let key = match structure {
        Structure::Pkcs1Private => pkcs1_private_public(der)?,
        Structure::Pkcs1Public => read_pkcs1_public(der)?,
        Structure::Pkcs8Private => pkcs8_private_public(der)?,
        Structure::Pkcs8Encrypted => return Err(FormatError::Pkcs8Encrypted),
        Structure::Spki => read_spki(der)?,
    };
    Ok((structure, key))
}

fn pkcs1_private_public(der: &[u8]) -> Result<PublicKey, FormatError> {
    let key = pkcs1::RsaPrivateKeyRef::from_der(der)?;
    rsa_public(&key.public_key())
}

fn read_pkcs1_public(der: &[u8]) -> Result<PublicKey, FormatError> {
    rsa_public(&pkcs1::RsaPublicKeyRef::from_der(der)?)
}

fn pkcs8_private_public(der: &[u8]) -> Result<PublicKey, FormatError> {
    let info = PrivateKeyInfoRef::from_der(der)?;
    match algorithm(&info.algorithm)? {
        Algorithm::Rsa => pkcs1_private_public(info.private_key.as_bytes()),
        Algorithm::Ed25519 => Ok(PublicKey::Ed25519(pkcs8_ed25519(&info)?.public())),
    }
}

/// Reads the seed, and the public half of version 2, which has to be that of the seed.
fn pkcs8_ed25519(info: &PrivateKeyInfoRef<'_>) -> Result<Ed25519PrivateKey, FormatError> {
    let seed = <&OctetStringRef>::from_der(info.private_key.as_bytes())?.as_bytes();
    let length = seed.len();
    let seed = seed.try_into().map_err(|_| FormatError::Ed25519Length { length })?;
    let key = Ed25519PrivateKey::from_seed(Zeroizing::new(seed));
    match info.public_key {
        Some(given) if given.as_bytes() != Some(key.public().as_bytes()) => {
            Err(FormatError::HalvesDiffer)
        }
        _ => Ok(key),
    }
}

fn read_spki(der: &[u8]) -> Result<PublicKey, FormatError> {
    let info = SubjectPublicKeyInfoRef::from_der(der)?;
    let bits = info.subject_public_key.as_bytes().unwrap_or_default();
    match algorithm(&info.algorithm)? {
        Algorithm::Rsa => read_pkcs1_public(bits),
        Algorithm::Ed25519 => {
            let length = bits.len();
            let point = bits.try_into().map_err(|_| FormatError::Ed25519Length { length })?;
            Ok(PublicKey::Ed25519(Ed25519PublicKey::from_bytes(point)?))
        }
    }
}

fn rsa_public(key: &pkcs1::RsaPublicKeyRef<'_>) -> Result<PublicKey, FormatError> {
    let key = RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
    Ok(PublicKey::Rsa(key))
}

enum Algorithm {
    Ed25519,
    Rsa,
}

/// Reads an algorithm, for RSA with or without the NULL that RFC 8017 appendix A.1 demands.
fn algorithm(found: &AlgorithmIdentifierRef<'_>) -> Result<Algorithm, FormatError> {
    let parameters = found.parameters;
    match found.oid {
        pkcs1::ALGORITHM_OID if parameters.is_none_or(AnyRef::is_null) => Ok(Algorithm::Rsa),
        ED25519 if parameters.is_none() => Ok(Algorithm::Ed25519),
        EC => Err(FormatError::Ecdsa),
        DSA => Err(FormatError::Dsa),
        _ => Err(FormatError::AlgorithmUnknown),
    }
}

fn ed25519() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef { oid: ED25519, parameters: None }
}

fn rsa() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef { oid: pkcs1::ALGORITHM_OID, parameters: Some(AnyRef::NULL) }
}

/// Encodes into a buffer of the exact length, so that no copy of a secret is left behind.
fn encode(value: &impl Encode) -> Result<Secret, FormatError> {
    let length = usize::try_from(value.encoded_len()?)?;
    let mut der = Secret::zeroed(length);
    value.encode_to_slice(der.expose_mut())?;
    Ok(der)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    /// RFC 8032 section 7.1, test 1.
    const SEED: [u8; 32] = *b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                             \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";

    #[test]
    fn pkcs1_comes_back_byte_for_byte() {
        for name in ["rsa1024", "rsa4096", "rsa2048_p_lt_q_from_rust"] {
            let der = vectors::read_pem(&format!("keys/{name}.pem"));
            let key = read_pkcs1_private(&der).unwrap();
            assert!(pkcs1_private(&key).unwrap().expose() == der, "{name}");
        }
    }

    /// RFC 8410 section 10.3 has a key of this form.
    #[test]
    fn ed25519_in_pkcs8_is_version_1_of_48_bytes() {
        let key = Ed25519PrivateKey::from_seed(Zeroizing::new(SEED));
        let public = PublicKey::Ed25519(key.public());
        let der = pkcs8_private(&PrivateKey::Ed25519(key)).unwrap();
        let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        assert_eq!(der.expose(), [&prefix[..], &SEED].concat());
        let (structure, found) = read_public(der.expose()).unwrap();
        assert_eq!((structure, found), (Structure::Pkcs8Private, public));
    }

    #[test]
    fn version_2_of_pkcs8_must_hold_the_right_public_key() {
        let key = Ed25519PrivateKey::from_seed(Zeroizing::new(SEED)).public();
        for (point, right) in [(*key.as_bytes(), true), ([9; 32], false)] {
            let seed = encode(&OctetStringRef::new(&SEED).unwrap()).unwrap();
            let seed = OctetStringRef::new(seed.expose()).unwrap();
            let mut info = PrivateKeyInfoRef::new(ed25519(), seed);
            info.public_key = Some(BitStringRef::from_bytes(&point).unwrap());
            match read_public(&info.to_der().unwrap()) {
                Ok((_, found)) => assert!(right && found == PublicKey::Ed25519(key.clone())),
                Err(fault) => assert!(!right && matches!(fault, FormatError::HalvesDiffer)),
            }
        }
    }

    #[test]
    fn other_structures_are_refused_by_name() {
        for (der, error) in [
            (&b"\x30\x03\x02\x01\x01\0"[..], "Der {"),
            (b"\x30\x84\xff\xff\xff\xff", "Der {"),
            (b"\x04\x00", "DerUnknown"),
            (b"\x30\x00", "DerUnknown"),
            (b"\x30\x05\x02\x01\x01\x04\x00", "Ecdsa"),
            (b"\x30\x07\x30\x00\x30\x00\x03\x01\x00", "X509Certificate"),
            (b"\x30\x04\x30\x00\x04\x00", "Pkcs8Encrypted"),
            (b"\x30\x0e\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x03\x01\x00", "Ecdsa"),
            (b"\x30\x0e\x30\x09\x06\x07\x2a\x86\x48\xce\x38\x04\x01\x03\x01\x00", "Dsa"),
            (b"\x30\x0a\x30\x05\x06\x03\x2b\x65\x71\x03\x01\x00", "AlgorithmUnknown"),
            (
                b"\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x01",
                "Ed25519Length { length: 1 }",
            ),
        ] {
            let fault = read_public(der).unwrap_err();
            assert!(format!("{fault:?}").starts_with(error), "{fault:?} for {error}");
        }
    }
}

//! Reads a DER structure as a public or private key.

use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{Decode, Error, Reader, SliceReader, Tag, TagNumber, Tagged};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::algorithm::Algorithm;
use super::ber::to_der;
use super::encrypted::EncryptedKey;
use crate::format::checked::CheckedKey;
use crate::format::derivation::DerivationCost;
use crate::format::ed25519;
use crate::format::error::FormatError;
use crate::key::{Ed25519PrivateKey, PublicKey, RsaNumbers, RsaPublicKey};
#[cfg(test)]
use crate::key::{PrivateKey, RsaPrivateKey};
use crate::secret::Secret;

/// Reads an `RSAPrivateKey` of PKCS#1 and checks the consistency of its numbers.
#[cfg(test)]
pub fn read_pkcs1_private(der: &[u8]) -> Result<RsaPrivateKey, FormatError> {
    match read_private(der, None)?.1.key {
        PrivateKey::Rsa(key) => Ok(key),
        PrivateKey::Ed25519(_) => Err(FormatError::DerUnknown),
    }
}

/// The tags of the optional fields of PKCS#8 (RFC 5958 section 2).
const ATTRIBUTES: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
const PUBLIC_KEY: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(1) };
/// ring before 0.17 added an explicit tag to the BIT STRING, where RFC 5958 requires an implicit one.
const PUBLIC_KEY_OF_RING: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(1) };

/// The kinds of DER structure that hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Structure {
    Pkcs1Private,
    Pkcs1Public,
    Pkcs8Private,
    Pkcs8Encrypted,
    Spki,
}

impl Structure {
    /// Returns the structure of a key that begins here, in DER or BER.
    pub(in crate::format) fn of_beginning(ber: &[u8]) -> Option<Self> {
        Self::of(to_der(ber).ok()?.expose()).ok()
    }

    /// Detects the structure by the tags of its first fields, without parsing it.
    pub(in crate::format) fn of(der: &[u8]) -> Result<Self, FormatError> {
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

/// Reads the public key, or the public half of a private key.
pub(in crate::format) fn read_public(der: &[u8]) -> Result<(Structure, PublicKey), FormatError> {
    let structure = Structure::of(der)?;
    let key = match structure {
        Structure::Pkcs1Private | Structure::Pkcs8Private => {
            UncheckedKey::read(structure, der)?.public()?
        }
        Structure::Pkcs1Public => read_pkcs1_public(der)?,
        Structure::Pkcs8Encrypted => return Err(FormatError::Pkcs8Encrypted),
        Structure::Spki => read_spki(der)?,
    };
    Ok((structure, key))
}

/// Reads the private key and checks the consistency of its numbers.
pub(in crate::format) fn read_private(
    der: &[u8],
    passphrase: Option<&Secret>,
) -> Result<(Structure, CheckedKey), FormatError> {
    let structure = Structure::of(der)?;
    let key = match structure {
        Structure::Pkcs1Private | Structure::Pkcs8Private => {
            UncheckedKey::read(structure, der)?.check()?
        }
        Structure::Pkcs8Encrypted => {
            let encrypted = EncryptedKey::read(der)?;
            let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
            let (_, key) = read_decrypted(&encrypted.decrypt(passphrase)?)?;
            key
        }
        Structure::Pkcs1Public | Structure::Spki => {
            read_public(der)?;
            return Err(FormatError::NotPrivate);
        }
    };
    Ok((structure, key))
}

/// Returns the cost of the key derivation if `der` is encrypted.
pub(in crate::format) fn cost(der: &[u8]) -> Result<Option<DerivationCost>, FormatError> {
    match Structure::of(der)? {
        Structure::Pkcs8Encrypted => Ok(Some(EncryptedKey::read(der)?.cost())),
        _ => Ok(None),
    }
}

/// Reads a decrypted private key. Garbage means a wrong passphrase: CBC padding accepts one in 256.
pub(in crate::format) fn read_decrypted(
    der: &Secret,
) -> Result<(Structure, CheckedKey), FormatError> {
    let read = || {
        let der = to_der(der.expose())?;
        let structure = Structure::of(der.expose())?;
        Ok((structure, UncheckedKey::read(structure, der.expose())?))
    };
    let (structure, given) = read().map_err(|fault| match fault {
        FormatError::Der { .. } | FormatError::DerUnknown => FormatError::PassphraseWrong,
        other => other,
    })?;
    Ok((structure, given.check()?))
}

/// A private key before the consistency check of its RSA numbers.
enum UncheckedKey {
    Ed25519(Ed25519PrivateKey),
    /// An `RSAPrivateKey`.
    Rsa(Secret),
}

impl UncheckedKey {
    fn read(structure: Structure, der: &[u8]) -> Result<Self, FormatError> {
        match structure {
            Structure::Pkcs1Private => Ok(Self::Rsa(Secret::copy_of(der))),
            Structure::Pkcs8Private => AnyRef::from_der(der)?.sequence(Self::read_pkcs8),
            Structure::Pkcs1Public | Structure::Pkcs8Encrypted | Structure::Spki => {
                Err(FormatError::DerUnknown)
            }
        }
    }

    /// Reads the fields of PKCS#8. A public key must match the private one.
    ///
    /// Versions 1 and 2 should differ in the public key, but writers confuse them.
    fn read_pkcs8<'a>(fields: &mut impl Reader<'a>) -> Result<Self, FormatError> {
        if u8::decode(fields)? > 1 {
            return Err(Error::from(Tag::Integer.value_error()).into());
        }
        let algorithm = AlgorithmIdentifierRef::decode(fields)?;
        let private_key = to_der(<&OctetStringRef>::decode(fields)?.as_bytes())?;
        let key = match Algorithm::of(&algorithm)? {
            Algorithm::Rsa => Self::Rsa(private_key),
            Algorithm::Ed25519 => {
                let seed = <&OctetStringRef>::from_der(private_key.expose())?;
                Self::Ed25519(ed25519::read_seed(seed.as_bytes())?)
            }
        };
        let public_of_key = key.public()?;
        while !fields.is_finished() {
            let field = AnyRef::decode(fields)?;
            let public = match field.tag() {
                ATTRIBUTES => continue,
                PUBLIC_KEY => field.value().strip_prefix(&[0]).unwrap_or_default(),
                PUBLIC_KEY_OF_RING => {
                    BitStringRef::from_der(field.value())?.as_bytes().unwrap_or_default()
                }
                _ => return Err(FormatError::DerUnknown),
            };
            let public = match key {
                Self::Ed25519(_) => PublicKey::Ed25519(ed25519::read_point(public)?),
                Self::Rsa(_) => read_pkcs1_public(public)?,
            };
            if public != public_of_key {
                return Err(FormatError::HalvesDiffer);
            }
        }
        Ok(key)
    }

    fn public(&self) -> Result<PublicKey, FormatError> {
        match self {
            Self::Ed25519(key) => Ok(PublicKey::Ed25519(key.public())),
            Self::Rsa(der) => {
                rsa_public(&pkcs1::RsaPrivateKeyRef::from_der(der.expose())?.public_key())
            }
        }
    }

    /// Checks the consistency of the numbers.
    fn check(self) -> Result<CheckedKey, FormatError> {
        match self {
            Self::Ed25519(key) => Ok(key.into()),
            Self::Rsa(der) => rsa_private(&pkcs1::RsaPrivateKeyRef::from_der(der.expose())?),
        }
    }
}

fn rsa_private(key: &pkcs1::RsaPrivateKeyRef<'_>) -> Result<CheckedKey, FormatError> {
    if key.other_prime_infos.is_some() {
        return Err(FormatError::RsaMultiPrime);
    }
    Ok(CheckedKey::of_numbers(&RsaNumbers {
        modulus: key.modulus.as_bytes(),
        public_exponent: key.public_exponent.as_bytes(),
        private_exponent: key.private_exponent.as_bytes(),
        prime1: key.prime1.as_bytes(),
        prime2: key.prime2.as_bytes(),
        exponents: Some([key.exponent1.as_bytes(), key.exponent2.as_bytes()]),
        coefficient: key.coefficient.as_bytes(),
    })?)
}

fn read_pkcs1_public(ber: &[u8]) -> Result<PublicKey, FormatError> {
    rsa_public(&pkcs1::RsaPublicKeyRef::from_der(to_der(ber)?.expose())?)
}

fn read_spki(der: &[u8]) -> Result<PublicKey, FormatError> {
    let info = SubjectPublicKeyInfoRef::from_der(der)?;
    let bits = info.subject_public_key.as_bytes().unwrap_or_default();
    match Algorithm::of(&info.algorithm)? {
        Algorithm::Rsa => read_pkcs1_public(bits),
        Algorithm::Ed25519 => Ok(PublicKey::Ed25519(ed25519::read_point(bits)?)),
    }
}

fn rsa_public(key: &pkcs1::RsaPublicKeyRef<'_>) -> Result<PublicKey, FormatError> {
    let key = RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
    Ok(PublicKey::Rsa(key))
}

#[cfg(test)]
mod tests {
    use pkcs8::PrivateKeyInfoRef;
    use pkcs8::der::Encode;

    use super::super::write;
    use super::*;
    use crate::vectors;

    /// Returns PKCS#8 version 2 with the private and public key.
    fn version_2(algorithm: Algorithm, private: &[u8], public: &[u8]) -> Vec<u8> {
        let private = OctetStringRef::new(private).unwrap();
        let mut info = PrivateKeyInfoRef::new(algorithm.identifier(), private);
        info.public_key = Some(BitStringRef::from_bytes(public).unwrap());
        info.to_der().unwrap()
    }

    fn assert_halves_differ(der: &[u8]) {
        assert!(matches!(read_public(der), Err(FormatError::HalvesDiffer)));
        assert!(matches!(read_private(der, None), Err(FormatError::HalvesDiffer)));
    }

    #[test]
    fn pkcs8_version_2_with_wrong_public_key_fails() {
        let [one, other] =
            [[1; 32], [2; 32]].map(|seed| ed25519::read_seed(&seed).unwrap().public());
        let seed = OctetStringRef::new(&[1; 32]).unwrap().to_der().unwrap();
        let der = version_2(Algorithm::Ed25519, &seed, one.as_bytes());
        assert_eq!(read_private(&der, None).unwrap().1.key.public(), PublicKey::Ed25519(one));
        assert_halves_differ(&version_2(Algorithm::Ed25519, &seed, other.as_bytes()));

        let [one, other] =
            ["rsa1024", "rsa2048"].map(|name| vectors::read_pem(&format!("keys/{name}.pem")));
        let [public, other] = [&one, &other].map(|der| {
            let key = read_pkcs1_private(der).unwrap();
            write::pkcs1_public(key.public()).unwrap()
        });
        let der = version_2(Algorithm::Rsa, &one, &public);
        assert!(read_private(&der, None).is_ok());
        assert_halves_differ(&version_2(Algorithm::Rsa, &one, &other));
    }

    #[test]
    fn unsupported_structures_are_named() {
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
            (
                b"\x30\x0a\x30\x05\x06\x03\x2b\x65\x71\x03\x01\x00",
                "AlgorithmUnsupported { name: \"ED448\" }",
            ),
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

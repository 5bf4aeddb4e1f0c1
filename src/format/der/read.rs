//! Reads a DER structure as a public or private key.

use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{Decode, Reader, SliceReader, Tag, Tagged};
use pkcs8::spki::SubjectPublicKeyInfoRef;

use super::algorithm::Algorithm;
use super::encrypted::EncryptedKey;
use crate::format::derivation::DerivationCost;
use crate::format::ed25519;
use crate::format::error::FormatError;
use crate::key::{Ed25519PrivateKey, PrivateKey, PublicKey};
use crate::key::{RsaNumbers, RsaPrivateKey, RsaPublicKey};
use crate::secret::Secret;

/// Reads an `RSAPrivateKey` of PKCS#1 and checks the consistency of its numbers.
#[cfg(test)]
pub fn read_pkcs1_private(der: &[u8]) -> Result<RsaPrivateKey, FormatError> {
    rsa_private(&pkcs1::RsaPrivateKeyRef::from_der(der)?)
}

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
) -> Result<(Structure, PrivateKey), FormatError> {
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
) -> Result<(Structure, PrivateKey), FormatError> {
    let read = Structure::of(der.expose())
        .and_then(|structure| Ok((structure, UncheckedKey::read(structure, der.expose())?)));
    let (structure, given) = read.map_err(|fault| match fault {
        FormatError::Der { .. } | FormatError::DerUnknown => FormatError::PassphraseWrong,
        other => other,
    })?;
    Ok((structure, given.check()?))
}

/// A private key before the consistency check of its RSA numbers.
enum UncheckedKey<'a> {
    Ed25519(Ed25519PrivateKey),
    Rsa(pkcs1::RsaPrivateKeyRef<'a>),
}

impl<'a> UncheckedKey<'a> {
    fn read(structure: Structure, der: &'a [u8]) -> Result<Self, FormatError> {
        match structure {
            Structure::Pkcs1Private => Ok(Self::Rsa(pkcs1::RsaPrivateKeyRef::from_der(der)?)),
            Structure::Pkcs8Private => Self::read_pkcs8(&PrivateKeyInfoRef::from_der(der)?),
            Structure::Pkcs1Public | Structure::Pkcs8Encrypted | Structure::Spki => {
                Err(FormatError::DerUnknown)
            }
        }
    }

    /// Reads the key in a PKCS#8 structure. The public key of version 2 must match it.
    fn read_pkcs8(info: &PrivateKeyInfoRef<'a>) -> Result<Self, FormatError> {
        let private_key = info.private_key.as_bytes();
        let key = match Algorithm::of(&info.algorithm)? {
            Algorithm::Rsa => Self::Rsa(pkcs1::RsaPrivateKeyRef::from_der(private_key)?),
            Algorithm::Ed25519 => {
                let seed = <&OctetStringRef>::from_der(private_key)?;
                Self::Ed25519(ed25519::read_seed(seed.as_bytes())?)
            }
        };
        if let Some(public) = info.public_key {
            let public = public.as_bytes().unwrap_or_default();
            let public = match key {
                Self::Ed25519(_) => PublicKey::Ed25519(ed25519::read_point(public)?),
                Self::Rsa(_) => read_pkcs1_public(public)?,
            };
            if public != key.public()? {
                return Err(FormatError::HalvesDiffer);
            }
        }
        Ok(key)
    }

    fn public(&self) -> Result<PublicKey, FormatError> {
        match self {
            Self::Ed25519(key) => Ok(PublicKey::Ed25519(key.public())),
            Self::Rsa(key) => rsa_public(&key.public_key()),
        }
    }

    /// Checks the consistency of the numbers.
    fn check(self) -> Result<PrivateKey, FormatError> {
        match self {
            Self::Ed25519(key) => Ok(PrivateKey::Ed25519(key)),
            Self::Rsa(key) => Ok(PrivateKey::Rsa(rsa_private(&key)?)),
        }
    }
}

fn rsa_private(key: &pkcs1::RsaPrivateKeyRef<'_>) -> Result<RsaPrivateKey, FormatError> {
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

fn read_pkcs1_public(der: &[u8]) -> Result<PublicKey, FormatError> {
    rsa_public(&pkcs1::RsaPublicKeyRef::from_der(der)?)
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
    use pkcs8::der::Encode;
    use pkcs8::der::asn1::BitStringRef;

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
        assert_eq!(read_private(&der, None).unwrap().1.public(), PublicKey::Ed25519(one));
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

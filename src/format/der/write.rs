//! Writes DER structures and keeps the numbers of a key as they are.

use pkcs8::der::Encode;
use pkcs8::der::asn1::{BitStringRef, OctetStringRef, UintRef};
use pkcs8::pkcs5::pbes2;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rand::CryptoRng;

use super::algorithm::Algorithm;
use crate::format::error::FormatError;
use crate::key::{PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey};
use crate::secret::Secret;

/// The limit of OpenSSL and OpenSSH.
const MAX_PASSPHRASE_BYTES: usize = 1023;

/// Returns the `RSAPrivateKey` of PKCS#1.
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
/// Version 1 omits the public half of an ED25519 key. OpenSSL 3.0, node and GnuTLS reject version
/// 2.
///
/// # Errors
///
/// [`FormatError::Der`], which a valid key never causes.
pub fn pkcs8_private(key: &PrivateKey) -> Result<Secret, FormatError> {
    let (algorithm, private_key) = match key {
        PrivateKey::Ed25519(key) => {
            (Algorithm::Ed25519, encode(&OctetStringRef::new(key.seed())?)?)
        }
        PrivateKey::Rsa(key) => (Algorithm::Rsa, pkcs1_private(key)?),
    };
    let private_key = OctetStringRef::new(private_key.expose())?;
    encode(&PrivateKeyInfoRef::new(algorithm.identifier(), private_key))
}

/// Returns the `EncryptedPrivateKeyInfo` of PKCS#8: PBES2 (RFC 8018 section 6.2) with
/// PBKDF2-HMAC-SHA-256 and AES-256-CBC, which all common programs read.
pub fn pkcs8_encrypted(
    key: &PrivateKey,
    passphrase: &Secret,
    rounds: u32,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    if passphrase.len() > MAX_PASSPHRASE_BYTES {
        return Err(FormatError::PassphraseTooLong { limit: MAX_PASSPHRASE_BYTES });
    }
    let (mut salt, mut initial_vector) = ([0; 16], [0; 16]);
    random.fill_bytes(&mut salt);
    random.fill_bytes(&mut initial_vector);
    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &salt, initial_vector);
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
pub fn spki(key: &PublicKey) -> Result<Vec<u8>, FormatError> {
    let (algorithm, subject_public_key) = match key {
        PublicKey::Ed25519(key) => (Algorithm::Ed25519, key.as_bytes().to_vec()),
        PublicKey::Rsa(key) => (Algorithm::Rsa, pkcs1_public(key)?),
    };
    let spki = SubjectPublicKeyInfoRef {
        algorithm: algorithm.identifier(),
        subject_public_key: BitStringRef::from_bytes(&subject_public_key)?,
    };
    Ok(spki.to_der()?)
}

/// Returns the `RSAPublicKey` of PKCS#1.
pub fn pkcs1_public(key: &RsaPublicKey) -> Result<Vec<u8>, FormatError> {
    let key = pkcs1::RsaPublicKeyRef {
        modulus: UintRef::new(key.modulus())?,
        public_exponent: UintRef::new(key.exponent())?,
    };
    Ok(key.to_der()?)
}

/// Encodes into a buffer of the exact length, so that reallocation leaves no copies of a secret.
pub(super) fn encode(value: &impl Encode) -> Result<Secret, FormatError> {
    let length = usize::try_from(value.encoded_len()?)?;
    let mut der = Secret::zeroed(length);
    value.encode_to_slice(der.expose_mut())?;
    Ok(der)
}

#[cfg(test)]
mod tests {
    use super::super::read_pkcs1_private;
    use super::*;
    use crate::key::Ed25519PrivateKey;
    use crate::secret::Seed;
    use crate::vectors;

    #[test]
    fn pkcs1_round_trip_is_exact() {
        for name in ["rsa1024", "rsa4096", "rsa2048_p_lt_q_from_rust"] {
            let der = vectors::read_pem(&format!("keys/{name}.pem"));
            let key = read_pkcs1_private(&der).unwrap();
            assert!(pkcs1_private(&key).unwrap().expose() == der, "{name}");
        }
    }

    /// The same form as the key in RFC 8410 section 10.3.
    #[test]
    fn ed25519_pkcs8_has_version_1_and_48_bytes() {
        let key = Ed25519PrivateKey::from_seed(Seed::copy_of(&[7; 32]));
        let der = pkcs8_private(&PrivateKey::Ed25519(key)).unwrap();
        let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        assert_eq!(der.expose(), [&prefix[..], &[7; 32]].concat());
    }
}

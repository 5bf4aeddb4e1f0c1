//! Encrypted PKCS#8: `EncryptedPrivateKeyInfo` (RFC 5958 section 3) with PBES2 (RFC 8018 section
//! 6.2), as written by OpenSSL and Java.
//!
//! This reader is hand-written because pkcs5 0.8 limits salts to 32 bytes (`Salt::MAX_LEN`), while
//! programs write up to 64. It also sets no limit on the cost of a derivation before it computes
//! one.

use pkcs8::ObjectIdentifier;
use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{Decode, Reader};
use pkcs8::pkcs5::pbes2::{
    AES_128_CBC_OID, AES_192_CBC_OID, AES_256_CBC_OID, PBES2_OID, PBKDF2_OID, Pbkdf2Prf, SCRYPT_OID,
};
use pkcs8::spki::AlgorithmIdentifierRef;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::format::cbc::{Cbc, Cipher};
use crate::format::cost::{self, check_max, invalid};
use crate::format::derivation::{DerivationCost, MAX_PBKDF2_ROUNDS};
use crate::format::error::FormatError;
use crate::secret::Secret;

/// RFC 8018 appendix B.2.2.
const DES_EDE3_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.7");

/// `pbeWithSHAAnd3-KeyTripleDES-CBC` and `pbeWithSHAAnd2-KeyTripleDES-CBC` (RFC 7292 appendix C).
const TRIPLE_DES_SCHEMES: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.4"),
];

/// Four times the memory of OpenSSL's default. OpenSSL reads at most 32 MiB.
const MAX_SCRYPT_MEBIBYTES: u64 = 64;
/// Maximum N r p: about half a second.
const MAX_SCRYPT_STEPS: u64 = 1 << 21;
/// Maximum r p. OpenSSL uses 8.
const MAX_SCRYPT_BLOCKS: u64 = 1 << 10;

/// An encrypted private key with parameters within the limits.
pub(super) struct EncryptedKey<'a> {
    derivation: Derivation<'a>,
    cipher: Cbc<'a>,
    encrypted: &'a [u8],
}

impl<'a> EncryptedKey<'a> {
    /// Reads and checks all unencrypted parts, so that errors precede the passphrase prompt.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, FormatError> {
        let (scheme, encrypted) = AnyRef::from_der(der)?.sequence(|fields| {
            let scheme = AlgorithmIdentifierRef::decode(fields)?;
            let encrypted = <&OctetStringRef>::decode(fields)?;
            Ok::<_, FormatError>((scheme, encrypted.as_bytes()))
        })?;
        if scheme.oid != PBES2_OID {
            let is_triple_des = TRIPLE_DES_SCHEMES.contains(&scheme.oid);
            return Err(FormatError::Pkcs8Scheme { is_triple_des });
        }
        let (derivation, cipher) = parameters(&scheme).sequence(|fields| {
            let derivation = AlgorithmIdentifierRef::decode(fields)?;
            Ok::<_, FormatError>((derivation, AlgorithmIdentifierRef::decode(fields)?))
        })?;
        let cipher = read_cipher(&cipher)?;
        let derivation = Derivation::read(&derivation, cipher.key_bytes())?;
        Ok(Self { derivation, cipher, encrypted })
    }

    pub(super) fn cost(&self) -> DerivationCost {
        match &self.derivation {
            Derivation::Pbkdf2 { rounds, function, .. } => {
                let is_sha512 =
                    matches!(function, Pbkdf2Prf::HmacWithSha384 | Pbkdf2Prf::HmacWithSha512);
                DerivationCost::of_pbkdf2(*rounds, is_sha512)
            }
            Derivation::Scrypt { memory, parameters, .. } => DerivationCost::Scrypt {
                memory: *memory,
                steps: (1_u64 << parameters.log_n())
                    .saturating_mul(parameters.r().into())
                    .saturating_mul(parameters.p().into()),
            },
        }
    }

    /// Returns the `PrivateKeyInfo`. A wrong passphrase yields garbage or an error.
    pub(super) fn decrypt(&self, passphrase: &Secret) -> Result<Secret, FormatError> {
        let mut key = Secret::zeroed(self.cipher.key_bytes());
        self.derivation.derive(passphrase, &mut key)?;
        self.cipher.decrypt(self.encrypted, &key)
    }
}

/// Returns the parameters of an algorithm, or NULL if it has none. No algorithm used here accepts
/// NULL.
fn parameters<'a>(found: &AlgorithmIdentifierRef<'a>) -> AnyRef<'a> {
    found.parameters.unwrap_or(AnyRef::NULL)
}

/// Further ciphers that OpenSSL writes in PBES2 (`objects.txt`).
const OTHER_CIPHERS: [(ObjectIdentifier, &str); 10] = [
    (ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.2"), "CAMELLIA-128-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.3"), "CAMELLIA-192-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.392.200011.61.1.1.1.4"), "CAMELLIA-256-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.410.200046.1.1.2"), "ARIA-128-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.410.200046.1.1.7"), "ARIA-192-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.410.200046.1.1.12"), "ARIA-256-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.2"), "SM4-CBC"),
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.7"), "DES-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.3.2"), "RC2-CBC"),
    (ObjectIdentifier::new_unwrap("1.2.410.200004.1.4"), "SEED-CBC"),
];

fn read_cipher<'a>(found: &AlgorithmIdentifierRef<'a>) -> Result<Cbc<'a>, FormatError> {
    let cipher = match found.oid {
        AES_128_CBC_OID => Cipher::Aes128,
        AES_192_CBC_OID => Cipher::Aes192,
        AES_256_CBC_OID => Cipher::Aes256,
        DES_EDE3_CBC => Cipher::TripleDes,
        other => {
            let known = OTHER_CIPHERS.iter().find(|(oid, _)| *oid == other);
            return Err(known
                .map_or(FormatError::CipherUnknown, |(_, name)| FormatError::PemCipher { name }));
        }
    };
    let initial_vector = parameters(found).decode_as::<&OctetStringRef>()?;
    Cbc::new(cipher, initial_vector.as_bytes())
}

/// A passphrase-based key derivation.
enum Derivation<'a> {
    /// RFC 8018 section 5.2.
    Pbkdf2 { salt: &'a [u8], rounds: u32, function: Pbkdf2Prf },
    /// RFC 7914.
    Scrypt { salt: &'a [u8], parameters: scrypt::Params, memory: u32 },
}

impl<'a> Derivation<'a> {
    fn read(found: &AlgorithmIdentifierRef<'a>, key_bytes: usize) -> Result<Self, FormatError> {
        let (derivation, length) = match found.oid {
            PBKDF2_OID => parameters(found).sequence(read_pbkdf2)?,
            SCRYPT_OID => parameters(found).sequence(read_scrypt)?,
            _ => return Err(FormatError::KeyDerivationUnknown),
        };
        if length.is_some_and(|length| usize::try_from(length) != Ok(key_bytes)) {
            return Err(invalid("key length"));
        }
        Ok(derivation)
    }

    fn derive(&self, passphrase: &Secret, key: &mut Secret) -> Result<(), FormatError> {
        let (passphrase, key) = (passphrase.expose(), key.expose_mut());
        match *self {
            Self::Pbkdf2 { salt, rounds, function } => {
                let derive: fn(&[u8], &[u8], u32, &mut [u8]) = match function {
                    Pbkdf2Prf::HmacWithSha1 => pbkdf2::pbkdf2_hmac::<Sha1>,
                    Pbkdf2Prf::HmacWithSha224 => pbkdf2::pbkdf2_hmac::<Sha224>,
                    Pbkdf2Prf::HmacWithSha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
                    Pbkdf2Prf::HmacWithSha384 => pbkdf2::pbkdf2_hmac::<Sha384>,
                    Pbkdf2Prf::HmacWithSha512 => pbkdf2::pbkdf2_hmac::<Sha512>,
                    _ => return Err(FormatError::KeyDerivationUnknown),
                };
                derive(passphrase, salt, rounds, key);
                Ok(())
            }
            Self::Scrypt { salt, parameters, .. } => {
                scrypt::scrypt(passphrase, salt, &parameters, key)
                    .map_err(|_| invalid("key length"))
            }
        }
    }
}

/// Reads `PBKDF2-params` (RFC 8018 appendix A.2), with the optional key length.
fn read_pbkdf2<'a>(
    fields: &mut impl Reader<'a>,
) -> Result<(Derivation<'a>, Option<u64>), FormatError> {
    let salt = <&OctetStringRef>::decode(fields)?.as_bytes();
    let rounds = u64::decode(fields)?;
    let length = Option::<u64>::decode(fields)?;
    let function = match Option::<AlgorithmIdentifierRef<'_>>::decode(fields)? {
        Some(function) => function.try_into().map_err(|_| FormatError::KeyDerivationUnknown)?,
        None => Pbkdf2Prf::default(),
    };
    if rounds == 0 {
        return Err(invalid("number of PBKDF2 rounds"));
    }
    check_max("PBKDF2 rounds", rounds, MAX_PBKDF2_ROUNDS)?;
    cost::check_salt(salt)?;
    let rounds = u32::try_from(rounds).map_err(|_| invalid("number of PBKDF2 rounds"))?;
    Ok((Derivation::Pbkdf2 { salt, rounds, function }, length))
}

/// Reads `scrypt-params` (RFC 7914 section 7.1), with the optional key length.
fn read_scrypt<'a>(
    fields: &mut impl Reader<'a>,
) -> Result<(Derivation<'a>, Option<u64>), FormatError> {
    let salt = <&OctetStringRef>::decode(fields)?.as_bytes();
    let [factor, block, lanes] = [u64::decode(fields)?, u64::decode(fields)?, u64::decode(fields)?];
    let length = Option::<u64>::decode(fields)?;
    if factor < 2 || !factor.is_power_of_two() || block == 0 || lanes == 0 {
        return Err(invalid("scrypt cost"));
    }
    let memory = factor.saturating_add(lanes).saturating_mul(block).saturating_mul(128);
    check_max("MiB of scrypt memory", memory >> 20, MAX_SCRYPT_MEBIBYTES)?;
    let steps = factor.saturating_mul(block).saturating_mul(lanes);
    check_max("scrypt steps", steps, MAX_SCRYPT_STEPS)?;
    check_max("scrypt blocks", block.saturating_mul(lanes), MAX_SCRYPT_BLOCKS)?;
    cost::check_salt(salt)?;
    let number = |value| u32::try_from(value).map_err(|_| invalid("scrypt cost"));
    let factor = u8::try_from(factor.trailing_zeros()).map_err(|_| invalid("scrypt cost"))?;
    let parameters = scrypt::Params::new(factor, number(block)?, number(lanes)?);
    let parameters = parameters.map_err(|_| invalid("scrypt cost"))?;
    let memory = u32::try_from(memory >> 10).map_err(|_| invalid("scrypt cost"))?;
    Ok((Derivation::Scrypt { salt, parameters, memory }, length))
}

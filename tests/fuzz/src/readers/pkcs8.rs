//! `EncryptedPrivateKeyInfo`. The content of an input is not encrypted.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode, Encode};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{self, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, Salt, ScryptParams};

/// Costs that take no time. Costs above the limits of the readers stay unchanged.
const MAX_ITERATIONS: u32 = 4;
const MAX_BLOCK: u16 = 8;
const MAX_LANES: u16 = 8;
const MAX_COST: u64 = 4;
const REFUSED_ITERATIONS: u32 = 2_000_001;
const REFUSED_SCRYPT_BYTES: u64 = 64 << 20;

/// Returns the file for an input, with encrypted content and a low cost.
pub fn expand(input: &[u8], passphrase: &[u8]) -> Vec<u8> {
    let cheap = with_low_costs(input);
    encrypted(&cheap, passphrase).unwrap_or(cheap)
}

/// Returns the inputs for a `PrivateKeyInfo`, one for each encryption scheme.
pub fn seeds(plain: &[u8]) -> Vec<Vec<u8>> {
    const SALT: &[u8] = b"01234567";
    const VECTOR: [u8; 16] = *b"0123456789abcdef";
    let Ok(encrypted_data) = OctetStringRef::new(plain) else { return Vec::new() };
    let salt = Salt::new(SALT).unwrap();
    let pbkdf2 =
        |prf| Kdf::Pbkdf2(Pbkdf2Params { salt, iteration_count: 1, key_length: None, prf });
    let scrypt = Kdf::Scrypt(ScryptParams {
        salt,
        cost_parameter: 2,
        block_size: 1,
        parallelization: 1,
        key_length: None,
    });
    let schemes = [
        (pbkdf2(Pbkdf2Prf::HmacWithSha256), pbes2::EncryptionScheme::Aes256Cbc { iv: VECTOR }),
        (pbkdf2(Pbkdf2Prf::HmacWithSha1), pbes2::EncryptionScheme::DesEde3Cbc { iv: [7; 8] }),
        (pbkdf2(Pbkdf2Prf::HmacWithSha512), pbes2::EncryptionScheme::Aes128Cbc { iv: VECTOR }),
        (scrypt, pbes2::EncryptionScheme::Aes256Cbc { iv: VECTOR }),
    ];
    let encode = |(kdf, encryption)| {
        let encryption_algorithm = EncryptionScheme::from(Parameters { kdf, encryption });
        EncryptedPrivateKeyInfoRef { encryption_algorithm, encrypted_data }.to_der().unwrap()
    };
    schemes.into_iter().map(encode).collect()
}

/// Lowers the cost of the key derivation, unless the readers reject it anyway. Returns other files
/// unchanged.
pub fn with_low_costs(der: &[u8]) -> Vec<u8> {
    lowered(der).unwrap_or_else(|| der.to_vec())
}

fn lowered(der: &[u8]) -> Option<Vec<u8>> {
    let mut info = EncryptedPrivateKeyInfoRef::from_der(der).ok()?;
    let EncryptionScheme::Pbes2(parameters) = &mut info.encryption_algorithm else { return None };
    match &mut parameters.kdf {
        Kdf::Pbkdf2(given) if given.iteration_count < REFUSED_ITERATIONS => {
            given.iteration_count = given.iteration_count.min(MAX_ITERATIONS);
        }
        Kdf::Scrypt(given) => {
            let block = u64::from(given.block_size);
            let bytes = given.cost_parameter.saturating_mul(block).saturating_mul(128);
            if bytes > REFUSED_SCRYPT_BYTES || given.parallelization > MAX_LANES {
                return None;
            }
            given.cost_parameter = given.cost_parameter.min(MAX_COST);
            given.block_size = given.block_size.min(MAX_BLOCK);
        }
        _ => return None,
    }
    info.to_der().ok()
}

fn encrypted(der: &[u8], passphrase: &[u8]) -> Option<Vec<u8>> {
    let mut info = EncryptedPrivateKeyInfoRef::from_der(der).ok()?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else { return None };
    let is_cheap = match &parameters.kdf {
        Kdf::Pbkdf2(given) => given.iteration_count <= MAX_ITERATIONS,
        Kdf::Scrypt(given) => {
            // The library panics at a cost of zero, but the target tests the reader.
            given.cost_parameter > 0
                && given.cost_parameter <= MAX_COST
                && given.block_size <= MAX_BLOCK
                && given.parallelization <= MAX_LANES
        }
        _ => false,
    };
    if !is_cheap {
        return None;
    }
    let data = parameters.encrypt(passphrase, info.encrypted_data.as_bytes()).ok()?;
    info.encrypted_data = OctetStringRef::new(&data).ok()?;
    info.to_der().ok()
}

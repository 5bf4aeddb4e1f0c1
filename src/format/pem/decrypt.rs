//! The traditional encryption of PEM (RFC 1421 headers, as OpenSSL writes them), which is read
//! and never written: one round of MD5 stands between passphrase and key.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use des::TdesEde3;
use md5::{Digest, Md5};

use super::PemBlock;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::text;
use crate::secret::Secret;

/// Returns the DER of an encrypted block.
pub(in crate::format) fn decrypt(
    block: &PemBlock<'_>,
    passphrase: &Secret,
) -> Result<Secret, FormatError> {
    let information = text::lines(block.headers)
        .find_map(|line| line.strip_prefix(b"DEK-Info:"))
        .ok_or(FormatError::EncryptionUnknown)?;
    let mut parts = information.trim_ascii().splitn(2, |&byte| byte == b',');
    let (Some(cipher), Some(vector)) = (parts.next(), parts.next()) else {
        return Err(FormatError::EncryptionUnknown);
    };
    let vector = encoding::from_hexadecimal(&vector.trim_ascii().to_ascii_lowercase())
        .ok_or(FormatError::EncryptionUnknown)?;
    let contents = &block.contents;
    match cipher {
        b"AES-128-CBC" => cbc_decrypt::<Aes128>(contents, passphrase, &vector, 16),
        b"AES-192-CBC" => cbc_decrypt::<Aes192>(contents, passphrase, &vector, 24),
        b"AES-256-CBC" => cbc_decrypt::<Aes256>(contents, passphrase, &vector, 32),
        b"DES-EDE3-CBC" => cbc_decrypt::<TdesEde3>(contents, passphrase, &vector, 24),
        _ => Err(FormatError::EncryptionUnknown),
    }
}

fn cbc_decrypt<C: BlockCipherDecrypt + KeyInit>(
    contents: &Secret,
    passphrase: &Secret,
    vector: &[u8],
    key_bytes: usize,
) -> Result<Secret, FormatError> {
    let key = derive(passphrase, vector, key_bytes);
    let cipher = C::new_from_slice(key.expose()).map_err(|_| FormatError::EncryptionUnknown)?;
    let decryptor = Decryptor::inner_iv_slice_init(cipher, vector)
        .map_err(|_| FormatError::EncryptionUnknown)?;
    let mut plain = Secret::copy_of(contents.expose());
    let length = decryptor
        .decrypt_padded::<Pkcs7>(plain.expose_mut())
        .map_err(|_| FormatError::PassphraseWrong)?
        .len();
    plain.truncate(length);
    Ok(plain)
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one round; the salt is the start of the vector.
fn derive(passphrase: &Secret, vector: &[u8], key_bytes: usize) -> Secret {
    let salt = vector.get(..8).unwrap_or(vector);
    let mut key = Secret::with_capacity(key_bytes.next_multiple_of(16));
    let mut last = Secret::default();
    while key.len() < key_bytes {
        let digest = Md5::new()
            .chain_update(last.expose())
            .chain_update(passphrase.expose())
            .chain_update(salt)
            .finalize();
        last = Secret::copy_of(&digest);
        key.push(last.expose());
    }
    key.truncate(key_bytes);
    key
}

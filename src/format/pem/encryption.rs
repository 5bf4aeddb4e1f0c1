//! Traditional PEM encryption: RFC 1421 headers, with OpenSSL's choice of algorithms. Old versions
//! of OpenSSL and OpenSSH wrote it, and PuTTYgen still does.

use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::block::PemBlock;
use crate::format::cbc::{Cbc, Cipher};
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::text;
use crate::secret::Secret;

/// The salt is the first bytes of the initialization vector, of any length.
const SALT_BYTES: usize = 8;
const DIGEST_BYTES: usize = 16;

/// Returns the DER of an encrypted block. A wrong passphrase yields garbage or an error.
pub(in crate::format) fn decrypt(
    block: &PemBlock<'_>,
    passphrase: Option<&Secret>,
) -> Result<Secret, FormatError> {
    let (cipher, initial_vector) = dek_info(block.headers)?;
    let cipher = Cbc::new(cipher, &initial_vector)?;
    let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
    let salt = initial_vector.get(..SALT_BYTES).unwrap_or_default();
    cipher.decrypt(block.contents.expose(), &derive(passphrase, salt, cipher.key_bytes()))
}

/// Reads the cipher and the initialization vector (RFC 1421 section 4.6.1.3).
fn dek_info(headers: &[u8]) -> Result<(Cipher, Vec<u8>), FormatError> {
    let value = text::lines(headers).find_map(|line| line.trim_ascii().strip_prefix(b"DEK-Info:"));
    let mut parts = value.unwrap_or_default().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let (Some(name), Some(digits), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(FormatError::DekInfo);
    };
    let cipher = match name {
        b"AES-128-CBC" => Cipher::Aes128,
        b"AES-192-CBC" => Cipher::Aes192,
        b"AES-256-CBC" => Cipher::Aes256,
        b"DES-EDE3-CBC" => Cipher::TripleDes,
        _ => return Err(unsupported(name)),
    };
    Ok((cipher, encoding::from_hexadecimal(digits).ok_or(FormatError::DekInfo)?))
}

/// Names a cipher of OpenSSL.
fn unsupported(cipher: &[u8]) -> FormatError {
    const CIPHERS: [&str; 18] = [
        "ARIA-128-CBC",
        "ARIA-192-CBC",
        "ARIA-256-CBC",
        "BF-CBC",
        "CAMELLIA-128-CBC",
        "CAMELLIA-192-CBC",
        "CAMELLIA-256-CBC",
        "CAST5-CBC",
        "DES-CBC",
        "DES-EDE-CBC",
        "IDEA-CBC",
        "RC2-40-CBC",
        "RC2-64-CBC",
        "RC2-CBC",
        "RC5-CBC",
        "SEED-CBC",
        "SM4-CBC",
        "DES-EDE3-CFB",
    ];
    let known = CIPHERS.iter().find(|known| known.as_bytes() == cipher);
    known.map_or(FormatError::CipherUnknown, |name| FormatError::PemCipher { name })
}

/// Derives a key like OpenSSL's `EVP_BytesToKey` with one round of MD5. Each digest covers the
/// previous digest, the passphrase and the salt.
fn derive(passphrase: &Secret, salt: &[u8], length: usize) -> Secret {
    let mut key = Secret::with_capacity(length.next_multiple_of(DIGEST_BYTES));
    let mut digest = Zeroizing::new([0; DIGEST_BYTES]);
    while key.len() < length {
        let before = key.expose().rchunks(DIGEST_BYTES).next().unwrap_or_default();
        let hash = Md5::new().chain_update(before).chain_update(passphrase.expose());
        hash.chain_update(salt).finalize_into((&mut *digest).into());
        key.push(&*digest);
    }
    key.truncate(length);
    key
}

#[cfg(test)]
mod tests {
    use super::super::block;
    use super::*;

    /// Expected value: `openssl enc -aes-256-cbc -md md5 -pass pass:secret -S 0001020304050607 -P`.
    #[test]
    fn derived_key_matches_openssl() {
        let key = derive(&Secret::copy_of(b"secret"), &[0, 1, 2, 3, 4, 5, 6, 7], 32);
        assert_eq!(
            encoding::hexadecimal(key.expose(), ""),
            "035fb8145b73cf111570dc936112be9c375a5d3d8b915bc213bdbef9dbfb7851"
        );
    }

    #[test]
    fn header_faults_precede_passphrase_request() {
        let salt = "0001020304050607";
        for (dek_info, error) in [
            (format!("DEK-Info: DES-EDE3-CBC,{salt}"), "PassphraseNeeded"),
            (format!("DEK-Info: AES-128-CBC,{salt}{salt}"), "PassphraseNeeded"),
            (format!("DEK-Info:AES-256-CBC, {salt}{salt}"), "PassphraseNeeded"),
            (format!("DEK-Info: AES-128-CBC,{salt}"), "InitialVector"),
            (format!("DEK-Info: DES-EDE3-CBC,{salt}{salt}"), "InitialVector"),
            (format!("DEK-Info: DES-CBC,{salt}"), "PemCipher { name: \"DES-CBC\" }"),
            (format!("DEK-Info: ROT13,{salt}"), "CipherUnknown"),
            ("DEK-Info: AES-128-CBC,0".into(), "DekInfo"),
            ("DEK-Info: AES-128-CBC,xx".into(), "DekInfo"),
            ("DEK-Info: AES-128-CBC".into(), "DekInfo"),
            (format!("DEK-Info: AES-128-CBC,{salt}{salt},00"), "DekInfo"),
            ("X-Info: none".into(), "DekInfo"),
        ] {
            let text = format!(
                "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\n{dek_info}\n\nAQID\n-----END K-----\n"
            );
            let block = block::read(text.as_bytes()).unwrap();
            let fault = decrypt(&block[0], None).unwrap_err();
            assert_eq!(format!("{fault:?}"), error, "{dek_info}");
        }
    }
}

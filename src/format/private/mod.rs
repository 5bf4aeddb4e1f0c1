//! The private key of whatever a file holds.

use super::comment::Comment;
use super::der::Structure;
use super::error::FormatError;
use super::ppk::PpkFile;
use super::public::{MOST_BYTES, Source, is_base64_der, is_der, read_public};
use super::{der, encoding, openssh, pem, ppk, text};
use crate::key::PrivateKey;
use crate::secret::Secret;

/// A private key, and what was found with it.
#[derive(Debug)]
pub struct PrivateFile {
    /// The key, whose numbers belong together.
    pub key: PrivateKey,
    /// The comment, if the format has one and it is not empty.
    pub comment: Option<Comment>,
    /// What was found.
    pub source: Source,
}

/// Reads a private key file of at most 1 MiB, whatever it is; its content tells, not its name.
///
/// The passphrase is used only if the file is encrypted. What an encrypted file asks for in time
/// and memory is bounded before anything is computed.
///
/// # Errors
///
/// [`FormatError::NotPrivate`] for a public key, [`FormatError::PassphraseNeeded`] and
/// [`FormatError::PassphraseWrong`], and the fault of what is no key.
pub fn read_private(input: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    if input.len() > MOST_BYTES {
        return Err(FormatError::TooLong { limit: MOST_BYTES });
    }
    let decoded = text::from_utf16(input)?;
    let text = text::without_mark(decoded.as_ref().map_or(input, Secret::expose));
    if is_der(text) {
        return read_der(text, passphrase);
    }
    if text.contains(&0) {
        return Err(not_private(input));
    }
    if ppk::is_ppk(text) {
        return read_ppk(text, passphrase);
    }
    if pem::is_pem(text) {
        return read_pem(text, passphrase);
    }
    if is_base64_der(text) {
        return read_der(encoding::from_base64_lines(text)?.expose(), passphrase);
    }
    Err(not_private(input))
}

/// Returns that `input` is a public key, or the fault for which it is none.
fn not_private(input: &[u8]) -> FormatError {
    read_public(input).err().unwrap_or(FormatError::NotPrivate)
}

fn read_pem(text: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let block = pem::read(text)?;
    let kind = block.kind()?;
    if block.is_encrypted() {
        let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
        let der = pem::decrypt(&block, passphrase)?;
        // A wrong passphrase passes the padding once in 256 times, and then gives no DER.
        return read_der(der.expose(), None).map_err(|_| FormatError::PassphraseWrong);
    }
    match kind {
        pem::Kind::Der => read_der(block.contents.expose(), passphrase),
        pem::Kind::Openssh => {
            let (key, comment, encrypted) =
                openssh::read_container_private(block.contents.expose(), passphrase)?;
            let source = Source::OpensshPrivate { encrypted };
            Ok(PrivateFile { key, comment: non_empty(comment), source })
        }
    }
}

fn read_der(der: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let (key, source) = match Structure::of(der)? {
        Structure::Pkcs1Private => {
            (PrivateKey::Rsa(der::read_pkcs1_private(der)?), Source::Pkcs1Private)
        }
        Structure::Pkcs8Private => (der::read_pkcs8_private(der)?, Source::Pkcs8Private),
        Structure::Pkcs8Encrypted => {
            let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
            let plain = der::decrypt_pkcs8(der, passphrase)?;
            let key = der::read_pkcs8_private(plain.as_bytes());
            // A wrong passphrase passes the padding once in 256 times, and then gives no DER.
            (key.map_err(|_| FormatError::PassphraseWrong)?, Source::Pkcs8Private)
        }
        Structure::Pkcs1Public | Structure::Spki => {
            return Err(der::read_public(der).err().unwrap_or(FormatError::NotPrivate));
        }
    };
    Ok(PrivateFile { key, comment: None, source })
}

fn read_ppk(text: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let file = PpkFile::read(text)?;
    let key = file.private_key(passphrase)?;
    let source = Source::Ppk { version: file.version, encrypted: file.encrypted };
    Ok(PrivateFile { key, comment: non_empty(file.comment), source })
}

fn non_empty(comment: Comment) -> Option<Comment> {
    Some(comment).filter(|comment| !comment.is_empty())
}

#[cfg(test)]
mod tests;

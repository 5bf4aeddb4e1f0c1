//! The private key in whatever a file holds.

use super::comment::Comment;
use super::derivation::DerivationCost;
use super::detect::{Detected, Input};
use super::detected_format::DetectedFormat;
use super::error::FormatError;
use super::openssh::Container;
use super::ppk::PpkFile;
use super::public::read_public;
use super::{der, pem};
use crate::key::PrivateKey;
use crate::secret::Secret;

/// A private key and what it was found in.
#[derive(Debug)]
pub struct PrivateFile {
    /// The key.
    pub key: PrivateKey,
    /// The comment, if the format has a place for one.
    pub comment: Option<Comment>,
    /// The format.
    pub source: DetectedFormat,
    /// The cost of the key derivation, if the file is encrypted.
    pub cost: Option<DerivationCost>,
}

/// Reads the private key in `input`, in whatever format it is, and checks it against its public half
/// and its numbers against each other, which stay as they are.
///
/// Accepted are PKCS#1 and PKCS#8 in PEM, base64 or DER, the container of OpenSSH, and PuTTY's
/// versions 2 and 3. Encrypted files are decrypted with `passphrase`: PKCS#8 with PBES2, PEM in the
/// traditional way, OpenSSH's and PuTTY's; a file in clear leaves it unused. UTF-16 and a byte order
/// mark do not matter.
///
/// A file says itself what its key derivation costs, and is believed within bounds: 1000 rounds of
/// bcrypt, 2 million of PBKDF2, 64 MiB for scrypt, and for Argon2 64 MiB at a time and 1 GiB in all
/// passes.
///
/// # Errors
///
/// [`FormatError::NotPrivate`] for a public key, [`FormatError::PassphraseNeeded`] without a
/// passphrase for a file that could be decrypted with one, [`FormatError::PassphraseWrong`], and the
/// variant that names the fault of everything else.
pub fn read_private(input: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let content = Input::new(input)?;
    let (key, comment, source, cost) = match content.detect()? {
        Detected::Der(der) => {
            let (structure, key) = der::read_private(der.expose(), passphrase)?;
            (key, None, DetectedFormat::of_der(structure, false), der::cost(der.expose())?)
        }
        Detected::EncryptedPem(block) => {
            let (structure, key) = der::read_decrypted(&pem::decrypt(&block, passphrase)?)?;
            (key, None, DetectedFormat::of_der(structure, true), Some(DerivationCost::Digest))
        }
        Detected::OpensshContainer(bytes) => {
            let container = Container::read(bytes.expose())?;
            let (key, comment) = container.unlock(passphrase)?;
            let source = DetectedFormat::OpensshPrivate { encrypted: container.is_encrypted() };
            (key, Some(comment), source, container.cost()?)
        }
        Detected::Ppk(text) => {
            let file = PpkFile::read(text)?;
            let (key, cost) = (file.unlock(passphrase)?, file.cost());
            let source = DetectedFormat::Ppk { version: file.version, encrypted: file.encrypted };
            (key, Some(file.comment), source, cost)
        }
        Detected::OpensshLine(_) | Detected::Rfc4716(_) => {
            read_public(input)?;
            return Err(FormatError::NotPrivate);
        }
    };
    let comment = comment.filter(|comment| !comment.is_empty());
    Ok(PrivateFile { key, comment, source, cost })
}

/// Returns whether `input` is a private key that cannot be read without its passphrase.
///
/// # Errors
///
/// The fault of what is no key; a fault of the numbers is found by [`read_private`] alone.
pub fn is_encrypted(input: &[u8]) -> Result<bool, FormatError> {
    Input::new(input)?.detect()?.is_encrypted()
}

/// Returns whether `input` is a private key, encrypted or not: in a format that we read, or in PEM one of
/// a type that we do not accept, and several of them too.
///
/// Nothing is decrypted, and no number is looked at.
#[must_use]
pub fn is_private(input: &[u8]) -> bool {
    Input::new(input).is_ok_and(|content| match content.detect() {
        Ok(found) => found.is_private(),
        Err(FormatError::Dsa | FormatError::Ecdsa | FormatError::SeveralKeys) => {
            content.begins_private_key()
        }
        Err(_) => false,
    })
}

#[cfg(test)]
mod tests;

//! Reads private keys in any format.

use super::checked::CheckedKey;
use super::comment::Comment;
use super::derivation::DerivationCost;
use super::detect::{Detected, Input};
use super::detected_format::DetectedFormat;
use super::error::FormatError;
use super::openssh::Container;
use super::ppk::PpkFile;
use super::undo::Undone;
use super::{der, pem, public};
use crate::key::{KeyError, PrivateKey};
use crate::secret::Secret;

/// A private key file.
#[derive(Debug)]
pub struct PrivateFile {
    /// The key.
    pub key: PrivateKey,
    /// The comment, if the format has one and it is not empty.
    pub comment: Option<Comment>,
    /// The format of the file.
    pub source: DetectedFormat,
    /// The cost of the key derivation, if the file is encrypted.
    pub cost: Option<DerivationCost>,
    /// A CRT number that is wrong in the file. The key has the right one.
    pub flaw: Option<KeyError>,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
}

/// Reads a private key in any format. Checks that it matches its public half and that its numbers
/// are consistent. Replaces only wrong CRT numbers.
///
/// Accepts PKCS#1 and PKCS#8 in PEM, base64, DER or BER, OpenSSH's container, and PuTTY's versions 2 and
/// 3. Decrypts PKCS#8 with PBES2, traditional PEM, OpenSSH and PuTTY files with `passphrase`, which
/// an unencrypted file ignores. Accepts UTF-16 and a byte order mark, and undoes the changes in
/// [`Undone`].
///
/// A file chooses the cost of its key derivation within limits: 1000 rounds of bcrypt, 2 million
/// rounds of PBKDF2, 64 MiB for scrypt, and for Argon2 64 MiB of memory and 1 GiB in all passes.
///
/// # Errors
///
/// [`FormatError::NotPrivate`] for a public key, [`FormatError::PassphraseNeeded`] if an encrypted
/// file is otherwise valid, [`FormatError::PassphraseWrong`], or the variant that names the fault.
pub fn read_private(input: &[u8], passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let content = Input::new(input)?;
    read(&content, passphrase).map_err(|fault| content.explain(fault))
}

fn read(content: &Input<'_>, passphrase: Option<&Secret>) -> Result<PrivateFile, FormatError> {
    let (checked, comment, source, cost) = match content.detect()? {
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
            public::read(content)?;
            return Err(FormatError::NotPrivate);
        }
    };
    let comment = comment.filter(|comment| !comment.is_empty());
    let CheckedKey { key, flaw } = checked;
    let undone = content.changes().to_vec();
    Ok(PrivateFile { key, comment, source, cost, flaw, undone })
}

/// Returns the format of a key file, without decrypting it.
///
/// # Errors
///
/// The fault of an invalid key file, as far as the format depends on it.
pub fn detected_format(input: &[u8]) -> Result<DetectedFormat, FormatError> {
    Ok(match Input::new(input)?.detect()? {
        Detected::Der(der) => DetectedFormat::of_der(der::Structure::of(der.expose())?, false),
        Detected::EncryptedPem(_) => DetectedFormat::Pkcs1Private { encrypted: true },
        Detected::OpensshContainer(bytes) => {
            let encrypted = Container::read(bytes.expose())?.is_encrypted();
            DetectedFormat::OpensshPrivate { encrypted }
        }
        Detected::Ppk(text) => {
            let file = PpkFile::read(text)?;
            DetectedFormat::Ppk { version: file.version, encrypted: file.encrypted }
        }
        Detected::OpensshLine(_) => DetectedFormat::OpensshLine,
        Detected::Rfc4716(_) => DetectedFormat::Rfc4716,
    })
}

/// Returns whether `input` is a private key that needs a passphrase.
///
/// # Errors
///
/// The fault of an invalid key file. Only [`read_private`] detects faults of the numbers.
pub fn is_encrypted(input: &[u8]) -> Result<bool, FormatError> {
    let content = Input::new(input)?;
    let encrypted = content.detect().and_then(|found| found.is_encrypted());
    encrypted.map_err(|fault| content.explain(fault))
}

#[cfg(test)]
mod tests;

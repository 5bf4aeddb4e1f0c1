//! Reads public keys, and the public halves of private keys, in any format.

use super::comment::Comment;
use super::detect::{Detected, Input};
use super::detected_format::DetectedFormat;
use super::error::FormatError;
use super::openssh::{self, Container};
use super::ppk::PpkFile;
use super::undo::Undone;
use super::{der, rfc4716};
use crate::key::PublicKey;

/// A public key, and the format of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// The key.
    pub key: PublicKey,
    /// The comment, if the format has one and it is neither empty nor encrypted.
    pub comment: Option<Comment>,
    /// The format.
    pub source: DetectedFormat,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
}

/// Reads a public key in any format.
///
/// Accepts OpenSSH lines, RFC 4716, and SPKI and PKCS#1 public keys in PEM, base64 or DER. Of
/// private keys in PKCS#1, PKCS#8 and the formats of OpenSSH and PuTTY, returns the public half,
/// unless that is encrypted. Accepts UTF-16 and a byte order mark, and undoes the changes in
/// [`Undone`].
///
/// # Errors
///
/// The variant of [`FormatError`] that names the fault.
pub fn read_public(input: &[u8]) -> Result<PublicFile, FormatError> {
    let content = Input::new(input)?;
    read(&content).map_err(|fault| content.explain(fault))
}

pub(super) fn read(content: &Input<'_>) -> Result<PublicFile, FormatError> {
    let (key, comment, source) = match content.detect()? {
        Detected::Der(der) => {
            let (structure, key) = der::read_public(der.expose())?;
            (key, None, DetectedFormat::of_der(structure, false))
        }
        Detected::EncryptedPem(_) => return Err(FormatError::PemEncrypted),
        Detected::OpensshContainer(bytes) => {
            let container = Container::read(bytes.expose())?;
            let comment = container.comment_in_clear()?;
            let source = DetectedFormat::OpensshPrivate { encrypted: container.is_encrypted() };
            (container.public, comment, source)
        }
        Detected::OpensshLine(text) => {
            let (key, comment) = openssh::read_line(text)?;
            (key, Some(comment), DetectedFormat::OpensshLine)
        }
        Detected::Ppk(text) => {
            let file = PpkFile::read(text)?;
            let source = DetectedFormat::Ppk { version: file.version, encrypted: file.encrypted };
            (file.public, Some(file.comment), source)
        }
        Detected::Rfc4716(text) => {
            let (key, comment) = rfc4716::read(text)?;
            (key, comment, DetectedFormat::Rfc4716)
        }
    };
    let comment = comment.filter(|comment| !comment.is_empty());
    Ok(PublicFile { key, comment, source, undone: content.changes().to_vec() })
}

#[cfg(test)]
mod tests;

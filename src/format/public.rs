//! The public half of whatever a file holds.

use std::fmt;

use super::comment::Comment;
use super::der::Structure;
use super::error::FormatError;
use super::ppk::{PpkFile, PpkVersion};
use super::{der, encoding, openssh, pem, ppk, rfc4716, text};
use crate::key::PublicKey;
use crate::secret::Secret;

/// The most bytes of a file that is read at all.
pub const MOST_BYTES: usize = 1024 * 1024;
/// The most bytes of a file that holds a public key alone.
pub const MOST_PUBLIC_BYTES: usize = 64 * 1024;

/// A public key and what it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// The key.
    pub key: PublicKey,
    /// The comment, if the format has a place for one and it is not encrypted.
    pub comment: Option<Comment>,
    /// The format.
    pub source: Source,
}

/// The formats in which a public key is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The line of an OpenSSH public key.
    OpensshLine,
    /// An RFC 4716 file.
    Rfc4716,
    /// `SubjectPublicKeyInfo`, in PEM, base64 or DER.
    Spki,
    /// A PKCS#1 public key, in PEM, base64 or DER.
    Pkcs1Public,
    /// A PKCS#1 private key.
    Pkcs1Private,
    /// A PKCS#8 private key.
    Pkcs8Private,
    /// An OpenSSH private key.
    OpensshPrivate {
        /// Whether it needs a passphrase, which its public half does not.
        encrypted: bool,
    },
    /// A PuTTY private key.
    Ppk {
        /// The version of the file.
        version: PpkVersion,
        /// Whether it needs a passphrase, which its public half does not.
        encrypted: bool,
    },
}

impl Source {
    /// Returns whether a private key was given, of which the public half was taken.
    #[must_use]
    pub fn is_private(self) -> bool {
        match self {
            Self::OpensshLine | Self::Rfc4716 | Self::Spki | Self::Pkcs1Public => false,
            Self::Pkcs1Private
            | Self::Pkcs8Private
            | Self::OpensshPrivate { .. }
            | Self::Ppk { .. } => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = |encrypted| if encrypted { "encrypted " } else { "" };
        match *self {
            Self::OpensshLine => formatter.write_str("OpenSSH public key"),
            Self::Rfc4716 => formatter.write_str("RFC 4716 public key"),
            Self::Spki => formatter.write_str("SPKI public key"),
            Self::Pkcs1Public => formatter.write_str("PKCS#1 public key"),
            Self::Pkcs1Private => formatter.write_str("PKCS#1 private key"),
            Self::Pkcs8Private => formatter.write_str("PKCS#8 private key"),
            Self::OpensshPrivate { encrypted: is } => {
                write!(formatter, "{}OpenSSH private key", encrypted(is))
            }
            Self::Ppk { version, encrypted: is } => {
                let version = version.number();
                write!(formatter, "{}PuTTY private key (version {version})", encrypted(is))
            }
        }
    }
}

/// Reads the public key in `input`, in whatever format it is.
///
/// Accepted are OpenSSH lines, RFC 4716, SPKI and PKCS#1 public keys in PEM, base64 or DER, and the
/// private keys of PKCS#1, PKCS#8, OpenSSH and PuTTY, of which the public half is taken; that needs
/// no passphrase where the public half is in clear. UTF-16 and a byte order mark do not matter.
///
/// # Errors
///
/// The variant of [`FormatError`] that names the fault.
pub fn read_public(input: &[u8]) -> Result<PublicFile, FormatError> {
    limit(input, MOST_BYTES)?;
    let decoded = text::from_utf16(input)?;
    let input = decoded.as_ref().map_or(input, Secret::expose);
    let input = text::without_mark(input);
    if is_der(input) {
        return read_der(input);
    }
    if let Some(offset) = input.iter().position(|&byte| byte == 0) {
        return Err(FormatError::NulByte { offset });
    }
    if ppk::is_ppk(input) {
        read_ppk(input)
    } else if pem::is_pem(input) {
        read_pem(input)
    } else {
        limit(input, MOST_PUBLIC_BYTES)?;
        if rfc4716::is_rfc4716(input) {
            let (key, comment) = rfc4716::read(input)?;
            Ok(PublicFile { key, comment, source: Source::Rfc4716 })
        } else if is_base64_der(input) {
            read_der(encoding::from_base64_lines(input)?.expose())
        } else {
            let (key, comment) = openssh::read_line(input)?;
            Ok(PublicFile {
                key,
                comment: Some(comment).filter(|comment| !comment.is_empty()),
                source: Source::OpensshLine,
            })
        }
    }
}

fn read_ppk(text: &[u8]) -> Result<PublicFile, FormatError> {
    let file = PpkFile::read(text)?;
    Ok(PublicFile {
        source: Source::Ppk { version: file.version, encrypted: file.encrypted },
        key: file.public,
        comment: Some(file.comment).filter(|comment| !comment.is_empty()),
    })
}

fn read_pem(text: &[u8]) -> Result<PublicFile, FormatError> {
    let block = pem::read(text)?;
    if block.is_encrypted() {
        return Err(FormatError::PemEncrypted);
    }
    match block.kind()? {
        pem::Kind::Der => read_der(block.contents.expose()),
        pem::Kind::Openssh => {
            let container = openssh::read_container_public(block.contents.expose())?;
            Ok(PublicFile {
                key: container.key,
                comment: container.comment.filter(|comment| !comment.is_empty()),
                source: Source::OpensshPrivate { encrypted: container.encrypted },
            })
        }
    }
}

fn read_der(der: &[u8]) -> Result<PublicFile, FormatError> {
    let (structure, key) = der::read_public(der)?;
    Ok(PublicFile {
        key,
        comment: None,
        source: match structure {
            Structure::Pkcs1Private => Source::Pkcs1Private,
            Structure::Pkcs1Public => Source::Pkcs1Public,
            Structure::Pkcs8Private | Structure::Pkcs8Encrypted => Source::Pkcs8Private,
            Structure::Spki => Source::Spki,
        },
    })
}

/// Returns whether `input` begins as a DER sequence does and text does not: with a length of several
/// bytes, or with the first field of an ED25519 key.
pub(super) fn is_der(input: &[u8]) -> bool {
    match input {
        [b'0', length, ..] if *length >= 0x80 => true,
        [b'0', _, b'0', 5, ..] | [b'0', _, 2, 1, ..] => true,
        _ => false,
    }
}

/// Returns whether `text` is nothing but base64 that begins as a DER sequence does.
pub(super) fn is_base64_der(text: &[u8]) -> bool {
    let mut characters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    characters.next() == Some(&b'M')
        && characters.all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

fn limit(input: &[u8], limit: usize) -> Result<(), FormatError> {
    if input.len() > limit { Err(FormatError::TooLong { limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

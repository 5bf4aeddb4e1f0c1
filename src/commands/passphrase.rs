//! What may open an encrypted file, and what is read of a file whether or not it opens.

use crate::format::{self, Comment, FormatError, PrivateFile, PublicFile, Source};
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// What may open an encrypted file.
#[derive(Debug, Default)]
pub enum Passphrase {
    /// There is none.
    #[default]
    None,
    /// It is meant for this file: if it does not open it, that is a failure.
    Meant(Secret),
    /// It is at hand, and may be that of another file: if it does not open this one, the public half has
    /// to do, where that is in clear.
    AtHand(Secret),
}

impl Passphrase {
    /// Returns it.
    #[must_use]
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Meant(secret) | Self::AtHand(secret) => Some(secret),
        }
    }
}

/// A key of which the public half is enough.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) public: PublicKey,
    /// The private half, if the file has one and it could be opened.
    pub(super) private: Option<PrivateKey>,
    pub(super) comment: Option<Comment>,
    pub(super) source: Source,
}

/// Reads both halves of a key, or the public one.
pub(super) fn read(material: &Secret, passphrase: &Passphrase) -> Result<Read, FormatError> {
    let fault = match format::read_private(material.expose(), passphrase.secret()) {
        Ok(PrivateFile { key, comment, source }) => {
            return Ok(Read { public: key.public(), private: Some(key), comment, source });
        }
        Err(fault) => fault,
    };
    match (&fault, passphrase) {
        (FormatError::PassphraseNeeded | FormatError::NotPrivate, _)
        | (FormatError::PassphraseWrong, Passphrase::AtHand(_)) => {
            match format::read_public(material.expose()) {
                // Nothing is in clear.
                Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => Err(fault),
                read => {
                    let PublicFile { key, comment, source } = read?;
                    Ok(Read { public: key, private: None, comment, source })
                }
            }
        }
        _ => Err(fault),
    }
}

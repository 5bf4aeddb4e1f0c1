//! Reads keys for operations that need only the public half.

use crate::format::{self, Comment, DetectedFormat, FormatError, PrivateFile, PublicFile, Undone};
use crate::key::{KeyError, PrivateKey, PublicKey};
use crate::secret::Secret;

#[derive(Debug)]
pub(super) struct Read {
    pub(super) public: PublicKey,
    /// `None` if the file has no private half, or it was not decrypted, or it has a flaw.
    pub(super) private: Option<PrivateKey>,
    /// A wrong or missing number of the private half that does not concern the public half.
    pub(super) flaw: Option<KeyError>,
    pub(super) comment: Option<Comment>,
    pub(super) source: DetectedFormat,
    pub(super) undone: Vec<Undone>,
}

impl Read {
    /// Returns whether the private half is encrypted and was not compared with the public one.
    pub(super) fn is_unchecked(&self) -> bool {
        self.source.is_encrypted() && self.private.is_none() && self.flaw.is_none()
    }
}

/// Reads both halves of a key, or only the public one.
///
/// Without a passphrase, reads only the public half of an encrypted file. With one, checks the
/// whole file and fails if the passphrase does not decrypt it: a wrong passphrase looks like a
/// file with a replaced public half.
pub(super) fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<Read, FormatError> {
    match format::read_private(material.expose(), passphrase) {
        Ok(PrivateFile { key, comment, source, cost: _, flaw, undone }) => {
            let public = key.public();
            let private = Some(key).filter(|_| flaw.is_none());
            Ok(Read { public, private, flaw, comment, source, undone })
        }
        Err(FormatError::Key(flaw @ KeyError::RsaPrimesMissing)) => {
            match read_public(material) {
                // The public half is encrypted too.
                Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => {
                    Err(FormatError::PrimesMissingInEncrypted)
                }
                read => Ok(Read { flaw: Some(flaw), ..read? }),
            }
        }
        Err(fault @ (FormatError::PassphraseNeeded | FormatError::NotPrivate)) => {
            match read_public(material) {
                // The public half is encrypted too.
                Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => Err(fault),
                read => read,
            }
        }
        Err(fault) => Err(fault),
    }
}

pub(super) fn read_public(material: &Secret) -> Result<Read, FormatError> {
    let PublicFile { key, comment, source, undone } = format::read_public(material.expose())?;
    Ok(Read { public: key, private: None, flaw: None, comment, source, undone })
}

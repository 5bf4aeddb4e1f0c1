//! Reads a key of which the public half is enough.

use crate::format::{self, Comment, DetectedFormat, FormatError, PrivateFile, PublicFile};
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// A key of which the public half is enough.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) public: PublicKey,
    /// The private half, if the file has one and it could be opened.
    pub(super) private: Option<PrivateKey>,
    pub(super) comment: Option<Comment>,
    pub(super) source: DetectedFormat,
}

/// Reads both halves of a key, or the public one.
///
/// The public half alone will do for an encrypted file without a passphrase. With one, the whole file is
/// checked, and a passphrase that does not open it is an error: nothing tells a wrong passphrase from a file
/// in which somebody has replaced the public half.
pub(super) fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<Read, FormatError> {
    match format::read_private(material.expose(), passphrase) {
        Ok(PrivateFile { key, comment, source, cost: _ }) => {
            Ok(Read { public: key.public(), private: Some(key), comment, source })
        }
        Err(fault @ (FormatError::PassphraseNeeded | FormatError::NotPrivate)) => {
            match read_public(material) {
                // Nothing is in clear.
                Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => Err(fault),
                read => read,
            }
        }
        Err(fault) => Err(fault),
    }
}

/// Reads the public half of a key.
pub(super) fn read_public(material: &Secret) -> Result<Read, FormatError> {
    let PublicFile { key, comment, source } = format::read_public(material.expose())?;
    Ok(Read { public: key, private: None, comment, source })
}

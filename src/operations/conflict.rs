//! Conflicts between a registered pair and a request for a pair with its name.

use std::fmt;
use std::path::PathBuf;

use crate::format::FormatError;
use crate::key::KeyType;
use crate::registry::KeyName;

#[derive(Debug, thiserror::Error)]
#[error("`{name}` is registered with another key than the requested one")]
pub struct ConflictError {
    pub name: KeyName,
    pub registered: KeyDigests,
    pub conflict: Conflict,
}

#[derive(Debug)]
pub enum Conflict {
    MissingFile {
        path: PathBuf,
        half: KeyHalf,
    },
    /// Another key, or one that cannot be identified as the registered key.
    OtherKey {
        /// A path, or the name of a stream or an option.
        origin: String,
        digests: KeyDigests,
    },
    /// The private key is not encrypted, although the request has a passphrase.
    NotEncrypted {
        path: PathBuf,
    },
    /// The file contains the other half of the pair.
    OtherHalf {
        path: PathBuf,
        /// The expected half.
        half: KeyHalf,
    },
    OtherKind {
        key_type: KeyType,
        bits: Option<u32>,
    },
    /// The file cannot be compared: it contains no key, or needs a passphrase.
    Unreadable {
        path: PathBuf,
        source: FormatError,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHalf {
    Private,
    Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDigests {
    /// In the same format as the registered fingerprint.
    pub fingerprint: String,
    /// OpenSSH's fingerprint, if the public key is known.
    pub sha256: Option<String>,
}

impl fmt::Display for KeyDigests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.fingerprint)?;
        match &self.sha256 {
            Some(sha256) => write!(formatter, " ({sha256})"),
            None => Ok(()),
        }
    }
}

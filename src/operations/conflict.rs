//! A name that is registered, but not with what was asked for.

use std::fmt;
use std::path::PathBuf;

use crate::format::FormatError;
use crate::key::KeyType;
use crate::registry::KeyName;

/// A name that is registered, but not with what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is registered with another key than was asked for")]
pub struct ConflictError {
    pub name: KeyName,
    /// What names the registered key.
    pub registered: KeyDigests,
    /// What there is in its place.
    pub conflict: Conflict,
}

/// What there is in the place of the registered key.
#[derive(Debug)]
pub enum Conflict {
    /// No file.
    MissingFile {
        /// Where it should be.
        path: PathBuf,
        /// The half of the pair that should be there.
        half: Half,
    },
    /// Another key, or one of which nothing tells that it is this one.
    OtherKey {
        /// Where it is: a path, or the name of a stream or an option.
        origin: String,
        /// What names it.
        digests: KeyDigests,
    },
    /// A private key that is not encrypted, as was asked for.
    NotEncrypted { path: PathBuf },
    /// The other half of the pair.
    OtherHalf {
        path: PathBuf,
        /// The half that should be there.
        half: Half,
    },
    /// The pair is of another kind than was asked for.
    OtherKind {
        key_type: KeyType,
        /// Its length, if that is known.
        bits: Option<u32>,
    },
    /// What cannot be compared: no key, or one that needs a passphrase.
    Unreadable { path: PathBuf, source: FormatError },
}

/// One of the two halves of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Private,
    Public,
}

/// What names a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDigests {
    /// The fingerprint, in the form in which the registry shows that of its key.
    pub fingerprint: String,
    /// OpenSSH's, if it is known.
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

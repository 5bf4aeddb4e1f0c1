//! The faults of the files with profiles.

use std::path::PathBuf;

use crate::file::FileError;

/// The reason why a file with profiles cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot parse {}: line {line}: {fault}", .path.display())]
    Syntax {
        path: PathBuf,
        /// Starts at 1.
        line: usize,
        fault: SyntaxFault,
    },
}

impl ProfileFileError {
    /// Returns whether the file cannot be opened. Version 2 ignores such a file.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::File(FileError::Io { .. }))
    }
}

/// A fault in the text of a file. Version 2 of the AWS CLI refuses the file too, except if it has
/// too many sections or settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxFault {
    #[error("the file starts with a byte order mark")]
    ByteOrderMark,
    #[error("the key `{0}` is a duplicate")]
    DuplicateKey(String),
    #[error("the section [{0}] is a duplicate")]
    DuplicateSection(String),
    #[error("expected KEY = VALUE in the block of `{0}`")]
    InvalidBlock(String),
    #[error("expected KEY = VALUE")]
    NoAssignment,
    #[error("expected a key before the equals sign")]
    NoKey,
    #[error("expected a section such as [default]")]
    NoSection,
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("more than {max} {unit}")]
    TooMany { unit: &'static str, max: usize },
    #[error("expected `]` at the end of the section")]
    UnclosedSection,
}

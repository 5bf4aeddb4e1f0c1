//! Where a private key goes.

use std::path::PathBuf;

use super::OperationError;
use crate::file::{Existing, Target};
use crate::registry::KeyName;

/// Where a private key goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To no file: an agent has it, and nobody else.
    Agent,
    /// To the user, through the answer.
    Response,
    /// To this file.
    File(PathBuf),
    /// To the file that has the pair's name, in the current folder.
    NamedFile,
}

impl Destination {
    /// Finds the file free, or one that may be replaced; `None` if the key goes to none.
    ///
    /// # Errors
    ///
    /// [`OperationError::UnsafeFileName`] if the pair's name cannot be that of its file, and
    /// [`OperationError::File`].
    pub(super) fn target(
        &self,
        name: &KeyName,
        extension: &str,
        existing: Existing,
    ) -> Result<Option<Target>, OperationError> {
        let path = self.path(name, extension)?;
        Ok(path.map(|path| Target::new(&path, existing)).transpose()?)
    }

    /// Returns the path of the file; `None` if the key goes to the user.
    ///
    /// # Errors
    ///
    /// [`OperationError::UnsafeFileName`].
    pub(super) fn path(
        &self,
        name: &KeyName,
        extension: &str,
    ) -> Result<Option<PathBuf>, OperationError> {
        Ok(match self {
            Self::Agent | Self::Response => None,
            Self::File(path) => Some(path.clone()),
            Self::NamedFile => Some(PathBuf::from(file_name(name, extension)?)),
        })
    }
}

/// Returns the name of the file that has the pair's name.
pub(super) fn file_name(name: &KeyName, extension: &str) -> Result<String, OperationError> {
    let file = format!("{name}.{extension}");
    if !name.is_safe_file_name() || file.len() > MAX_FILE_NAME_BYTES {
        return Err(OperationError::UnsafeFileName { name: name.clone() });
    }
    Ok(file)
}

/// What the file systems of today allow.
const MAX_FILE_NAME_BYTES: usize = 255;

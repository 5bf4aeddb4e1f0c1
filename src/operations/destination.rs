//! The destination of a private key.

use std::path::PathBuf;

use super::OperationError;
use crate::file::{Existing, Target};
use crate::registry::KeyName;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Only an agent.
    Agent,
    /// The response to the user.
    Response,
    File(PathBuf),
    /// A file named after the pair, in the current directory.
    NamedFile,
}

impl Destination {
    /// Checks that the file is available or may be replaced. Returns `None` without a file.
    pub(super) fn target(
        &self,
        name: &KeyName,
        extension: &str,
        existing: Existing,
    ) -> Result<Option<Target>, OperationError> {
        let path = self.path(name, extension)?;
        Ok(path.map(|path| Target::new(&path, existing)).transpose()?)
    }

    /// Returns the path of the file, or `None` without a file.
    pub fn path(&self, name: &KeyName, extension: &str) -> Result<Option<PathBuf>, OperationError> {
        Ok(match self {
            Self::Agent | Self::Response => None,
            Self::File(path) => Some(path.clone()),
            Self::NamedFile => Some(PathBuf::from(file_name(name, extension)?)),
        })
    }
}

/// Returns the name of the file named after the pair.
pub(super) fn file_name(name: &KeyName, extension: &str) -> Result<String, OperationError> {
    let file = format!("{name}.{extension}");
    if !name.is_safe_file_name() || file.len() > MAX_FILE_NAME_BYTES {
        return Err(OperationError::UnsafeFileName { name: name.clone() });
    }
    Ok(file)
}

/// The limit of common file systems.
const MAX_FILE_NAME_BYTES: usize = 255;

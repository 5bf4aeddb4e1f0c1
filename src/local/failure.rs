//! What a failure of the database means.

use std::path::Path;
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::registry::RegistryError;

/// How long to wait for other processes, each of which holds the file for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Returns what a failure of the database in the file at `path` means.
pub(super) fn of_database(path: &Path, source: rusqlite::Error) -> RegistryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            RegistryError::Busy { path, seconds: PATIENCE.as_secs() }
        }
        Some(ErrorCode::NotADatabase) => RegistryError::NotARegistry { path },
        _ => RegistryError::Unusable { path, source: source.into() },
    }
}

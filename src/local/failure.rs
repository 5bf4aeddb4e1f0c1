//! What a failure of the database means.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::interrupt;
use crate::registry::RegistryError;

/// How long to wait for other processes, each of which holds the file for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits a little for the process that holds the file; returns false when it has been waited for
/// long enough, or when this process is to end.
pub(super) fn wait(attempt: i32) -> bool {
    let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
    let pause = PAUSE.saturating_mul(attempt.saturating_add(1).min(MOST_PAUSES));
    let waited = PAUSE.saturating_mul(MOST_PAUSES).saturating_mul(attempt);
    if interrupt::is_requested() || waited > PATIENCE {
        return false;
    }
    thread::sleep(pause);
    true
}

/// The first pause; each is longer than the one before, up to so many times.
const PAUSE: Duration = Duration::from_millis(2);
const MOST_PAUSES: u32 = 10;

/// Returns what a failure of the database in the file at `path` means.
pub(super) fn of_database(path: &Path, source: rusqlite::Error) -> RegistryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            RegistryError::Busy { path, seconds: PATIENCE.as_secs() }
        }
        Some(ErrorCode::NotADatabase) => RegistryError::NotARegistry { path },
        _ => match source {
            // The library's own wording repeats itself, with numbers.
            rusqlite::Error::SqliteFailure(_, Some(message)) => {
                RegistryError::Unusable { path, source: message.into() }
            }
            source => RegistryError::Unusable { path, source: source.into() },
        },
    }
}

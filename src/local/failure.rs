//! What a failure of the database means.

use std::cell::Cell;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

use crate::interrupt;
use crate::registry::{Cause, RegistryError};

/// How long to wait for other processes, each of which holds the file for milliseconds.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits a little for the process that holds the file; returns false when it has been waited for
/// long enough, or when this process is to end.
pub(super) fn wait(attempt: i32) -> bool {
    let since = match WAIT_START.get() {
        Some(since) if attempt > 0 => since,
        _ => Instant::now(),
    };
    WAIT_START.set(Some(since));
    let waited = since.elapsed();
    if interrupt::is_pending() || waited > TIMEOUT {
        return false;
    }
    thread::sleep(pause(attempt, waited));
    true
}

thread_local! {
    /// When the wait that is going on began.
    static WAIT_START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Returns how long to wait before the next look.
///
/// The file goes to whoever looks first once it is free, so that those who have waited longest look
/// most often: of 64 processes at once the unluckiest then waits a quarter as long as with pauses that
/// grow.
fn pause(attempt: i32, waited: Duration) -> Duration {
    Duration::from_millis(match waited.as_millis() {
        // One change takes a few milliseconds.
        _ if attempt < 2 => 2,
        ..100 => 8,
        100..300 => 4,
        300..800 => 2,
        800.. => 1,
    })
}

/// Returns what a failure of the database in the file at `path` means.
pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> RegistryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let waited = WAIT_START.get().map_or(Duration::ZERO, |since| since.elapsed());
            RegistryError::Busy { path, seconds: waited.as_secs() }
        }
        Some(ErrorCode::DatabaseCorrupt) => RegistryError::Damaged { path, source: reason(source) },
        Some(ErrorCode::NotADatabase) => RegistryError::NotARegistry { path },
        Some(_) => RegistryError::Unusable { path, source: reason(source) },
        None => match source {
            // What was read is not what this program writes.
            rusqlite::Error::FromSqlConversionFailure(_, _, source) => {
                RegistryError::Damaged { path, source }
            }
            rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::Utf8Error(..) => {
                RegistryError::Damaged { path, source: source.into() }
            }
            source => RegistryError::Unusable { path, source: source.into() },
        },
    }
}

/// Returns the message of the database; the library's own wording repeats itself, with numbers.
fn reason(source: rusqlite::Error) -> Cause {
    match source {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.into(),
        source => source.into(),
    }
}

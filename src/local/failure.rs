//! Waiting for locks, and the conversion of SQLite's errors.

use std::cell::Cell;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{ErrorCode, Transaction};

use crate::interrupt;
use crate::registry::{Cause, DamageError, RegistryError};

/// The maximum wait for other processes. Each of them holds the lock for milliseconds.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// Sleeps before the next attempt to lock the file. Returns false after [`TIMEOUT`], or if this
/// process was asked to end.
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

/// Commits a change. A signal ends the process before or after that, so that a change that was made
/// is reported.
pub(super) fn commit(transaction: Transaction<'_>) -> rusqlite::Result<()> {
    let _guard = interrupt::defer_signals_once();
    transaction.commit()
}

thread_local! {
    /// The start of the current wait.
    static WAIT_START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Returns the pause before the next attempt.
///
/// A released lock goes to the next process that tries, so processes try more often the longer
/// they have waited. With 64 processes, the maximum wait is a quarter of the wait with growing
/// pauses.
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

pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> RegistryError {
    let path = path.to_owned();
    let source = match damage(source) {
        Ok(damage) => return RegistryError::Damaged { path, source: damage.into() },
        Err(source) => source,
    };
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let waited = WAIT_START.get().map_or(Duration::ZERO, |since| since.elapsed());
            RegistryError::Busy { path, seconds: waited.as_secs() }
        }
        Some(ErrorCode::NotADatabase) => RegistryError::NotARegistry { path },
        Some(_) => RegistryError::Unusable { path, source: reason(source) },
        None => match source {
            // This program never writes such values.
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

/// Returns the damage that SQLite has found, or another error.
pub(super) fn damage(error: rusqlite::Error) -> Result<DamageError, rusqlite::Error> {
    let rusqlite::Error::SqliteFailure(found, message) = &error else { return Err(error) };
    match (found.code, message.as_deref()) {
        (ErrorCode::TooBig, _) => Ok(DamageError::TooLong),
        (ErrorCode::Unknown, Some("unsupported file format")) => Ok(DamageError::SchemaFormat),
        (ErrorCode::DatabaseCorrupt, _) => Ok(DamageError::Pages(reason(error).to_string())),
        _ => Err(error),
    }
}

/// Returns SQLite's message. The library's own text repeats it and adds error numbers.
fn reason(source: rusqlite::Error) -> Cause {
    match source {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.into(),
        source => source.into(),
    }
}

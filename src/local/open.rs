//! Opens the registry file safely and with durable commits.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::entry::MAX_ROW_BYTES;
use super::{failure, integrity, schema};
use crate::file::{self, FileError, PathTrust};
use crate::registry::{DamageError, RegistryError};

/// The suffixes of the files that SQLite keeps next to a database
/// (<https://www.sqlite.org/tempfiles.html>).
pub const SIDECAR_SUFFIXES: [&str; 3] = [JOURNAL, "-wal", "-shm"];
const JOURNAL: &str = "-journal";

/// Checks which other users could modify the files that SQLite will open.
pub(super) fn trust(path: &Path) -> Result<PathTrust, RegistryError> {
    let trust = PathTrust::of(path, &SIDECAR_SUFFIXES).map_err(|source| unusable(path, source))?;
    match trust.length() {
        Some(0) => check_emptied(path, &trust)?,
        // SQLite takes a file without a whole header of 100 bytes for an empty database.
        Some(1..100) => {
            return Err(RegistryError::NotARegistry { path: path.to_owned() });
        }
        _ => {}
    }
    Ok(trust)
}

/// Fails if an empty file had pages before.
///
/// The journal keeps the pages of the last change. Zeros at its beginning mean that this change
/// was committed, and SQLite never empties a file after that.
fn check_emptied(path: &Path, trust: &PathTrust) -> Result<(), RegistryError> {
    let journal = journal(trust);
    let length = |path: &Path| file::length(path).map_err(|source| unusable(trust.path(), source));
    if length(&journal)?.unwrap_or_default() <= MAX_JOURNAL_HEADER_BYTES
        || !header(path, &journal)?.starts_with(&[0; 28])
        // Another process may just have written the first pages.
        || length(trust.path())? != Some(0)
    {
        return Ok(());
    }
    Err(integrity::damaged(path, DamageError::Emptied))
}

/// <https://www.sqlite.org/fileformat.html#the_rollback_journal>
const MAX_JOURNAL_HEADER_BYTES: u64 = 4096;

fn journal(trust: &PathTrust) -> PathBuf {
    let mut journal = trust.path().to_owned().into_os_string();
    journal.push(JOURNAL);
    journal.into()
}

/// Fails if the registry cannot be changed or created.
pub(super) fn check_writable(path: &Path) -> Result<(), RegistryError> {
    let trust = trust(path)?;
    file::check_writable(trust.path()).map_err(|source| unusable(path, source))
}

/// Opens the registry at `path`, or returns `None` if it does not exist yet.
pub(super) fn existing(path: &Path) -> Result<Option<Connection>, RegistryError> {
    let trust = trust(path)?;
    match trust.length() {
        // An empty file is a registry without pairs. Reading does not change it.
        None | Some(0) => Ok(None),
        Some(_) => read_write(path, &trust).map(Some),
    }
}

pub(super) fn existing_or_new(path: &Path) -> Result<Connection, RegistryError> {
    let target = trust(path)?.path().to_owned();
    if let Some(directory) = target.parent() {
        file::create_private_directory(directory).map_err(|source| unusable(path, source))?;
    }
    file::create_private_file(&target).map_err(|source| unusable(path, source))?;
    // Check again: another user may have planted a file before this one was created.
    read_write(path, &trust(path)?)
}

/// Opens the registry without changing it or the files next to it.
pub(super) fn read_only(path: &Path, trust: &PathTrust) -> Result<Connection, RegistryError> {
    open(trust, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|source| failure::from_sqlite(path, source))
}

fn read_write(path: &Path, trust: &PathTrust) -> Result<Connection, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let mut connection = open(trust, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    connection.busy_handler(Some(failure::wait)).map_err(failed)?;
    // On Windows a file in a private directory may be open to all users, and SQLite creates files
    // with the permissions of the directory.
    if trust.is_in_shared_directory() || cfg!(windows) {
        secure_journal(path, &connection, trust)?;
    }
    connection
        .pragma_update(None, "synchronous", "FULL")
        // Apple's systems flush the disk cache only with this setting; others ignore it.
        .and_then(|()| connection.pragma_update(None, "fullfsync", cfg!(target_vendor = "apple")))
        .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
        // A persistent journal is faster than one that is created and deleted. Its end is also
        // synced, unlike a deletion (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
        .and_then(|()| {
            connection.pragma_update_and_check(None, "journal_mode", "PERSIST", |_| Ok(()))
        })
        .map_err(failed)?;
    schema::migrate(&mut connection, path, trust.path())?;
    check_format(path, &connection, trust)?;
    Ok(connection)
}

fn open(trust: &PathTrust, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    // SQLite treats names such as `:memory:` specially, but not in a path.
    let path = Path::new(".").join(trust.path());
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, access | flags)?;
    // The file is untrusted (<https://www.sqlite.org/security.html>).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES)?;
    // The limit of a row does not apply to the comparison with an entry of an index.
    connection.pragma_update_and_check(None, "hard_heap_limit", MAX_MEMORY, |_| Ok(()))?;
    Ok(connection)
}

/// The maximum memory of SQLite in this process. A full check of a registry takes 3 MiB.
const MAX_MEMORY: i32 = 1 << 26;

/// Fails if the header forbids changes. SQLite would call the file read-only.
fn check_format(
    path: &Path,
    connection: &Connection,
    trust: &PathTrust,
) -> Result<(), RegistryError> {
    let is_read_only =
        connection.is_readonly(MAIN_DB).map_err(|source| failure::from_sqlite(path, source))?;
    // A file that the user cannot change can still be read.
    if !is_read_only || file::check_writable(trust.path()).is_err() {
        return Ok(());
    }
    match unknown_format(&header(path, trust.path())?) {
        Some(damage) => Err(integrity::damaged(path, damage)),
        None => Ok(()),
    }
}

/// Returns the damage if SQLite does not know the write version in a header. It can read such a
/// file, but not change it.
pub(super) fn unknown_format(header: &[u8]) -> Option<DamageError> {
    let &found = header.get(WRITE_VERSION).filter(|version| **version > 2)?;
    Some(DamageError::Format { found })
}

/// <https://www.sqlite.org/fileformat.html#file_format_version_numbers>
const WRITE_VERSION: usize = 18;

/// Ensures that the user owns the journal if others can create files in the directory, and
/// rejects a write-ahead log.
fn secure_journal(
    path: &Path,
    connection: &Connection,
    trust: &PathTrust,
) -> Result<(), RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    // SQLite applies the journal of an interrupted change, so no other user may have created it.
    let journal = journal(trust);
    let unusable = |source| unusable(path, source);
    // Create no journal for a file that is not a registry. After an interrupted change the journal
    // exists.
    if file::length(&journal).map_err(unusable)?.is_none() {
        check_magic(path, trust)?;
    }
    match file::create_private_file(&journal) {
        // Other users cannot create files there either.
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::ReadOnlyFilesystem => {}
        made => made.map_err(unusable)?,
    }
    let trust = self::trust(path)?;
    // SQLite would read a planted write-ahead log and copy it into the file on close. Looking at
    // the directory leaves a race; asking SQLite does not.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if mode == "wal" {
        return Err(RegistryError::NotARegistry { path: trust.path().to_owned() });
    }
    Ok(())
}

/// Fails if the file contains something else than a database.
fn check_magic(path: &Path, trust: &PathTrust) -> Result<(), RegistryError> {
    let header = header(path, trust.path())?;
    if header.is_empty() || header.starts_with(MAGIC) {
        Ok(())
    } else {
        Err(RegistryError::NotARegistry { path: path.to_owned() })
    }
}

/// Returns the first 100 bytes of a file. SQLite must not hold a lock on it: closing the file
/// releases all locks of the process (<https://www.sqlite.org/howtocorrupt.html>).
pub(super) fn header(path: &Path, file: &Path) -> Result<Vec<u8>, RegistryError> {
    let found = RefCell::new(Vec::new());
    let look = |header: &[u8]| {
        header.iter().take(HEADER_BYTES).for_each(|byte| found.borrow_mut().push(*byte));
        false
    };
    file::read_if(file, usize::MAX, look).map_err(|source| unusable(path, source))?;
    Ok(found.into_inner())
}

/// <https://www.sqlite.org/fileformat.html#the_database_header>
const HEADER_BYTES: usize = 100;

/// <https://www.sqlite.org/fileformat.html#magic_header_string>
const MAGIC: &[u8] = b"SQLite format 3\0";

fn unusable(path: &Path, source: FileError) -> RegistryError {
    RegistryError::Unusable { path: path.to_owned(), source: source.into() }
}

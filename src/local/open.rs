//! How the registry file is opened: where it is not to lead astray, and so that a change is durable.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{failure, integrity, schema};
use crate::file::{self, FileError, PathTrust};
use crate::registry::{DamageError, RegistryError};

/// What the names end in of the files that SQLite uses beside its own (<https://www.sqlite.org/tempfiles.html>).
pub const SIDECAR_SUFFIXES: [&str; 3] = [JOURNAL, "-wal", "-shm"];
const JOURNAL: &str = "-journal";

/// Looks at who else could change what SQLite is going to open.
pub(super) fn trust(path: &Path) -> Result<PathTrust, RegistryError> {
    let trust = PathTrust::of(path, &SIDECAR_SUFFIXES).map_err(|source| unusable(path, source))?;
    if trust.length() == Some(0) {
        check_emptied(path, &trust)?;
    }
    Ok(trust)
}

/// Fails if an empty file had pages once, which are gone.
///
/// Pages that were changed stay in the journal, and the zeros at its beginning say that the change is
/// complete. Nothing empties a file afterwards.
fn check_emptied(path: &Path, trust: &PathTrust) -> Result<(), RegistryError> {
    let journal = journal(trust);
    let length = |path: &Path| file::length(path).map_err(|source| unusable(trust.path(), source));
    if length(&journal)?.unwrap_or_default() <= MAX_JOURNAL_HEADER_BYTES
        || !header(path, &journal)?.starts_with(&[0; 28])
        // The first pages may have come meanwhile.
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

/// Fails if the registry cannot be changed, or made if there is none yet.
pub(super) fn check_writable(path: &Path) -> Result<(), RegistryError> {
    let trust = trust(path)?;
    file::check_writable(trust.path()).map_err(|source| unusable(path, source))
}

/// Opens the registry at `path`, or returns `None` if there is none yet.
pub(super) fn existing(path: &Path) -> Result<Option<Connection>, RegistryError> {
    let trust = trust(path)?;
    match trust.length() {
        // An empty file is a registry without pairs, and looking does not make it another.
        None | Some(0) => Ok(None),
        Some(_) => read_write(path, &trust).map(Some),
    }
}

/// Opens the registry at `path`, making it if there is none yet.
pub(super) fn existing_or_new(path: &Path) -> Result<Connection, RegistryError> {
    let place = trust(path)?.path().to_owned();
    if let Some(folder) = place.parent() {
        file::create_private_directory(folder).map_err(|source| unusable(path, source))?;
    }
    file::create_private_file(&place).map_err(|source| unusable(path, source))?;
    // Between the look and the making somebody may have planted another.
    read_write(path, &trust(path)?)
}

/// Opens the registry so that neither it nor what lies beside it is changed.
pub(super) fn read_only(path: &Path, trust: &PathTrust) -> Result<Connection, RegistryError> {
    open(trust, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|source| failure::from_sqlite(path, source))
}

fn read_write(path: &Path, trust: &PathTrust) -> Result<Connection, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let mut connection = open(trust, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    connection.busy_handler(Some(failure::wait)).map_err(failed)?;
    // On Windows a file in a private folder may be everybody's, and SQLite makes it as the folder has it.
    if trust.is_in_shared_directory() || cfg!(windows) {
        secure_journal(path, &connection, trust)?;
    }
    connection
        .pragma_update(None, "synchronous", "FULL")
        // On Apple's systems the disk is waited for with this alone; elsewhere it says nothing.
        .and_then(|()| connection.pragma_update(None, "fullfsync", cfg!(target_vendor = "apple")))
        .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
        // A journal that stays is quicker than one that is made and removed, and its end is
        // waited for, which a removal is not (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
        .and_then(|()| {
            connection.pragma_update_and_check(None, "journal_mode", "PERSIST", |_| Ok(()))
        })
        .map_err(failed)?;
    schema::migrate(&mut connection, path, trust.path())?;
    Ok(connection)
}

fn open(trust: &PathTrust, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    // SQLite gives names like `:memory:` a meaning of their own, but not to a path.
    let path = Path::new(".").join(trust.path());
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, access | flags)?;
    // Nothing in the file is trusted (<https://www.sqlite.org/security.html>).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Makes sure that what SQLite reads beside the file is the user's, where everybody can put files there.
fn secure_journal(
    path: &Path,
    connection: &Connection,
    trust: &PathTrust,
) -> Result<(), RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    // The journal of a change that was cut short is applied: nobody else is to have made it.
    let journal = journal(trust);
    let unusable = |source| unusable(path, source);
    // A text that is no registry gets none. Of a change that was cut short, there is one.
    if file::length(&journal).map_err(unusable)?.is_none() {
        check_magic(path, trust)?;
    }
    match file::create_private_file(&journal) {
        // Nobody puts anything there either.
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::ReadOnlyFilesystem => {}
        made => made.map_err(unusable)?,
    }
    let trust = self::trust(path)?;
    // A write-ahead log, which this program has no use for, would be believed, and copied into the file at
    // the end. No look at the folder can exclude that one comes a moment later, SQLite's answer can.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if mode == "wal" {
        return Err(RegistryError::NotARegistry { path: trust.path().to_owned() });
    }
    Ok(())
}

/// Fails if there is something else in the file than a database.
fn check_magic(path: &Path, trust: &PathTrust) -> Result<(), RegistryError> {
    let header = header(path, trust.path())?;
    if header.is_empty() || header.starts_with(MAGIC) {
        Ok(())
    } else {
        Err(RegistryError::NotARegistry { path: path.to_owned() })
    }
}

/// Returns the first bytes of a file. SQLite must not have a lock on it: every close of a file releases all of
/// them (<https://www.sqlite.org/howtocorrupt.html>).
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

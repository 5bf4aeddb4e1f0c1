//! The tables of the registry file and their migrations.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{entry, failure, integrity};
use crate::registry::{DamageError, ObjectKind, RegistryError};

/// A file of version `n` has run the first `n` migrations. Append only; never change one.
pub(super) const MIGRATIONS: &[&str] = &["
    CREATE TABLE key_pair (
        row INTEGER PRIMARY KEY,
        key_pair_id TEXT NOT NULL UNIQUE,
        key_name TEXT NOT NULL UNIQUE,
        key_type TEXT NOT NULL CHECK (key_type IN ('ed25519', 'rsa')),
        bits INTEGER NOT NULL,
        public_key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        origin TEXT NOT NULL CHECK (origin IN ('created', 'imported')),
        created INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX key_pair_public_key ON key_pair (public_key);
    CREATE INDEX key_pair_fingerprint ON key_pair (fingerprint);
    CREATE TABLE tag (
        key_pair INTEGER NOT NULL REFERENCES key_pair (row) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (key_pair, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tag_key_value ON tag (key, value);
"];

const TABLES: [&str; 2] = ["key_pair", "tag"];

/// An index that no query needs. It exposes an accidental change of a creation time; the other
/// columns are covered by other indexes or the fingerprint. Every version reads files with and
/// without it.
const CREATED_INDEX: &str = "CREATE INDEX IF NOT EXISTS key_pair_created ON key_pair (created)";

/// Marks a registry file in its header (`PRAGMA application_id`): "kpai".
pub(super) const APPLICATION_ID: i64 = 0x6b70_6169;

/// Returns the statements that mark a copy of the tables as a registry.
pub fn mark_statements() -> String {
    format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", newest())
}

/// Migrates an empty file or an older registry to the current version, in one transaction.
///
/// # Errors
///
/// [`RegistryError::NotARegistry`] for the database of another program, which stays unchanged.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    target: &Path,
) -> Result<(), RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    // In one transaction: another process may turn the file into a registry between two reads.
    let look = connection.transaction().map_err(failed)?;
    let current = is_current(&look, path)?;
    if version(&look, path)? > 0 {
        integrity::check(&look, path, target)?;
    }
    look.commit().map_err(failed)?;
    if current {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    // Another process may have migrated the file first.
    if !is_current(&transaction, path)? {
        let version = usize::try_from(version(&transaction, path)?).unwrap_or_default();
        for statements in MIGRATIONS.iter().skip(version) {
            transaction.execute_batch(statements).map_err(failed)?;
        }
        complete(&transaction).map_err(failed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction.pragma_update(None, "user_version", newest()).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// Returns whether the file contains the tables of a registry, of any known version.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<bool, RegistryError> {
    Ok(is_current(connection, path)? || version(connection, path)? > 0)
}

fn is_current(connection: &Connection, path: &Path) -> Result<bool, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    if application != APPLICATION_ID {
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(failed)?;
        return if (application, tables) == (0, 0) {
            Ok(false)
        } else {
            Err(RegistryError::NotARegistry { path: path.to_owned() })
        };
    }
    let (found, known) = (version(connection, path)?, newest());
    if found > known {
        return Err(RegistryError::NewerSchema { path: path.to_owned(), found, known });
    }
    // The application ID and the version are written in one transaction.
    if found < 1 {
        return Err(integrity::damaged(path, DamageError::Version { found }));
    }
    check_objects(connection, path, found)?;
    Ok(found == known)
}

/// Checks that the file has the tables and indexes of a version as its migrations define them.
///
/// Nothing else may change them or prevent a change: no views, triggers and virtual tables, no
/// other unique indexes, and no foreign keys to them. Other tables and indexes are harmless.
fn check_objects(connection: &Connection, path: &Path, version: i64) -> Result<(), RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let statements = MIGRATIONS.iter().take(usize::try_from(version).unwrap_or_default());
    let statements = statements.flat_map(|statements| statements.split(';')).map(str::trim);
    let mut missing: BTreeSet<&str> = statements.filter(|text| !text.is_empty()).collect();
    let mut has_others = false;
    let mut objects = connection
        .prepare("SELECT name, rootpage, sql, type, tbl_name FROM sqlite_schema")
        .map_err(failed)?;
    let mut rows = objects.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let definition = row.get_ref(2).map_err(failed)?.as_str_or_null().ok().flatten();
        let definition = definition.unwrap_or_default();
        let kind = match row.get_ref(3).map_err(failed)?.as_str().unwrap_or_default() {
            "index" => ObjectKind::Index,
            "trigger" => ObjectKind::Trigger,
            "view" => ObjectKind::View,
            _ => ObjectKind::Table,
        };
        // Only tables and indexes have pages.
        let is_virtual = row.get::<_, i64>(1).map_err(failed)? == 0;
        let table = row.get_ref(4).map_err(failed)?.as_str().unwrap_or_default();
        let is_ours = TABLES.iter().any(|name| name.eq_ignore_ascii_case(table));
        let is_unsafe = kind == ObjectKind::Index && is_ours && !is_plain_index(definition);
        if is_virtual || is_unsafe {
            let name: String = row.get(0).map_err(failed)?;
            let name = entry::shortened(&name);
            return Err(integrity::damaged(path, DamageError::UnexpectedObject { kind, name }));
        }
        has_others |= !missing.remove(definition) && kind == ObjectKind::Table;
    }
    if has_others && let Some(table) = referring_table(connection).map_err(failed)? {
        let table = entry::shortened(&table);
        return Err(integrity::damaged(path, DamageError::ForeignKey { table }));
    }
    match missing.first().and_then(|definition| definition.lines().next()) {
        None => Ok(()),
        Some(line) => {
            let definition = line.trim_end_matches([' ', '(']).to_owned();
            Err(integrity::damaged(path, DamageError::Missing { definition }))
        }
    }
}

/// Returns whether an index can neither refuse a row nor fail: it is not unique, not partial, and has
/// no expressions. SQLite creates the indexes of keys without a definition.
fn is_plain_index(definition: &str) -> bool {
    let columns = definition.strip_prefix("CREATE INDEX ").and_then(|rest| rest.split_once('('));
    let columns = columns.and_then(|(_, columns)| columns.strip_suffix(')'));
    let is_plain = |letter: char| {
        letter.is_alphanumeric() || letter.is_whitespace() || "_,\"".contains(letter)
    };
    definition.is_empty() || columns.is_some_and(|columns| columns.chars().all(is_plain))
}

/// Returns a table with a foreign key to a table of the registry.
fn referring_table(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    connection
        .query_row(
            "SELECT object.name FROM sqlite_schema object, pragma_foreign_key_list(object.name) key
             WHERE object.type = 'table' AND object.name <> 'tag'
             AND lower(key.\"table\") IN ('key_pair', 'tag')",
            [],
            |row| row.get(0),
        )
        .optional()
}

/// Adds the index that older programs did not create.
pub(super) fn complete(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(CREATED_INDEX)
}

fn version(connection: &Connection, path: &Path) -> Result<i64, RegistryError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| failure::from_sqlite(path, source))
}

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

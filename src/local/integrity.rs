//! Checks the integrity of a registry file before its data is used.
//!
//! SQLite follows the pointers of a damaged page and may miss existing rows. A large file cannot
//! be checked by every command, so a negative result of an index is verified:
//!
//! - A name, an ID or a key that is missing from an index is searched in the table: 1 millisecond
//!   for 10,000 pairs, 0.2 seconds for a million.
//! - The name of a new pair is searched in the table of a file up to 16 MiB. In a larger file the
//!   order of the neighboring names in the index is checked. This detects a misplaced page, but
//!   not an outdated one.
//! - Filters scan the tables, and everything is checked after the last pair of a list.
//! - A pair that was found by its key, its row or a filter must be found by its name and ID too.
//! - The tags before and after those of a pair must lead back to them.

pub(super) mod tags;

use std::cmp::Ordering::{Greater, Less};
use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::entry::{LENGTH, MAX_ROW_BYTES};
use super::failure;
use crate::file;
use crate::registry::{Cause, DamageError, KeyName, KeyPair, KeyPairId, RegistryError};

/// Every command fully checks files up to this size (1 MiB), which takes 4 milliseconds. For a
/// larger file it checks each entry that it reads and, after a list, everything.
const MAX_FULLY_CHECKED_PAGES: u64 = 256;

/// Up to this size (16 MiB), the table is scanned before a name is registered: 4 milliseconds.
const MAX_SCANNED_PAGES: u64 = 4096;

/// Checks the length of the resolved file `target`, and everything in a small file. Must run in
/// a transaction.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    target: &Path,
) -> Result<(), RegistryError> {
    match length(connection, path, target)? {
        Ok(pages) if pages <= MAX_FULLY_CHECKED_PAGES => {
            run(connection, path, "PRAGMA integrity_check(1)")
        }
        Ok(_) => Ok(()),
        Err(damage) => Err(damaged(path, damage)),
    }
}

/// Checks all pages of a file that [`check`] did not check fully, but not the entries against
/// the indexes.
pub(super) fn check_pages(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    match is_large(connection, path)? {
        true => run(connection, path, "PRAGMA quick_check(1)"),
        false => Ok(()),
    }
}

/// Checks everything in a file that [`check`] did not check fully: 12 milliseconds for 1,000 pairs.
pub(super) fn check_all(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    match is_large(connection, path)? {
        true => run(connection, path, "PRAGMA integrity_check(1)"),
        false => Ok(()),
    }
}

/// Checks that the indexes lead to each of these pairs: the name or the ID of an entry may be
/// damaged, and be that of another pair.
pub(super) fn check_indexed<'a>(
    connection: &Connection,
    path: &Path,
    pairs: impl IntoIterator<Item = &'a (i64, KeyPair)>,
) -> Result<(), RegistryError> {
    if !is_large(connection, path)? {
        return Ok(());
    }
    let find = || {
        let mut by_name = connection.prepare("SELECT row FROM key_pair WHERE key_name = ?")?;
        let mut by_id = connection.prepare("SELECT row FROM key_pair WHERE key_pair_id = ?")?;
        for (row, pair) in pairs {
            for (index, text) in
                [(&mut by_name, pair.name.as_str()), (&mut by_id, pair.id.as_str())]
            {
                let found: Option<i64> =
                    index.query_row([text], |found| found.get(0)).optional()?;
                if found != Some(*row) {
                    return Ok(Some(text.to_owned()));
                }
            }
        }
        Ok(None)
    };
    match find().map_err(|source| failure::from_sqlite(path, source))? {
        Some(text) => Err(damaged(path, DamageError::NotIndexed(text))),
        None => Ok(()),
    }
}

/// Returns whether the file is too large for a full [`check`].
pub(super) fn is_large(connection: &Connection, path: &Path) -> Result<bool, RegistryError> {
    Ok(number(connection, path, "page_count")? > MAX_FULLY_CHECKED_PAGES)
}

/// Checks that names and IDs missing from the indexes are missing from the table too.
pub(super) fn check_missing(
    connection: &Connection,
    path: &Path,
    names: &[KeyName],
    ids: &[KeyPairId],
) -> Result<(), RegistryError> {
    if (names.is_empty() && ids.is_empty()) || !is_large(connection, path)? {
        return Ok(());
    }
    let names: BTreeSet<&str> = names.iter().map(KeyName::as_str).collect();
    let ids: BTreeSet<&str> = ids.iter().map(KeyPairId::as_str).collect();
    let find = || {
        let mut table = connection.prepare(&format!(
            "SELECT key_name, key_pair_id, {LENGTH} > {MAX_ROW_BYTES} FROM key_pair NOT INDEXED"
        ))?;
        let mut rows = table.query([])?;
        while let Some(row) = rows.next()? {
            if row.get(2)? {
                return Ok(Some(DamageError::TooLong));
            }
            for (column, texts) in [(0, &names), (1, &ids)] {
                let text = row.get_ref(column)?.as_str().unwrap_or_default();
                if texts.contains(text) {
                    return Ok(Some(DamageError::NotIndexed(text.to_owned())));
                }
            }
        }
        Ok(None)
    };
    match find().map_err(|source| failure::from_sqlite(path, source))? {
        Some(damage) => Err(damaged(path, damage)),
        None => Ok(()),
    }
}

/// Checks that names missing from the index are available: scans the table, or in a very large
/// file checks the order of the index around them.
pub(super) fn check_free(
    connection: &Connection,
    path: &Path,
    names: &[KeyName],
) -> Result<(), RegistryError> {
    match number(connection, path, "page_count")? {
        ..=MAX_SCANNED_PAGES => check_missing(connection, path, names, &[]),
        _ => names.iter().try_for_each(|name| check_order(connection, path, name)),
    }
}

/// Checks the order of the names around a missing one, beyond the bounds of its index page.
fn check_order(connection: &Connection, path: &Path, name: &KeyName) -> Result<(), RegistryError> {
    let is_ordered = || {
        for (statement, order) in [
            ("SELECT key_name FROM key_pair WHERE key_name > ? ORDER BY key_name LIMIT 1000", Less),
            (
                "SELECT key_name FROM key_pair WHERE key_name < ? ORDER BY key_name DESC LIMIT 1000",
                Greater,
            ),
        ] {
            let mut last = name.to_string();
            let mut around = connection.prepare(statement)?;
            let mut rows = around.query([name.as_str()])?;
            while let Some(row) = rows.next()? {
                let next: String = row.get(0)?;
                if last.cmp(&next) != order {
                    return Ok(false);
                }
                last = next;
            }
        }
        Ok(true)
    };
    match is_ordered().map_err(|source| failure::from_sqlite(path, source))? {
        true => Ok(()),
        false => Err(damaged(path, DamageError::NameOrder(name.to_string()))),
    }
}

/// Returns the number of pages, or the damage if the length contradicts the header. SQLite reads
/// zeros after the end of a truncated last page.
pub(super) fn length(
    connection: &Connection,
    path: &Path,
    target: &Path,
) -> Result<Result<u64, DamageError>, RegistryError> {
    let pages = number(connection, path, "page_count")?;
    let expected = pages.saturating_mul(number(connection, path, "page_size")?);
    let found = file::length(target)
        .map_err(|source| RegistryError::Unusable { path: path.to_owned(), source: source.into() })?
        .unwrap_or_default();
    Ok(if expected == found { Ok(pages) } else { Err(DamageError::Length { expected, found }) })
}

pub(super) fn damaged(path: &Path, damage: DamageError) -> RegistryError {
    RegistryError::Damaged { path: path.to_owned(), source: damage.into() }
}

/// Returns the damage in the source of a [`RegistryError::Damaged`].
pub(super) fn damage_of(source: Cause) -> DamageError {
    match source.downcast() {
        Ok(damage) => *damage,
        Err(source) => DamageError::Pages(source.to_string()),
    }
}

/// Returns the findings of an SQLite check. Skips its headings and the result `ok`.
pub(super) fn findings(message: &str) -> impl Iterator<Item = &str> {
    let lines = message.lines().filter(|line| !line.starts_with("*** ") && *line != "ok");
    lines.map(str::trim)
}

fn run(connection: &Connection, path: &Path, check: &str) -> Result<(), RegistryError> {
    let message: String = connection
        .query_row(check, [], |row| row.get(0))
        .map_err(|source| failure::from_sqlite(path, source))?;
    match findings(&message).next() {
        Some(finding) => Err(damaged(path, DamageError::Pages(finding.to_owned()))),
        None => Ok(()),
    }
}

fn number(connection: &Connection, path: &Path, pragma: &str) -> Result<u64, RegistryError> {
    let number: i64 = connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(|source| failure::from_sqlite(path, source))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests;

//! Checks that a registry file is whole, before any of it is believed.
//!
//! SQLite follows a damaged page wherever it leads, and finds nothing where there was something.

use std::path::Path;

use rusqlite::Connection;

use super::failure;
use crate::file;
use crate::registry::{DamageError, RegistryError};

/// The pages of the largest file that every command checks whole, 1 MiB: that takes 4 milliseconds. Of a
/// larger one each entry is checked that is read, and after a list the pages.
const MOST_PAGES: u64 = 256;

/// Checks the length of the file at `place`, and all of a small one; within a transaction.
///
/// # Errors
///
/// [`RegistryError::Damaged`], and any error that keeps the file from being read.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    place: &Path,
) -> Result<(), RegistryError> {
    match length(connection, path, place)? {
        Ok(pages) if pages <= MOST_PAGES => run(connection, path, "PRAGMA integrity_check(1)"),
        Ok(_) => Ok(()),
        Err(damage) => Err(damaged(path, damage)),
    }
}

/// Checks all pages of a file that [`check`] did not check whole, but not the entries against the indexes.
///
/// # Errors
///
/// As [`check`].
pub(super) fn check_pages(connection: &Connection, path: &Path) -> Result<(), RegistryError> {
    match number(connection, path, "page_count")? {
        ..=MOST_PAGES => Ok(()),
        _ => run(connection, path, "PRAGMA quick_check(1)"),
    }
}

/// Returns how many pages the file has, or that it is longer or shorter than its header says. SQLite reads
/// zeros behind the end of a file that is cut within its last page.
pub(super) fn length(
    connection: &Connection,
    path: &Path,
    place: &Path,
) -> Result<Result<u64, DamageError>, RegistryError> {
    let pages = number(connection, path, "page_count")?;
    let expected = pages.saturating_mul(number(connection, path, "page_size")?);
    let found = file::length(place)
        .map_err(|source| RegistryError::Unusable { path: path.to_owned(), source: source.into() })?
        .unwrap_or_default();
    Ok(if expected == found { Ok(pages) } else { Err(DamageError::Length { expected, found }) })
}

/// Returns that a registry is damaged, and how that was found.
pub(super) fn damaged(path: &Path, damage: DamageError) -> RegistryError {
    RegistryError::Damaged { path: path.to_owned(), source: damage.into() }
}

/// Returns the findings of one of SQLite's checks without their headlines, or nothing for none.
pub(super) fn findings(message: &str) -> impl Iterator<Item = &str> {
    let lines = message.lines().filter(|line| !line.starts_with("*** ") && *line != "ok");
    lines.map(str::trim)
}

fn run(connection: &Connection, path: &Path, check: &str) -> Result<(), RegistryError> {
    let message: String = connection
        .query_row(check, [], |row| row.get(0))
        .map_err(|source| failure::of_database(path, source))?;
    match findings(&message).next() {
        Some(finding) => Err(damaged(path, DamageError::Pages(finding.to_owned()))),
        None => Ok(()),
    }
}

fn number(connection: &Connection, path: &Path, pragma: &str) -> Result<u64, RegistryError> {
    let number: i64 = connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(|source| failure::of_database(path, source))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests;

//! Checks the tags of a pair in a large file: a misplaced page would hide them.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::{damaged, is_large};
use crate::local::failure;
use crate::registry::{DamageError, KeyPair, RegistryError};

/// Checks that each of these pairs has all tags of its row.
///
/// The entries around the tags must lead back to them. If one of them is on a misplaced page, a
/// search for it ends elsewhere. An outdated page is not detected.
pub(in crate::local) fn check<'a>(
    connection: &Connection,
    path: &Path,
    pairs: impl IntoIterator<Item = &'a (i64, KeyPair)>,
) -> Result<(), RegistryError> {
    if !is_large(connection, path)? {
        return Ok(());
    }
    let find = || {
        let mut order = Order::of(connection)?;
        for (row, pair) in pairs {
            if !order.contains_all(connection, *row, pair)? {
                return Ok(Some(pair.name.to_string()));
            }
        }
        Ok(None)
    };
    match find().map_err(|source| failure::from_sqlite(path, source))? {
        Some(name) => Err(damaged(path, DamageError::Tags(name))),
        None => Ok(()),
    }
}

/// The row of a pair and the key of a tag.
type Place = (i64, String);

/// The order of the tags.
struct Order<'a> {
    next: Statement<'a>,
    previous: Statement<'a>,
}

impl<'a> Order<'a> {
    fn of(connection: &'a Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            next: connection.prepare(
                "SELECT key_pair, key FROM tag INDEXED BY sqlite_autoindex_tag_1
                 WHERE (key_pair, key) > (?, ?) ORDER BY key_pair, key LIMIT 1",
            )?,
            previous: connection.prepare(
                "SELECT key_pair, key FROM tag INDEXED BY sqlite_autoindex_tag_1
                 WHERE (key_pair, key) < (?, ?) ORDER BY key_pair DESC, key DESC LIMIT 1",
            )?,
        })
    }

    fn contains_all(
        &mut self,
        connection: &Connection,
        row: i64,
        pair: &KeyPair,
    ) -> Result<bool, rusqlite::Error> {
        // A key is not empty.
        let (start, end) = ((row, String::new()), (row.saturating_add(1), String::new()));
        let before = find(&mut self.previous, &start)?;
        let after = find(&mut self.next, &end)?;
        let keys = || pair.tags.as_slice().iter().map(|tag| (row, tag.key().to_owned()));
        let first = keys().min().or_else(|| after.clone());
        let last = keys().max().or_else(|| before.clone());
        let follows = match &before {
            Some(before) => find(&mut self.next, before)? == first,
            None => true,
        };
        let precedes = match &after {
            Some(after) => find(&mut self.previous, after)? == last,
            None => true,
        };
        Ok(follows
            && precedes
            && find(&mut self.next, &start)? == first
            && find(&mut self.previous, &end)? == last
            && (before.is_some() && after.is_some() || has_ends(connection)?))
    }
}

fn find(order: &mut Statement<'_>, (row, key): &Place) -> Result<Option<Place>, rusqlite::Error> {
    order.query_row(params![row, key], |found| Ok((found.get(0)?, found.get(1)?))).optional()
}

/// Returns whether the first and the last entry of the other index are in the table. If a part of the
/// table replaces its root, most entries are missing.
fn has_ends(connection: &Connection) -> Result<bool, rusqlite::Error> {
    for order in ["", "DESC"] {
        let statement = format!(
            "SELECT EXISTS (SELECT 1 FROM tag INDEXED BY sqlite_autoindex_tag_1
                            WHERE key_pair = entry.key_pair AND key = entry.key)
             FROM (SELECT key_pair, key FROM tag INDEXED BY tag_key_value
                   ORDER BY key {order}, value {order} LIMIT 1) entry"
        );
        let is_there = connection.query_row(&statement, [], |row| row.get(0)).optional()?;
        if is_there == Some(false) {
            return Ok(false);
        }
    }
    Ok(true)
}

//! Reads the pairs of a selection page by page.
//!
//! Each page has its own transaction, so a slow reader does not block writers. The set of rows is
//! fixed with the first page: pairs deleted before their page is read are skipped, and pairs
//! registered later are not included.

use std::collections::BTreeSet;
use std::path::Path;
use std::vec::IntoIter;

use rusqlite::{Connection, params};

use super::{describe, failure, integrity, matching};
use crate::registry::{
    DamageError, Filter, KeyName, KeyPair, KeyPairId, Reference, RegistryError, Selection,
};

/// The pairs on a page: some hundred kilobytes, read in a few milliseconds. Under load, each page
/// waits for the lock.
pub(super) const PAGE: usize = 1000;

/// The part of a selection that has not been read yet.
pub(super) struct Pages<'a> {
    path: &'a Path,
    names: BTreeSet<&'a KeyName>,
    ids: BTreeSet<&'a KeyPairId>,
    filters: &'a [Filter],
    include_public_key: bool,
    remaining: Remaining,
    is_first: bool,
}

enum Remaining {
    /// The rows after the first number, up to the second.
    Range(i64, i64),
    Rows(IntoIter<i64>),
}

impl<'a> Pages<'a> {
    /// Finds the rows. All selected names and IDs must be registered.
    pub(super) fn of(
        connection: &Connection,
        path: &'a Path,
        selection: &'a Selection,
    ) -> Result<Self, RegistryError> {
        let Selection { names, ids, filters, include_public_key } = selection;
        check_filter_count(filters)?;
        let remaining = match candidate_rows(connection, path, selection)? {
            Some(rows) => Remaining::Rows(rows.into_iter()),
            None => Remaining::Range(i64::MIN, last_row(connection, path)?),
        };
        Ok(Self {
            path,
            names: names.iter().collect(),
            ids: ids.iter().collect(),
            filters,
            include_public_key: *include_public_key,
            remaining,
            is_first: true,
        })
    }

    /// Returns the next pairs, oldest first, or `None` after the last.
    pub(super) fn next(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<Vec<KeyPair>>, RegistryError> {
        let mut pairs = match &mut self.remaining {
            Remaining::Range(after, last) => {
                let page = describe::page(connection, self.path, *after, *last, PAGE)?;
                let Some((row, _)) = page.last() else {
                    // So far only the entries were checked.
                    integrity::check_all(connection, self.path)?;
                    return Ok(None);
                };
                *after = *row;
                page.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>()
            }
            Remaining::Rows(rows) => {
                let page: Vec<i64> = rows.take(PAGE).collect();
                if page.is_empty() {
                    // A matching pair may have been on a damaged page.
                    if !self.filters.is_empty() {
                        integrity::check_all(connection, self.path)?;
                    }
                    return Ok(None);
                }
                let pairs =
                    describe::pairs_in_rows(connection, self.path, &page, self.filters.is_empty())?;
                // The rows of the first page were found in the same transaction.
                if self.is_first && pairs.len() < page.len() {
                    let damage = DamageError::Index("a selected pair".into());
                    return Err(integrity::damaged(self.path, damage));
                }
                pairs
            }
        };
        self.is_first = false;
        // Another pair may have taken the row of a deleted one.
        pairs.retain(|pair| self.has(pair));
        if !self.include_public_key {
            pairs.iter_mut().for_each(|pair| pair.public_key = None);
        }
        Ok(Some(pairs))
    }

    fn has(&self, pair: &KeyPair) -> bool {
        (self.names.is_empty() || self.names.contains(&pair.name))
            && (self.ids.is_empty() || self.ids.contains(&pair.id))
            && self.filters.iter().all(|filter| filter.holds(pair))
    }
}

/// Returns the result for a registry without pairs.
pub(super) fn of_empty_registry(selection: &Selection) -> Result<(), RegistryError> {
    let Selection { names, ids, filters, include_public_key: _ } = selection;
    check_filter_count(filters)?;
    describe::check_found(names.clone(), ids.clone())
}

/// Enforces EC2's limit.
fn check_filter_count(filters: &[Filter]) -> Result<(), RegistryError> {
    let count = filters.iter().map(|filter| filter.patterns.len()).sum();
    if count > Filter::MAX_PATTERNS {
        return Err(RegistryError::TooManyFilterValues { count });
    }
    Ok(())
}

/// Returns the rows that may match the selection, or `None` for all rows.
fn candidate_rows(
    connection: &Connection,
    path: &Path,
    selection: &Selection,
) -> Result<Option<Vec<i64>>, RegistryError> {
    let Selection { names, ids, filters, include_public_key: _ } = selection;
    let mut chosen: Option<Vec<i64>> = None;
    let mut narrow = |rows: Vec<i64>| {
        match &mut chosen {
            Some(chosen) => chosen.retain(|row| rows.binary_search(row).is_ok()),
            None => chosen = Some(rows),
        }
        chosen.as_ref().is_some_and(|chosen| chosen.len() <= PAGE)
    };
    for references in [
        names.iter().cloned().map(Reference::Name).collect::<Vec<_>>(),
        ids.iter().cloned().map(Reference::Id).collect(),
    ] {
        if !references.is_empty() {
            let rows = describe::rows(connection, path, &references);
            // A missing pair may have been on a damaged page.
            if rows.is_err() {
                integrity::check_pages(connection, path)?;
            }
            narrow(rows?);
        }
    }
    // A filter without wildcards matches few pairs, so it comes first. Once the rows fit on one
    // page, the pairs themselves are compared with the remaining filters.
    let mut filters: Vec<&Filter> = filters.iter().collect();
    filters.sort_by_key(|filter| !filter.is_exact());
    let mut are_few = false;
    for filter in filters {
        if !are_few {
            are_few = narrow(matching::rows(connection, path, filter)?);
        }
    }
    Ok(chosen)
}

fn last_row(connection: &Connection, path: &Path) -> Result<i64, RegistryError> {
    connection
        .query_row("SELECT coalesce(max(row), 0) FROM key_pair", params![], |row| row.get(0))
        .map_err(|source| failure::from_sqlite(path, source))
}

#[cfg(test)]
mod tests;

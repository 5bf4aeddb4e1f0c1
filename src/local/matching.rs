//! Finds the rows that match a filter.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::{failure, integrity};
use crate::registry::{DamageError, Filter, FilterField, RegistryError};

/// The table in row order.
const TABLE: &str = "key_pair NOT INDEXED";

/// The table of tags, stored as the index of its primary key.
const TAGS: &str = "tag INDEXED BY sqlite_autoindex_tag_1";

/// Returns the rows that match a filter, in order. Scans the tables: a damaged index would
/// silently omit rows.
pub(super) fn rows(
    connection: &Connection,
    path: &Path,
    filter: &Filter,
) -> Result<Vec<i64>, RegistryError> {
    let Filter { field, patterns } = filter;
    let (number, table, condition, column) = match field {
        FilterField::Fingerprint => ("row", TABLE, "", "fingerprint"),
        FilterField::KeyName => ("row", TABLE, "", "key_name"),
        FilterField::KeyPairId => ("row", TABLE, "", "key_pair_id"),
        FilterField::Tag(_) => ("key_pair", TAGS, "key = ? AND", "value"),
        FilterField::TagKey => ("key_pair", TAGS, "", "key"),
    };
    let key = match field {
        FilterField::Tag(key) => Some(key.clone()),
        _ => None,
    };
    // A filter without patterns matches nothing.
    let (mut alternatives, mut texts) = (vec!["FALSE".to_owned()], Vec::from_iter(key));
    for pattern in patterns {
        let (operator, text) = match pattern.exact() {
            Some(text) => ("=", text),
            None => ("GLOB", pattern.glob()),
        };
        alternatives.push(format!("{column} {operator} ?"));
        texts.push(text);
    }
    let alternatives = alternatives.join(" OR ");
    let statement = format!("SELECT {number}, {condition} ({alternatives}) FROM {table}");
    let failed = |source| failure::from_sqlite(path, source);
    let mut statement = connection.prepare(&statement).map_err(failed)?;
    let mut read = statement.query(params_from_iter(texts)).map_err(failed)?;
    let (mut rows, mut last) = (Vec::new(), i64::MIN);
    while let Some(row) = read.next().map_err(failed)? {
        let next = row.get(0).map_err(failed)?;
        // A misplaced page. SQLite's quick check does not find it in the table of tags.
        if next < last {
            return Err(integrity::damaged(path, DamageError::RowOrder { row: last, next }));
        }
        last = next;
        if row.get(1).map_err(failed)? && rows.last() != Some(&next) {
            rows.push(next);
        }
    }
    Ok(rows)
}

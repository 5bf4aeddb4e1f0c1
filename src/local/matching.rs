//! Rows by what a filter asks for.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::{failure, integrity};
use crate::registry::{DamageError, Filter, FilterField, RegistryError};

/// The table, read in the order of its rows.
const TABLE: &str = "key_pair NOT INDEXED";

/// The table of tags, which is the index of its primary key.
const TAGS: &str = "tag INDEXED BY sqlite_autoindex_tag_1";

/// Returns the rows of the pairs for which a filter holds, in their order. The tables are read for them: an
/// index that is damaged leaves some out, which nothing shows.
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
    // Without patterns no pair has it.
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
        // A page that is in the place of another; the check of all pages does not see it in the table of tags.
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

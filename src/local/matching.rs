//! Rows by what a filter asks for.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::failure;
use crate::registry::{Filter, FilterField, RegistryError};

/// Returns the rows of the pairs for which a filter holds, in their order.
///
/// A statement for each pattern: an index finds a text without wildcards, and the texts that begin
/// with what stands before the first wildcard (<https://www.sqlite.org/optoverview.html#like_opt>),
/// which `OR` between them would keep it from.
pub(super) fn rows(
    connection: &Connection,
    path: &Path,
    filter: &Filter,
) -> Result<Vec<i64>, RegistryError> {
    let Filter { field, patterns } = filter;
    let (selected, column) = match field {
        FilterField::Fingerprint => ("row FROM key_pair WHERE", "fingerprint"),
        FilterField::KeyName => ("row FROM key_pair WHERE", "key_name"),
        FilterField::KeyPairId => ("row FROM key_pair WHERE", "key_pair_id"),
        FilterField::Tag(_) => ("key_pair FROM tag WHERE key = ? AND", "value"),
        FilterField::TagKey => ("key_pair FROM tag WHERE", "key"),
    };
    let read = || {
        let mut equal = connection.prepare(&format!("SELECT {selected} {column} = ?"))?;
        let mut alike = connection.prepare(&format!("SELECT {selected} {column} GLOB ?"))?;
        let mut rows: Vec<i64> = Vec::new();
        for pattern in patterns {
            let (statement, text) = match pattern.exact() {
                Some(text) => (&mut equal, text),
                None => (&mut alike, pattern.glob()),
            };
            let key = match field {
                FilterField::Tag(key) => Some(key.as_str()),
                _ => None,
            };
            let parameters = params_from_iter(key.into_iter().chain([text.as_str()]));
            let mut found = statement.query(parameters)?;
            while let Some(row) = found.next()? {
                rows.push(row.get(0)?);
            }
            // Patterns may overlap, and be many.
            rows.sort_unstable();
            rows.dedup();
        }
        Ok(rows)
    };
    read().map_err(|source| failure::of_database(path, source))
}

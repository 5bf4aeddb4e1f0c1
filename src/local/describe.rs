//! Reading the registry file.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

use super::failure;
use crate::key::KeyType;
use crate::registry::{
    CreateTime, Filter, FilterField, KeyName, KeyPair, KeyPairId, Pattern, PublicLine, Reference,
    RegistryError, Selection, Tag, Tags,
};

/// Returns what a registry without pairs answers.
pub(super) fn nothing(selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
    let Selection { names, ids, filters, include_public_key: _ } = selection;
    condition(filters)?;
    not_found(names.clone(), ids.clone())?;
    Ok(Vec::new())
}

/// Returns the pairs that a selection asks for, oldest first.
pub(super) fn select(
    connection: &Connection,
    path: &Path,
    selection: &Selection,
) -> Result<Vec<KeyPair>, RegistryError> {
    let Selection { names, ids, filters, include_public_key } = selection;
    let (condition, parameters) = condition(filters)?;
    let mut chosen = None;
    for references in [
        names.iter().cloned().map(Reference::Name).collect::<Vec<_>>(),
        ids.iter().cloned().map(Reference::Id).collect(),
    ] {
        if !references.is_empty() {
            let rows = rows(connection, path, &references)?;
            chosen = Some(match chosen {
                Some(others) => &others & &rows,
                None => rows,
            });
        }
    }
    let mut pairs: Vec<KeyPair> = match chosen {
        Some(rows) if filters.is_empty() => {
            rows.into_iter().map(|row| pair(connection, path, row)).collect::<Result<_, _>>()?
        }
        chosen => {
            let statement = format!("{COLUMNS} WHERE {condition} ORDER BY row");
            let mut pairs = read(connection, path, &statement, &parameters)?;
            pairs.retain(|(row, _)| chosen.as_ref().is_none_or(|rows| rows.contains(row)));
            pairs.into_iter().map(|(_, pair)| pair).collect()
        }
    };
    if !include_public_key {
        pairs.iter_mut().for_each(|pair| pair.public_key = None);
    }
    Ok(pairs)
}

/// Returns the pairs that have this public key or one of these fingerprints, oldest first.
pub(super) fn find(
    connection: &Connection,
    path: &Path,
    public_key: &str,
    fingerprints: &[String],
) -> Result<Vec<KeyPair>, RegistryError> {
    let places = vec!["?"; fingerprints.len()].join(", ");
    let statement =
        format!("{COLUMNS} WHERE public_key = ? OR fingerprint IN ({places}) ORDER BY row");
    let texts = [public_key].into_iter().chain(fingerprints.iter().map(String::as_str));
    let parameters: Vec<Parameter> =
        texts.map(|text| -> Parameter { Box::new(text.to_owned()) }).collect();
    let pairs = read(connection, path, &statement, &parameters)?;
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}

/// Returns the names, the newest 10,000 of them.
pub(super) fn names(connection: &Connection, path: &Path) -> Result<Vec<KeyName>, RegistryError> {
    let failed = |source| failure::of_database(path, source);
    let mut statement = connection
        .prepare("SELECT key_name FROM key_pair ORDER BY row DESC LIMIT 10000")
        .map_err(failed)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(failed)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(failed)?;
    Ok(names.into_iter().map(KeyName::registered).collect())
}

/// Returns the rows of pairs that are named, all of which must be registered.
pub(super) fn rows(
    connection: &Connection,
    path: &Path,
    references: &[Reference],
) -> Result<BTreeSet<i64>, RegistryError> {
    let failed = |source| failure::of_database(path, source);
    let mut by_name =
        connection.prepare("SELECT row FROM key_pair WHERE key_name = ?").map_err(failed)?;
    let mut by_id =
        connection.prepare("SELECT row FROM key_pair WHERE key_pair_id = ?").map_err(failed)?;
    let (mut rows, mut names, mut ids) = (BTreeSet::new(), Vec::new(), Vec::new());
    for reference in references {
        let row = match reference {
            Reference::Id(id) => by_id.query_row([id.as_str()], |row| row.get(0)),
            Reference::Name(name) => by_name.query_row([name.as_str()], |row| row.get(0)),
        };
        match (row.optional().map_err(failed)?, reference) {
            (Some(row), _) => _ = rows.insert(row),
            (None, Reference::Id(id)) => ids.push(id.clone()),
            (None, Reference::Name(name)) => names.push(name.clone()),
        }
    }
    not_found(names, ids)?;
    Ok(rows)
}

/// Returns the pair in a row that is there.
pub(super) fn pair(
    connection: &Connection,
    path: &Path,
    row: i64,
) -> Result<KeyPair, RegistryError> {
    let pairs = read(connection, path, &format!("{COLUMNS} WHERE row = ?"), &[Box::new(row)])?;
    let missing = || failure::of_database(path, rusqlite::Error::QueryReturnedNoRows);
    pairs.into_iter().next().map(|(_, pair)| pair).ok_or_else(missing)
}

fn not_found(names: Vec<KeyName>, ids: Vec<KeyPairId>) -> Result<(), RegistryError> {
    if !names.is_empty() {
        return Err(RegistryError::NamesNotFound { names });
    }
    if !ids.is_empty() {
        return Err(RegistryError::IdsNotFound { ids });
    }
    Ok(())
}

const COLUMNS: &str = "SELECT row, key_pair_id, key_name, key_type, public_key, fingerprint, \
                       created FROM key_pair";

type Parameter = Box<dyn ToSql>;

fn read(
    connection: &Connection,
    path: &Path,
    statement: &str,
    parameters: &[Parameter],
) -> Result<Vec<(i64, KeyPair)>, RegistryError> {
    let read = || {
        let mut tags = connection
            .prepare("SELECT key, value FROM tag WHERE key_pair = ? ORDER BY position")?;
        let mut pairs = connection.prepare(statement)?;
        let mut found = pairs.query(params_from_iter(parameters))?;
        let mut result = Vec::new();
        while let Some(row) = found.next()? {
            let number: i64 = row.get("row")?;
            let tags = tags
                .query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            result.push((number, parse(row, tags)?));
        }
        Ok(result)
    };
    read().map_err(|source| failure::of_database(path, source))
}

/// Takes a row for what it says; one that says nothing sensible was not written by us.
fn parse(row: &Row<'_>, tags: Vec<(String, String)>) -> Result<KeyPair, rusqlite::Error> {
    let text = |column: &str| row.get::<_, String>(column);
    let tags = tags.into_iter().map(|(key, value)| Tag::new(key, value)).collect::<Result<_, _>>();
    let key_type = match text("key_type")?.as_str() {
        "ed25519" => KeyType::Ed25519,
        _ => KeyType::Rsa,
    };
    let name = KeyName::new(text("key_name")?).map_err(foreign)?;
    Ok(KeyPair {
        id: KeyPairId::new(text("key_pair_id")?),
        key_type: Some(key_type),
        fingerprint: text("fingerprint")?,
        public_key: Some(PublicLine::named(&text("public_key")?, &name)),
        created: Some(CreateTime::from_milliseconds(row.get("created")?)),
        name,
        tags: tags.and_then(Tags::new).map_err(foreign)?,
    })
}

fn foreign(source: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(source))
}

/// Returns the filters as a condition on `key_pair`, and its parameters.
///
/// Values without wildcards are compared for equality, so that an index finds them.
fn condition(filters: &[Filter]) -> Result<(String, Vec<Parameter>), RegistryError> {
    let count = filters.iter().map(|filter| filter.patterns.len()).sum();
    if count > Filter::MOST_PATTERNS {
        return Err(RegistryError::TooManyFilterValues { count });
    }
    let mut condition = String::from("TRUE");
    let mut parameters: Vec<Parameter> = Vec::new();
    for Filter { field, patterns } in filters {
        let column = match field {
            FilterField::Fingerprint => "fingerprint",
            FilterField::KeyName => "key_name",
            FilterField::KeyPairId => "key_pair_id",
            FilterField::Tag(key) => {
                parameters.push(Box::new(key.clone()));
                "value"
            }
            FilterField::TagKey => "key",
        };
        let matches = any_of(column, patterns, &mut parameters);
        condition.push_str(" AND ");
        condition.push_str(&match field {
            FilterField::Fingerprint | FilterField::KeyName | FilterField::KeyPairId => matches,
            FilterField::Tag(_) => {
                format!("row IN (SELECT key_pair FROM tag WHERE key = ? AND {matches})")
            }
            FilterField::TagKey => format!("row IN (SELECT key_pair FROM tag WHERE {matches})"),
        });
    }
    Ok((condition, parameters))
}

fn any_of(column: &str, patterns: &[Pattern], parameters: &mut Vec<Parameter>) -> String {
    let (mut exact, mut wild): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.exact() {
            Some(text) => exact.push(text),
            None => wild.push(pattern.glob()),
        }
    }
    let places = vec!["?"; exact.len()].join(", ");
    let mut alternatives = vec![format!("{column} IN ({places})")];
    alternatives.extend(wild.iter().map(|_| format!("{column} GLOB ?")));
    for text in exact.into_iter().chain(wild) {
        parameters.push(Box::new(text));
    }
    format!("({})", alternatives.join(" OR "))
}

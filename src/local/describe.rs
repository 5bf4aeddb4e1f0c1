//! Reads pairs from the registry file.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Params, Statement, ToSql, params, params_from_iter};

use super::entry::{self, COLUMNS, Entry, EntryError};
use super::{failure, integrity};
use crate::registry::{
    DamageError, KeyName, KeyPair, KeyPairId, PublicLine, Reference, Registration, RegistryError,
};

/// Returns at most `max` pairs in the rows after `after` and up to `last`, with their row numbers
/// in ascending order.
pub(super) fn page(
    connection: &Connection,
    path: &Path,
    after: i64,
    last: i64,
    max: usize,
) -> Result<Vec<(i64, KeyPair)>, RegistryError> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let statement = format!("{COLUMNS} WHERE row > ? AND row <= ? ORDER BY row LIMIT ?");
    let pairs =
        read(connection, path, &statement, &[Box::new(after), Box::new(last), Box::new(max)])?;
    let mut row = after;
    for &(next, _) in &pairs {
        // A misplaced page leads back.
        if next <= row || next > last {
            return Err(integrity::damaged(path, DamageError::RowOrder { row, next }));
        }
        row = next;
    }
    Ok(pairs)
}

/// Returns the pairs in these rows. Skips missing rows. A full check of the file can replace
/// `checks_tags`.
pub(super) fn pairs_in_rows(
    connection: &Connection,
    path: &Path,
    rows: &[i64],
    checks_tags: bool,
) -> Result<Vec<KeyPair>, RegistryError> {
    let read = || {
        let mut reader = Reader::new(connection, &format!("{COLUMNS} WHERE row = ?"))?;
        let mut pairs = Vec::with_capacity(rows.len());
        for row in rows {
            reader.read(params![row], |row, pair| pairs.push((row, pair)))?;
        }
        Ok(pairs)
    };
    let pairs = read().map_err(|source| failure::from_sqlite(path, source))?;
    integrity::check_indexed(connection, path, &pairs)?;
    if checks_tags {
        integrity::tags::check(connection, path, &pairs)?;
    }
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}

/// Checks that new pairs can be found by name, ID and key, and that they were stored unchanged.
pub(super) fn read_back(
    connection: &Connection,
    path: &Path,
    written: &[(&KeyPair, &Registration)],
) -> Result<(), RegistryError> {
    let find = || {
        let mut by_name = connection.prepare("SELECT row FROM key_pair WHERE key_name = ?")?;
        let mut by_id = connection.prepare("SELECT row FROM key_pair WHERE key_pair_id = ?")?;
        let mut by_key = connection.prepare(
            "SELECT row FROM key_pair INDEXED BY key_pair_public_key WHERE public_key = ? AND row = ?",
        )?;
        let mut reader = Reader::new(connection, &format!("{COLUMNS} WHERE row = ?"))?;
        for (pair, registration) in written {
            let row = |found: Result<i64, _>| found.optional();
            let named = row(by_name.query_row([pair.name.as_str()], |row| row.get(0)))?;
            let numbered = row(by_id.query_row([pair.id.as_str()], |row| row.get(0)))?;
            let keyed = params![registration.public_key, named];
            let keyed = row(by_key.query_row(keyed, |row| row.get(0)))?;
            let mut found = None;
            reader.read(params![named], |_, pair| found = Some(pair))?;
            if named != numbered || named != keyed || found.as_ref() != Some(*pair) {
                return Ok(Some(pair.name.to_string()));
            }
        }
        Ok(None)
    };
    match find().map_err(|source| failure::from_sqlite(path, source))? {
        Some(name) => Err(integrity::damaged(path, DamageError::ReadBack(name))),
        None => Ok(()),
    }
}

/// Returns the pairs with this public key or one of these fingerprints, oldest first.
pub(super) fn find(
    connection: &Connection,
    path: &Path,
    public_key: &str,
    fingerprints: &[String],
) -> Result<Vec<KeyPair>, RegistryError> {
    let places = vec!["?"; fingerprints.len()].join(", ");
    let select = |table: &str| {
        format!("{table} WHERE public_key = ? OR fingerprint IN ({places}) ORDER BY row")
    };
    let texts = [public_key].into_iter().chain(fingerprints.iter().map(String::as_str));
    let parameters: Vec<Parameter> =
        texts.map(|text| -> Parameter { Box::new(text.to_owned()) }).collect();
    let pairs = read(connection, path, &select(COLUMNS), &parameters)?;
    if pairs.is_empty() && integrity::is_large(connection, path)? {
        let table = select(&format!("{COLUMNS} NOT INDEXED"));
        if let Some((_, pair)) = read(connection, path, &table, &parameters)?.first() {
            let damage = DamageError::NotIndexed(pair.name.to_string());
            return Err(integrity::damaged(path, damage));
        }
    }
    integrity::check_indexed(connection, path, &pairs)?;
    integrity::tags::check(connection, path, &pairs)?;
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}

/// Returns the newest 10,000 names.
pub(super) fn names(connection: &Connection, path: &Path) -> Result<Vec<KeyName>, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let mut statement = connection
        .prepare("SELECT key_name FROM key_pair ORDER BY row DESC LIMIT 10000")
        .map_err(failed)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(failed)?;
    // Damage can make names long.
    let valid = names
        .filter_map(|name: Result<String, _>| name.map(|name| KeyName::new(name).ok()).transpose());
    valid.collect::<Result<_, _>>().map_err(failed)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalColumn {
    Id,
    Name,
}

/// Returns the names or IDs that begin with `prefix`, in order: the first `max`, and the last one.
/// A prefix that these have in common is common to all.
pub(super) fn with_prefix(
    connection: &Connection,
    column: LocalColumn,
    prefix: &str,
    max: usize,
) -> Result<Vec<String>, rusqlite::Error> {
    let column = match column {
        LocalColumn::Id => "key_pair_id",
        LocalColumn::Name => "key_name",
    };
    // A range uses the index for every text, unlike GLOB. No text with the prefix sorts after it.
    let end = format!("{prefix}{}", char::MAX);
    let select = |order: &str, max: usize| {
        let mut statement = connection.prepare(&format!(
            "SELECT {column} FROM key_pair WHERE {column} >= ? AND {column} < ?
             ORDER BY {column} {order} LIMIT {max}"
        ))?;
        let texts = statement.query_map([prefix, &end], |row| row.get(0))?;
        texts.collect::<Result<Vec<String>, _>>()
    };
    let mut texts = select("", max)?;
    let last = select("DESC", 1)?.into_iter().filter(|last| texts.last() != Some(last));
    let last: Vec<String> = last.collect();
    texts.extend(last);
    Ok(texts)
}

/// Returns the rows of these pairs, in order. All of them must be registered.
pub(super) fn rows(
    connection: &Connection,
    path: &Path,
    references: &[Reference],
) -> Result<Vec<i64>, RegistryError> {
    let Lookup { mut rows, missing_names, missing_ids } = look_up(connection, path, references)?;
    integrity::check_missing(connection, path, &missing_names, &missing_ids)?;
    check_found(missing_names, missing_ids)?;
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// Returns the first name that is taken, or `None`.
pub(super) fn first_taken(
    connection: &Connection,
    path: &Path,
    names: &[KeyName],
) -> Result<Option<KeyName>, RegistryError> {
    let references: Vec<_> = names.iter().cloned().map(Reference::Name).collect();
    let mut free = look_up(connection, path, &references)?.missing_names.into_iter();
    match names.iter().find(|name| free.next().as_ref() != Some(name)) {
        Some(name) => Ok(Some(name.clone())),
        None => integrity::check_free(connection, path, names).map(|()| None),
    }
}

/// The result of looking references up in the indexes.
struct Lookup {
    /// In the order of the references.
    rows: Vec<i64>,
    missing_names: Vec<KeyName>,
    missing_ids: Vec<KeyPairId>,
}

/// No registered ID is longer.
const MAX_ID_BYTES: usize = 255;

fn look_up(
    connection: &Connection,
    path: &Path,
    references: &[Reference],
) -> Result<Lookup, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let mut by_name =
        connection.prepare("SELECT row FROM key_pair WHERE key_name = ?").map_err(failed)?;
    let mut by_id =
        connection.prepare("SELECT row FROM key_pair WHERE key_pair_id = ?").map_err(failed)?;
    let mut in_row = connection
        .prepare("SELECT key_name = ?2 OR key_pair_id = ?3 FROM key_pair WHERE row = ?1")
        .map_err(failed)?;
    let (mut rows, mut missing_names, mut missing_ids) = (Vec::new(), Vec::new(), Vec::new());
    for reference in references {
        let row = match reference {
            // SQLite accepts no longer parameter.
            Reference::Id(id) if id.as_str().len() > MAX_ID_BYTES => {
                missing_ids.push(id.clone());
                continue;
            }
            Reference::Id(id) => by_id.query_row([id.as_str()], |row| row.get(0)),
            Reference::Name(name) => by_name.query_row([name.as_str()], |row| row.get(0)),
        };
        match (row.optional().map_err(failed)?, reference) {
            (Some(row), _) => {
                let (name, id) = match reference {
                    Reference::Id(id) => (None, Some(id.as_str())),
                    Reference::Name(name) => (Some(name.as_str()), None),
                };
                let is_there = in_row.query_row(params![row, name, id], |row| row.get(0));
                let is_there: Option<Option<bool>> = is_there.optional().map_err(failed)?;
                if is_there.flatten() != Some(true) {
                    let damage = DamageError::Index(reference.to_string());
                    return Err(integrity::damaged(path, damage));
                }
                rows.push(row);
            }
            (None, Reference::Id(id)) => missing_ids.push(id.clone()),
            (None, Reference::Name(name)) => missing_names.push(name.clone()),
        }
    }
    Ok(Lookup { rows, missing_names, missing_ids })
}

/// Returns the pair in an existing row.
pub(super) fn pair(
    connection: &Connection,
    path: &Path,
    row: i64,
) -> Result<KeyPair, RegistryError> {
    let pairs = read(connection, path, &format!("{COLUMNS} WHERE row = ?"), &[Box::new(row)])?;
    integrity::tags::check(connection, path, &pairs)?;
    let missing = || failure::from_sqlite(path, rusqlite::Error::QueryReturnedNoRows);
    pairs.into_iter().next().map(|(_, pair)| pair).ok_or_else(missing)
}

/// Fails if a name or an ID was not found.
pub(super) fn check_found(names: Vec<KeyName>, ids: Vec<KeyPairId>) -> Result<(), RegistryError> {
    if !names.is_empty() {
        return Err(RegistryError::NamesNotFound { names });
    }
    if !ids.is_empty() {
        return Err(RegistryError::IdsNotFound { ids });
    }
    Ok(())
}

type Parameter = Box<dyn ToSql>;

struct Reader<'a> {
    pairs: Statement<'a>,
    tags: Statement<'a>,
}

impl<'a> Reader<'a> {
    fn new(connection: &'a Connection, statement: &str) -> Result<Self, rusqlite::Error> {
        let tags = "SELECT position, key, value FROM tag WHERE key_pair = ?";
        Ok(Self { pairs: connection.prepare(statement)?, tags: connection.prepare(tags)? })
    }

    fn read(
        &mut self,
        parameters: impl Params,
        mut take: impl FnMut(i64, KeyPair),
    ) -> Result<(), rusqlite::Error> {
        let mut found = self.pairs.query(parameters)?;
        while let Some(row) = found.next()? {
            let number: i64 = row.get(0)?;
            let entry = Entry::from_row(row)?.map_err(invalid)?;
            let tags = self
                .tags
                .query_map([number], |tag| Ok((tag.get(0)?, tag.get(1)?, tag.get(2)?)))?
                .collect::<Result<_, _>>()?;
            take(number, pair_of(entry, tags)?);
        }
        Ok(())
    }
}

fn read(
    connection: &Connection,
    path: &Path,
    statement: &str,
    parameters: &[Parameter],
) -> Result<Vec<(i64, KeyPair)>, RegistryError> {
    let mut pairs = Vec::new();
    Reader::new(connection, statement)
        .and_then(|mut reader| {
            reader.read(params_from_iter(parameters), |row, pair| pairs.push((row, pair)))
        })
        .map_err(|source| failure::from_sqlite(path, source))?;
    Ok(pairs)
}

fn pair_of(entry: Entry<'_>, tags: Vec<entry::TagRow>) -> Result<KeyPair, rusqlite::Error> {
    let Entry { row, name, .. } = entry;
    Ok(KeyPair {
        id: entry.id,
        key_type: Some(entry.key_type),
        fingerprint: entry.fingerprint.to_owned(),
        public_key: Some(PublicLine::named(entry.public_key, &name)),
        created: Some(entry.created),
        tags: entry::tags(tags)
            .map_err(|source| invalid(EntryError { row, name: name.to_string(), source }))?,
        name,
        location: None,
    })
}

/// Wraps an invalid entry in a database error.
fn invalid(error: EntryError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

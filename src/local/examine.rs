//! Reports the faults of a registry file. Changes nothing.

use std::path::Path;

use rusqlite::ffi::SQLITE_READONLY_ROLLBACK;
use rusqlite::{Connection, ErrorCode, Row};

use super::entry::{self, COLUMNS, Entry, EntryError, LENGTH, MAX_ROW_BYTES};
use super::{failure, integrity, open, schema};
use crate::format::read_public;
use crate::key::KeyType;
use crate::registry::{
    CreateTime, DamageError, EntryFault, Expiry, Fault, KeyName, ModulusBudget, RegistryError, Tag,
    Tags, Weakness,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    NoRegistry,
    /// Everything was checked. Contains the number of pairs.
    Complete(u64),
    /// Some parts could not be checked. The reason was reported.
    Partial,
}

/// Reports each fault of the registry at `path`. Pairs that expired before `now` are faults too.
///
/// Reads a registry of any size once, without holding it in memory. Changes nothing: even an
/// interrupted change is not rolled back. Faults reported before an error are valid.
pub fn examine(
    path: &Path,
    now: CreateTime,
    report: &mut dyn FnMut(Fault),
) -> Result<Examined, RegistryError> {
    let failed = |source| failure::from_sqlite(path, source);
    let trust = match open::trust(path) {
        Err(RegistryError::Damaged { source, .. }) => {
            report(Fault::Damaged(integrity::damage_of(source)));
            return Ok(Examined::Partial);
        }
        trust => trust?,
    };
    match trust.length() {
        None => return Ok(Examined::NoRegistry),
        Some(0) => return Ok(Examined::Complete(0)),
        Some(_) => {}
    }
    let header = open::header(path, trust.path())?;
    let mut connection = open::read_only(path, &trust)?;
    connection.busy_handler(Some(failure::wait)).map_err(failed)?;
    let mut report = Reporter { report, is_damaged: false };
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    let tables = mode.and_then(|mode| {
        let count = "SELECT count(*) FROM sqlite_schema";
        Ok((mode, connection.query_row(count, [], |row| row.get::<_, i64>(0))?))
    });
    match &tables {
        // Another user may have planted a write-ahead log, and SQLite would use it.
        Ok((mode, _)) if mode == "wal" && trust.is_in_shared_directory() => {
            return Err(RegistryError::NotARegistry { path: path.to_owned() });
        }
        Ok(_) => {}
        Err(error) if needs_rollback(error) => {
            report.fault(Fault::Interrupted);
            return Ok(Examined::Partial);
        }
        // The first page that was read may be damaged.
        Err(_) => {
            report.absorb_if_damaged(tables.map(|_| ())).map_err(failed)?;
            return Ok(Examined::Partial);
        }
    }
    match schema::check(&connection, path) {
        Ok(true) => {}
        Ok(false) => return Ok(Examined::Complete(0)),
        Err(RegistryError::Damaged { source, .. }) => {
            report.damage(integrity::damage_of(source));
            return Ok(Examined::Partial);
        }
        Err(error) => return Err(error),
    }
    if tables.is_ok_and(|(mode, _)| mode != "wal")
        && let Err(damage) = integrity::length(&connection, path, trust.path())?
    {
        report.damage(damage);
    }
    if let Some(damage) = open::unknown_format(&header) {
        report.damage(damage);
    }
    let mut pairs = 0;
    for check in [check_lengths, integrity, count_orphans, check_tags, check_expiries] {
        let result = check(&connection, now, &mut report);
        report.absorb_if_damaged(result).map_err(failed)?;
    }
    let result = check_pairs(&connection, &mut pairs, &mut report);
    report.absorb_if_damaged(result).map_err(failed)?;
    Ok(if report.is_damaged { Examined::Partial } else { Examined::Complete(pairs) })
}

/// Returns whether a change was interrupted. A read-only connection cannot roll it back.
fn needs_rollback(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_READONLY_ROLLBACK)
}

/// Reports faults, and each kind of damage once.
struct Reporter<'a> {
    report: &'a mut dyn FnMut(Fault),
    is_damaged: bool,
}

impl Reporter<'_> {
    fn fault(&mut self, fault: Fault) {
        (self.report)(fault);
    }

    fn damage(&mut self, damage: DamageError) {
        self.is_damaged = true;
        self.fault(Fault::Damaged(damage));
    }

    /// Reports damage instead of failing, so the next check can find more.
    fn absorb_if_damaged(
        &mut self,
        result: Result<(), rusqlite::Error>,
    ) -> Result<(), rusqlite::Error> {
        match result.map_err(failure::damage) {
            Ok(()) => Ok(()),
            // The integrity check has already reported the location.
            Err(Ok(_)) if self.is_damaged => Ok(()),
            Err(Ok(damage)) => {
                self.damage(damage);
                Ok(())
            }
            // In a damaged file, further errors such as a missing table are part of the damage.
            Err(Err(error)) if self.is_damaged && !is_busy(&error) => Ok(()),
            Err(Err(error)) => Err(error),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted)
    )
}

fn integrity(
    connection: &Connection,
    _: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    // One damaged page can produce many findings
    // (<https://www.sqlite.org/pragma.html#pragma_integrity_check>).
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut messages = check.query([])?;
    while let Some(row) = messages.next()? {
        let message: String = row.get(0)?;
        integrity::findings(&message)
            .for_each(|finding| report.damage(DamageError::Pages(finding.to_owned())));
    }
    Ok(())
}

/// Reports the pairs with a text that is too long to be read.
fn check_lengths(
    connection: &Connection,
    _: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT row FROM key_pair NOT INDEXED WHERE {LENGTH} > {MAX_ROW_BYTES}
         UNION SELECT key_pair FROM tag WHERE octet_length(key) + octet_length(value) > {MAX_ROW_BYTES}",
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.is_damaged = true;
        let (row, source) = (row.get(0)?, EntryFault::TooLong);
        report.fault(Fault::InvalidEntry { row, name: String::new(), source });
    }
    Ok(())
}

fn count_orphans(
    connection: &Connection,
    _: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut check = connection.prepare("PRAGMA foreign_key_check(tag)")?;
    let (mut orphans, mut count) = (check.query([])?, 0);
    while orphans.next()?.is_some() {
        count += 1;
    }
    if count > 0 {
        report.fault(Fault::Orphans { count });
    }
    Ok(())
}

fn check_expiries(
    connection: &Connection,
    now: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT key_name, value FROM tag JOIN key_pair ON row = key_pair WHERE key = ? ORDER BY row",
    )?;
    let mut rows = statement.query([Expiry::TAG])?;
    while let Some(row) = rows.next()? {
        let (Some(name), Some(value)) = (text(row, 0)?, text(row, 1)?) else { continue };
        let expiry = Expiry::of_tag(&Tag::registered(Expiry::TAG, value));
        if let Some(expiry) = expiry.filter(|expiry| expiry.is_past(now)) {
            let name = KeyName::registered(entry::shortened(name));
            report.fault(Fault::Expired { name, expiry });
        }
    }
    Ok(())
}

/// Checks the tags of each pair, which are adjacent in the table.
fn check_tags(
    connection: &Connection,
    _: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT key_pair, position, key, value, key_name FROM tag JOIN key_pair ON row = key_pair
         ORDER BY key_pair",
    )?;
    let mut rows = statement.query([])?;
    let mut pair = PairTags::default();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if pair.row != Some(number) {
            pair.check(report);
            let name = entry::shortened(text(row, 4)?.unwrap_or_default());
            pair = PairTags { row: Some(number), name, ..PairTags::default() };
        }
        match (row.get(1), text(row, 2)?, text(row, 3)?) {
            // One tag beyond the limit is enough to detect too many.
            _ if pair.tags.len() > Tags::MAX => {}
            (Ok(position), Some(key), Some(value)) => {
                pair.tags.push((position, key.to_owned(), value.to_owned()));
            }
            _ => pair.is_illegible = true,
        }
    }
    pair.check(report);
    Ok(())
}

/// The tags of one pair that were read so far.
#[derive(Default)]
struct PairTags {
    row: Option<i64>,
    name: String,
    tags: Vec<entry::TagRow>,
    is_illegible: bool,
}

impl PairTags {
    fn check(&mut self, report: &mut Reporter<'_>) {
        let Some(row) = self.row else { return };
        let tags = match self.is_illegible {
            true => Err(EntryFault::NotText),
            false => entry::tags(std::mem::take(&mut self.tags)),
        };
        if let Err(source) = tags {
            report.fault(Fault::InvalidEntry { row, name: std::mem::take(&mut self.name), source });
        }
    }
}

fn check_pairs(
    connection: &Connection,
    pairs: &mut u64,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(&format!("{COLUMNS} ORDER BY row"))?;
    let (mut rows, mut last) = (statement.query([])?, i64::MIN);
    let mut moduli = ModulusBudget::default();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        // The integrity check has reported the page that leads back.
        if number < last {
            return Ok(());
        }
        (*pairs, last) = (*pairs + 1, number);
        match Entry::from_row(row)? {
            Ok(Entry { name, key_type, public_key, weakness, .. }) => {
                let weakness = weakness.or_else(|| flaw(key_type, public_key, &mut moduli));
                if let Some(weakness) = weakness {
                    report.fault(Fault::Weak { name, weakness });
                }
            }
            Err(EntryError { row, name, source }) => {
                report.fault(Fault::InvalidEntry { row, name, source });
            }
        }
    }
    if let Some(fault) = moduli.fault() {
        report.fault(fault);
    }
    Ok(())
}

/// Returns the weakness of an RSA key, if the budget allows examining its modulus.
fn flaw(key_type: KeyType, public_key: &str, moduli: &mut ModulusBudget) -> Option<Weakness> {
    // The line has 30 characters in addition to the base64 of the modulus.
    let characters = u32::try_from(public_key.len()).unwrap_or(u32::MAX);
    let bits = characters.saturating_sub(30).saturating_mul(6);
    if key_type != KeyType::Rsa || !moduli.spend(bits) {
        return None;
    }
    Weakness::of_public(&read_public(public_key.as_bytes()).ok()?.key)
}

/// Returns a text column, or `None` if the value is not UTF-8 text.
fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a str>, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_str().ok())
}

#[cfg(test)]
mod tests;

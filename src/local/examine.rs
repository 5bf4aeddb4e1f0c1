//! Looking for what is wrong with a registry file, and changing nothing.

use std::path::Path;

use rusqlite::ffi::SQLITE_READONLY_ROLLBACK;
use rusqlite::{Connection, ErrorCode, Row};

use super::{failure, open, schema};
use crate::format::read_public;
use crate::key::PublicKey;
use crate::registry::{
    CreateTime, Expiry, Fault, IllegibleError, KeyName, RegistryError, Tag, TagError, Tags,
    Weakness,
};

/// What came of looking at a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// There is none yet.
    NotThere,
    /// All of it was looked at, and so many pairs are registered.
    Whole(u64),
    /// Not all of it could be looked at, for a reason that was reported.
    InPart,
}

/// Reports what is wrong with the registry in the file at `path` at the time `now`, one fault after the
/// other.
///
/// A registry of any size is read once and not held in memory. Nothing is changed, not even a change
/// undone that was cut short.
///
/// # Errors
///
/// [`RegistryError::NotARegistry`], [`RegistryError::NewerSchema`], [`RegistryError::Busy`] and
/// [`RegistryError::Unusable`]. What was reported before holds.
pub fn examine(
    path: &Path,
    now: CreateTime,
    report: &mut dyn FnMut(Fault),
) -> Result<Examined, RegistryError> {
    let failed = |source| failure::of_database(path, source);
    let custody = open::custody(path)?;
    match custody.length() {
        None => return Ok(Examined::NotThere),
        Some(0) => return Ok(Examined::Whole(0)),
        Some(_) => {}
    }
    let mut connection = open::to_read(path, &custody)?;
    connection.busy_handler(Some(failure::wait)).map_err(failed)?;
    let mut report = Reporter { report, is_damaged: false };
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    let tables = mode.and_then(|mode| {
        let count = "SELECT count(*) FROM sqlite_schema";
        Ok((mode, connection.query_row(count, [], |row| row.get::<_, i64>(0))?))
    });
    match tables {
        // Somebody else may have put a log there, which would be believed.
        Ok((mode, _)) if mode == "wal" && custody.is_among_others() => {
            return Err(RegistryError::NotARegistry { path: path.to_owned() });
        }
        Ok(_) => {}
        Err(error) if is_cut_short(&error) => {
            report.fault(Fault::CutShort);
            return Ok(Examined::InPart);
        }
        // A page that is spoilt may be the first that is looked at.
        Err(error) => {
            report.unless_damaged(Err(error)).map_err(failed)?;
            return Ok(Examined::InPart);
        }
    }
    if !schema::check(&connection, path)? {
        return Ok(Examined::Whole(0));
    }
    let mut pairs = 0;
    for look in [integrity, count_orphans, look_at_tags, look_at_expiries] {
        let looked = look(&connection, now, &mut report);
        report.unless_damaged(looked).map_err(failed)?;
    }
    let looked = look_at_pairs(&connection, &mut pairs, &mut report);
    report.unless_damaged(looked).map_err(failed)?;
    Ok(if report.is_damaged { Examined::InPart } else { Examined::Whole(pairs) })
}

/// Returns whether a change was cut short, which only who may write can undo.
fn is_cut_short(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_READONLY_ROLLBACK)
}

/// Takes the faults; that of a damaged file once in each place.
struct Reporter<'a> {
    report: &'a mut dyn FnMut(Fault),
    is_damaged: bool,
}

impl Reporter<'_> {
    fn fault(&mut self, fault: Fault) {
        (self.report)(fault);
    }

    fn damage(&mut self, message: String) {
        self.is_damaged = true;
        self.fault(Fault::Damaged { message });
    }

    /// Takes a failure for what it is in a file that is damaged; the next look may still find something.
    fn unless_damaged(
        &mut self,
        looked: Result<(), rusqlite::Error>,
    ) -> Result<(), rusqlite::Error> {
        match looked {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                // The check of the integrity has said so already, and where.
                if !self.is_damaged {
                    self.damage(error.to_string());
                }
                Ok(())
            }
            // What else fails in a damaged file, a missing table for one, is part of the damage.
            Err(error) if self.is_damaged && !is_busy(&error) => Ok(()),
            looked => looked,
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
    // <https://www.sqlite.org/pragma.html#pragma_integrity_check>; one page can be the fault of many rows.
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut messages = check.query([])?;
    while let Some(row) = messages.next()? {
        let message: String = row.get(0)?;
        if message != "ok" {
            // A headline stands before the lines.
            let lines = message.lines().filter(|line| !line.starts_with("*** "));
            lines.for_each(|line| report.damage(line.trim().to_owned()));
        }
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

fn look_at_expiries(
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
            report.fault(Fault::Expired { name: KeyName::registered(name), expiry });
        }
    }
    Ok(())
}

/// Looks at the tags of each pair, which stand together.
fn look_at_tags(
    connection: &Connection,
    _: CreateTime,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT key_pair, key, value, key_name FROM tag JOIN key_pair ON row = key_pair ORDER BY key_pair",
    )?;
    let mut rows = statement.query([])?;
    let (mut current, mut tags, mut is_told) = (None, Vec::new(), false);
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if current != Some(number) {
            (current, is_told) = (Some(number), false);
            tags.clear();
        }
        if is_told {
            continue;
        }
        let legible = match (text(row, 1)?, text(row, 2)?) {
            (Some(key), Some(value)) => {
                Tag::new(key, value).map(|tag| tags.push(tag)).map_err(IllegibleError::from)
            }
            _ => Err(IllegibleError::NotText),
        };
        let legible = legible.and_then(|()| match tags.len() {
            count @ ..=Tags::MOST => Ok(count),
            count => Err(TagError::TooMany { count }.into()),
        });
        if let Err(source) = legible {
            is_told = true;
            let name = text(row, 3)?.unwrap_or_default().to_owned();
            report.fault(Fault::Illegible { row: number, name, source });
        }
    }
    Ok(())
}

fn look_at_pairs(
    connection: &Connection,
    pairs: &mut u64,
    report: &mut Reporter<'_>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT row, key_name, key_type, bits, public_key, fingerprint, created FROM key_pair ORDER BY row",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        *pairs += 1;
        let number: i64 = row.get(0)?;
        let texts = (text(row, 1)?, text(row, 2)?, text(row, 4)?, text(row, 5)?);
        let judged = match texts {
            (Some(name), Some(key_type), Some(public_key), Some(_)) => {
                let created: i64 = row.get(6)?;
                match CreateTime::from_milliseconds(created).milliseconds() == created {
                    true => judge(name, key_type, row.get(3)?, public_key),
                    false => Err(IllegibleError::Time),
                }
            }
            _ => Err(IllegibleError::NotText),
        };
        match judged {
            Ok(None) => {}
            Ok(Some((name, weakness))) => report.fault(Fault::Weak { name, weakness }),
            Err(source) => {
                let name = texts.0.unwrap_or_default().to_owned();
                report.fault(Fault::Illegible { row: number, name, source });
            }
        }
    }
    Ok(())
}

/// Returns why the key of a pair is weak, if it is.
///
/// Of a million keys not all can be taken apart in seconds, and they are the registry's own: by their
/// beginnings nearly all of them are what they should be.
fn judge(
    name: &str,
    key_type: &str,
    bits: i64,
    public_key: &str,
) -> Result<Option<(KeyName, Weakness)>, IllegibleError> {
    let name = KeyName::new(name)?;
    let bits = u32::try_from(bits).map_err(|_| IllegibleError::OtherKey)?;
    let is_usual = match key_type {
        "rsa" => public_key.starts_with(USUAL_RSA),
        _ => public_key.starts_with(USUAL_ED25519) && public_key.len() == ED25519_CHARACTERS,
    };
    if is_usual {
        let weakness = match key_type {
            "rsa" => Weakness::of_rsa(bits, &[1, 0, 1]),
            _ => None,
        };
        return Ok(weakness.map(|weakness| (name, weakness)));
    }
    let key = read_public(public_key.as_bytes())?.key;
    if (key.key_type().name(), key.bits()) != (key_type, bits) {
        return Err(IllegibleError::OtherKey);
    }
    Ok(match key {
        PublicKey::Rsa(key) => Weakness::of_rsa(bits, key.exponent()),
        PublicKey::Ed25519(_) => None,
    }
    .map(|weakness| (name, weakness)))
}

/// How the lines of RSA keys with the exponent 65537 begin (RFC 4253 section 6.6).
const USUAL_RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB";
/// How those of ED25519 keys begin (RFC 8709 section 4), and how long they are.
const USUAL_ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI";
const ED25519_CHARACTERS: usize = 80;

/// Returns a text, or `None` if it is none.
fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a str>, rusqlite::Error> {
    Ok(row.get_ref(column)?.as_str().ok())
}

#[cfg(test)]
mod tests;

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
mod tests {
    #![expect(clippy::disallowed_methods, reason = "what is found is made by other means")]

    use std::fs;
    use std::path::PathBuf;

    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use tempfile::TempDir;

    use super::super::LocalRegistry;
    use super::*;
    use crate::format::openssh;
    use crate::registry::{Registration, Registry};
    use crate::vectors;

    const NOW: CreateTime = CreateTime::from_milliseconds(1_795_000_000_000);

    struct Home(TempDir);

    impl Home {
        /// Registers pairs under these names: an ED25519 key, one of RSA with 2048 bits, one with 1024.
        fn new() -> Self {
            let home = Self(TempDir::new().unwrap());
            let random = Box::new(StdRng::seed_from_u64(1));
            let mut registry = LocalRegistry::new(&home.path(), NOW, random);
            for (name, file) in [
                ("small", "keys/ed25519.openssh.pub"),
                ("usual", "keys/rsa2048.pem.pub"),
                ("short", "keys/rsa1024.pem.pub"),
            ] {
                let key = read_public(&vectors::read(file)).unwrap().key;
                let tags = Tags::new(vec![Tag::new("team", name).unwrap()]).unwrap();
                let name = KeyName::new(name).unwrap();
                let registration = Registration::imported(name, &key, tags).unwrap();
                registry.register(&registration, &mut |_| Ok(())).unwrap();
            }
            home
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("registry.sqlite3")
        }

        fn sql(&self, statements: &str) {
            Connection::open(self.path()).unwrap().execute_batch(statements).unwrap();
        }

        /// Returns the number of pairs and the faults, each in a line.
        fn examine(&self) -> (Examined, Vec<String>) {
            let mut faults = Vec::new();
            let pairs = examine(&self.path(), NOW, &mut |fault| {
                let name = match &fault {
                    Fault::Weak { name, weakness } => format!("{name} {weakness:?}"),
                    Fault::Expired { name, expiry } => format!("{name} {expiry}"),
                    Fault::Illegible { name, source, .. } => format!("{name} {source}"),
                    other => other.to_string(),
                };
                faults.push(name);
            });
            (pairs.unwrap(), faults)
        }
    }

    const WEAK: &str = "short Short { bits: 1024 }";

    #[test]
    fn the_beginnings_are_those_of_our_own_lines() {
        let read = |name: &str| read_public(&vectors::read(name)).unwrap().key;
        let rsa = openssh::bare_public_line(&read("keys/rsa2048.pem.pub"));
        assert!(rsa.starts_with(USUAL_RSA), "{rsa}");
        let ed25519 = openssh::bare_public_line(&read("keys/ed25519.openssh.pub"));
        assert!(ed25519.starts_with(USUAL_ED25519), "{ed25519}");
        assert_eq!(ed25519.len(), ED25519_CHARACTERS);
    }

    #[test]
    fn a_change_that_was_cut_short_is_told_and_not_undone() {
        let home = Home::new();
        let journal = home.path().with_extension("sqlite3-journal");
        // As SQLite begins one (<https://www.sqlite.org/fileformat.html#the_rollback_journal>).
        let begun = [&b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"[..], &[0; 504]].concat();
        fs::write(&journal, &begun).unwrap();
        let expected = vec!["a change to the registry was cut short".to_owned()];
        assert_eq!(home.examine(), (Examined::InPart, expected));
        assert_eq!(fs::read(&journal).unwrap(), begun);
    }

    #[test]
    fn what_is_not_there_and_what_is_empty_has_no_faults() {
        let home = Home(TempDir::new().unwrap());
        assert_eq!(home.examine(), (Examined::NotThere, vec![]));
        fs::write(home.path(), "").unwrap();
        assert_eq!(home.examine(), (Examined::Whole(0), vec![]));
        assert_eq!(fs::read(home.path()).unwrap(), b"");
        fs::write(home.path(), "nonsense".repeat(1000)).unwrap();
        let error = examine(&home.path(), NOW, &mut |_| panic!());
        assert!(matches!(error, Err(RegistryError::NotARegistry { .. })), "{error:?}");
        let home = Home::new();
        home.sql("PRAGMA user_version = 99");
        let error = examine(&home.path(), NOW, &mut |_| panic!());
        assert!(matches!(error, Err(RegistryError::NewerSchema { .. })), "{error:?}");
    }

    #[test]
    fn weak_and_expired_pairs_are_told() {
        let home = Home::new();
        let before = fs::read(home.path()).unwrap();
        assert_eq!(home.examine(), (Examined::Whole(3), vec![WEAK.into()]));
        assert_eq!(fs::read(home.path()).unwrap(), before);
        let e3 = read_public(&vectors::read("import/22_e3")).unwrap().key;
        let line = openssh::bare_public_line(&e3);
        home.sql(&format!(
            "UPDATE key_pair SET public_key = '{line}', bits = {} WHERE row = 2;
             INSERT INTO tag VALUES (1, 1, 'keypair:expires-at', '2020-01-01T00:00:00Z');
             INSERT INTO tag VALUES (2, 1, 'keypair:expires-at', '2100-01-01T00:00:00Z');
             INSERT INTO tag VALUES (3, 1, 'keypair:expires-at', 'soon')",
            e3.bits()
        ));
        let expected = ["small 2020-01-01T00:00:00Z", "usual Exponent { bits: 2 }", WEAK];
        assert_eq!(home.examine(), (Examined::Whole(3), expected.map(String::from).to_vec()));
    }

    #[test]
    fn entries_that_no_command_can_read_are_told() {
        for (statement, said) in [
            ("UPDATE key_pair SET key_name = ' a' WHERE row = 1", " a bad key name: "),
            ("UPDATE key_pair SET key_name = 'é' WHERE row = 1", "é bad key name: "),
            ("UPDATE key_pair SET public_key = 'x' WHERE row = 1", "small bad public key: "),
            (
                "UPDATE key_pair SET public_key = (SELECT public_key FROM key_pair WHERE row = 2)
                 WHERE row = 1",
                "small the public key is another",
            ),
            ("UPDATE key_pair SET key_name = CAST(x'ff' AS TEXT) WHERE row = 1", " a text is not"),
            ("UPDATE tag SET key = 'aws:x' WHERE key_pair = 1", "small bad tags: "),
            ("UPDATE tag SET value = CAST(x'ff' AS TEXT) WHERE key_pair = 1", "small a text is"),
            (
                "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60)
                 INSERT INTO tag SELECT 1, x, 'k' || x, 'v' FROM n",
                "small bad tags: ",
            ),
            ("PRAGMA foreign_keys = 0; DELETE FROM key_pair WHERE row = 1", "there are tags"),
        ] {
            let home = Home::new();
            home.sql(statement);
            let (_, faults) = home.examine();
            let found = faults.iter().filter(|fault| fault.starts_with(said)).count();
            assert_eq!((found, faults.len()), (1, 2), "{statement}: {faults:?}");
        }
    }

    /// Spoils each page in turn.
    #[test]
    fn a_spoilt_page_is_told_wherever_it_is() {
        let home = Home::new();
        let whole = fs::read(home.path()).unwrap();
        let page = 4096;
        for number in 0..whole.len() / page {
            for start in [0, if number == 0 { 100 } else { 8 }] {
                let mut spoilt = whole.clone();
                spoilt[number * page + start..(number + 1) * page].fill(0xa5);
                fs::write(home.path(), &spoilt).unwrap();
                let mut damaged = 0;
                let examined = examine(&home.path(), NOW, &mut |fault| {
                    damaged += usize::from(matches!(fault, Fault::Damaged { .. }));
                });
                let refused = matches!(examined, Err(RegistryError::NotARegistry { .. }));
                assert!(damaged > 0 || refused, "page {number} from {start}: {examined:?}");
                assert_eq!(refused, (number, start) == (0, 0), "page {number}: {examined:?}");
            }
        }
        fs::write(home.path(), &whole[..whole.len() / 2]).unwrap();
        let (_, faults) = home.examine();
        assert!(faults[0].contains("damaged"), "{faults:?}");
    }
}

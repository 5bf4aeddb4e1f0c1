#![expect(clippy::disallowed_methods, reason = "the tests create the faults directly")]

use std::fs;
use std::path::PathBuf;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::super::LocalRegistry;
use super::*;
use crate::fingerprint;
use crate::format::{openssh, read_public};
use crate::registry::{Registration, Registry};
use crate::vectors;

const NOW: CreateTime = CreateTime::from_milliseconds(1_795_000_000_000);

struct Home(TempDir);

impl Home {
    /// Registers an ED25519 key and RSA keys of 2048 and 1024 bits.
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

    /// Returns the result and a description of each fault.
    fn examine(&self) -> (Examined, Vec<String>) {
        let mut faults = Vec::new();
        let pairs = examine(&self.path(), NOW, &mut |fault| {
            let name = match &fault {
                Fault::Weak { name, weakness } => format!("{name} {weakness:?}"),
                Fault::Expired { name, expiry } => format!("{name} {expiry}"),
                Fault::InvalidEntry { name, source, .. } => format!("{name} {source}"),
                other => other.to_string(),
            };
            faults.push(name);
        });
        (pairs.unwrap(), faults)
    }
}

const WEAK: &str = "short Short { bits: 1024 }";

#[test]
fn interrupted_change_is_reported_not_rolled_back() {
    let home = Home::new();
    let journal = home.path().with_extension("sqlite3-journal");
    // The beginning of a journal (<https://www.sqlite.org/fileformat.html#the_rollback_journal>).
    let begun = [&b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"[..], &[0; 504]].concat();
    fs::write(&journal, &begun).unwrap();
    let expected = vec!["a change to the registry was interrupted".to_owned()];
    assert_eq!(home.examine(), (Examined::Partial, expected));
    assert_eq!(fs::read(&journal).unwrap(), begun);
}

#[test]
fn missing_or_empty_registry_has_no_faults() {
    let home = Home(TempDir::new().unwrap());
    assert_eq!(home.examine(), (Examined::NoRegistry, vec![]));
    fs::write(home.path(), "").unwrap();
    assert_eq!(home.examine(), (Examined::Complete(0), vec![]));
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
fn weak_and_expired_pairs_are_reported() {
    let home = Home::new();
    let before = fs::read(home.path()).unwrap();
    assert_eq!(home.examine(), (Examined::Complete(3), vec![WEAK.into()]));
    assert_eq!(fs::read(home.path()).unwrap(), before);
    let e3 = read_public(&vectors::read("import/22_e3")).unwrap().key;
    let line = openssh::bare_public_line(&e3);
    home.sql(&format!(
        "UPDATE key_pair SET public_key = '{line}', bits = {}, fingerprint = '{}' WHERE row = 2;
         INSERT INTO tag VALUES (1, 1, 'keypair:expires-at', '2020-01-01T00:00:00Z');
         INSERT INTO tag VALUES (2, 1, 'keypair:expires-at', '2100-01-01T00:00:00Z');
         INSERT INTO tag VALUES (3, 1, 'keypair:expires-at', 'soon')",
        e3.bits(),
        fingerprint::ec2_imported(&e3).unwrap()
    ));
    let expected = ["small 2020-01-01T00:00:00Z", "usual Exponent { bits: 2 }", WEAK];
    assert_eq!(home.examine(), (Examined::Complete(3), expected.map(String::from).to_vec()));
}

#[test]
fn invalid_entry_is_reported() {
    for (statement, expected) in [
        ("UPDATE key_pair SET key_name = ' a' WHERE row = 1", " a invalid key name"),
        ("UPDATE key_pair SET key_name = 'é' WHERE row = 1", "é invalid key name"),
        ("UPDATE key_pair SET key_name = printf('%.*c', 60000, 'x') WHERE row = 1", "xxxx"),
        ("UPDATE key_pair SET key_pair_id = 'key-xyz' WHERE row = 1", "small invalid ID"),
        ("UPDATE key_pair SET key_pair_id = '' WHERE row = 1", "small invalid ID"),
        ("UPDATE key_pair SET key_pair_id = upper(key_pair_id) WHERE row = 1", "small invalid ID"),
        (
            "UPDATE key_pair SET key_name = printf('%.*c', 2000000, 'x') WHERE row = 1",
            " a text is too",
        ),
        (
            "UPDATE key_pair SET public_key = printf('%.*c', 2000000, 'x') WHERE row = 1",
            " a text is too",
        ),
        ("UPDATE tag SET key = printf('%.*c', 2000000, 'x') WHERE key_pair = 1", " a text is too"),
        (
            "UPDATE tag SET value = printf('%.*c', 2000000, 'x') WHERE key_pair = 1",
            " a text is too",
        ),
        ("UPDATE key_pair SET public_key = 'x' WHERE row = 1", "small the public key does not"),
        (
            "UPDATE key_pair SET public_key = public_key || ' small' WHERE row = 1",
            "small the public key does not",
        ),
        ("UPDATE key_pair SET bits = 255 WHERE row = 1", "small the public key does not"),
        ("UPDATE key_pair SET bits = 2047 WHERE row = 2", "usual the public key does not"),
        (
            "UPDATE key_pair SET public_key = substr(public_key, 1, 200) || 'AAAA'
             || substr(public_key, 205) WHERE row = 2",
            "usual the fingerprint does not",
        ),
        (
            "UPDATE key_pair SET fingerprint = (SELECT fingerprint FROM key_pair WHERE row = 2)
             WHERE row = 1",
            "small the fingerprint does not",
        ),
        ("UPDATE key_pair SET origin = 'created' WHERE row = 2", "usual the fingerprint does not"),
        (
            "UPDATE key_pair SET public_key = (SELECT public_key FROM key_pair WHERE row = 2)
             WHERE row = 1",
            "small the public key does not",
        ),
        ("UPDATE key_pair SET key_name = CAST(x'ff' AS TEXT) WHERE row = 1", " a text is not"),
        ("UPDATE tag SET key = 'aws:x' WHERE key_pair = 1", "small invalid tags"),
        ("UPDATE tag SET position = 1 WHERE key_pair = 1", "small a tag is missing or"),
        ("UPDATE tag SET value = CAST(x'ff' AS TEXT) WHERE key_pair = 1", "small a text is"),
        (
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60)
             INSERT INTO tag SELECT 1, x, 'k' || x, 'v' FROM n",
            "small invalid tags",
        ),
        ("PRAGMA foreign_keys = 0; DELETE FROM key_pair WHERE row = 1", "there are tags without"),
    ] {
        let home = Home::new();
        home.sql(statement);
        let (_, mut faults) = home.examine();
        // A text that is too long ends the check of the weakness.
        if !faults.iter().any(|fault| fault == WEAK) {
            assert_eq!(expected, " a text is too", "{faults:?}");
            faults.push(WEAK.into());
        }
        let found = faults.iter().filter(|fault| fault.starts_with(expected)).count();
        assert_eq!((found, faults.len()), (1, 2), "{statement}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.len() < 300), "{statement}: {faults:?}");
    }
}

#[test]
fn damage_to_any_page_is_reported() {
    let home = Home::new();
    let whole = fs::read(home.path()).unwrap();
    let page = 4096;
    for number in 0..whole.len() / page {
        for start in [0, if number == 0 { 100 } else { 8 }] {
            let mut bytes = whole.clone();
            bytes[number * page + start..(number + 1) * page].fill(0xa5);
            fs::write(home.path(), &bytes).unwrap();
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

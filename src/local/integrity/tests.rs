//! Damages registries at random. Each command must detect the damage or return correct data.

#![expect(clippy::disallowed_methods, reason = "the tests write damaged files directly")]

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use super::*;
use crate::format::read_public;
use crate::local::tests::{name, registration};
use crate::local::{Examined, LocalColumn, LocalRegistry, examine};
use crate::registry::{
    CreateTime, DeleteOutcome, Filter, KeyPair, Origin, Reference, Registration, Registry,
    Selection,
};
use crate::vectors;

mod large;

const NOW: i64 = 1_795_000_000_000;

/// The bytes of an intact registry and its pairs.
struct Whole {
    bytes: Vec<u8>,
    pairs: Vec<KeyPair>,
}

impl Whole {
    /// Registers pairs of all kinds. Deletes some others, to leave free pages.
    fn new(count: usize) -> Self {
        let home = Home::new();
        let wanted = count + count / 6 + 1;
        let mut registrations: Vec<_> = (0..wanted).map(pair).collect();
        for (position, registration) in registrations.iter_mut().enumerate() {
            if position % 5 == 4 {
                *registration = rsa(position);
            }
        }
        for some in registrations.chunks(64) {
            assert!(home.registry().register_all(some).failure.is_none());
        }
        let gone: Vec<_> =
            (0..wanted - count).map(|number| name(&format!("pair-{number}"))).collect();
        let gone: Vec<_> = gone.into_iter().map(Reference::Name).collect();
        home.registry().delete_all(&gone).unwrap();
        let pairs = home.all().unwrap();
        assert_eq!(pairs.len(), count);
        Self { bytes: fs::read(home.path()).unwrap(), pairs }
    }
}

/// Every third pair has no tags.
fn pair(number: usize) -> Registration {
    let text = number.to_string();
    let tags = [("team", text.as_str()), ("keypair:expires-at", "2030-01-01T00:00:00Z"), ("é", "")];
    registration(&format!("pair-{number}"), tags.get(..number % 3).unwrap())
}

/// Alternates between imported and created keys.
fn rsa(number: usize) -> Registration {
    let key = read_public(&vectors::read("keys/rsa2048.pem.pub")).unwrap().key;
    let Registration { name, tags, .. } = pair(number);
    let imported = Registration::imported(name, &key, tags).unwrap();
    let created = vec![format!("{:02x}", number % 256); 20].join(":");
    match number % 2 {
        0 => imported,
        _ => Registration { origin: Origin::Created, fingerprint: created, ..imported },
    }
}

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("registry")
    }

    fn registry(&self) -> LocalRegistry {
        let now = CreateTime::from_milliseconds(NOW);
        let mut random = StdRng::seed_from_u64(0);
        if let Ok(bytes) = fs::read(self.path()) {
            random = StdRng::seed_from_u64(bytes.iter().map(|byte| u64::from(*byte)).sum());
        }
        LocalRegistry::new(&self.path(), now, Box::new(random))
    }

    fn all(&self) -> Result<Vec<KeyPair>, RegistryError> {
        let selection = Selection { include_public_key: true, ..Selection::default() };
        self.registry().describe(&selection)
    }

    fn put(&self, bytes: &[u8]) {
        fs::write(self.path(), bytes).unwrap();
        let _ = fs::remove_file(self.0.path().join("registry-journal"));
    }
}

/// Damages a file and returns it with a description.
fn damage(whole: &[u8], random: &mut StdRng) -> (Vec<u8>, String) {
    const PAGE: usize = 4096;
    let mut bytes = whole.to_vec();
    let pages = bytes.len() / PAGE;
    let (place, page, other) = (
        random.random_range(0..bytes.len()),
        random.random_range(0..pages),
        random.random_range(0..pages),
    );
    let range = |page: usize| page * PAGE..(page + 1) * PAGE;
    let description = match random.random_range(0..12) {
        0 | 1 => {
            let bit = random.random_range(0..8);
            bytes[place] ^= 1 << bit;
            format!("bit {bit} of byte {place}")
        }
        2 | 3 => {
            bytes[place] = random.random();
            format!("byte {place} is {}", bytes[place])
        }
        4 => {
            let end = (place + random.random_range(1..64)).min(bytes.len());
            random.fill(&mut bytes[place..end]);
            format!("bytes {place} to {end}")
        }
        5 => {
            let copied = bytes[range(other)].to_vec();
            bytes[range(page)].copy_from_slice(&copied);
            format!("page {other} over {page}")
        }
        6 => {
            bytes[range(page)].fill(0);
            format!("page {page} zeroed")
        }
        7 => {
            let first = bytes[range(page)].to_vec();
            let second = bytes[range(other)].to_vec();
            bytes[range(page)].copy_from_slice(&second);
            bytes[range(other)].copy_from_slice(&first);
            format!("pages {page} and {other} swapped")
        }
        8 => {
            bytes.truncate(place);
            format!("cut at {place}")
        }
        9 => {
            let length = *[1, 100, PAGE, 3 * PAGE + 1].get(random.random_range(0..4)).unwrap();
            let byte = random.random();
            bytes.resize(bytes.len() + length, byte);
            format!("grown by {length} of {byte}")
        }
        10 => {
            let place = random.random_range(0..100);
            bytes[place] = random.random();
            format!("header: byte {place} is {}", bytes[place])
        }
        _ => {
            // The header and the first cell pointers of a page.
            let start = page * PAGE + if page == 0 { 100 } else { 0 };
            let place = start + random.random_range(0..24);
            bytes[place] = bytes[place].wrapping_add(random.random_range(1..=255));
            format!("page {page}: byte {} is {}", place - start, bytes[place])
        }
    };
    (bytes, description)
}

/// Runs all commands on a damaged registry and returns the wrong results.
fn wrong_results(whole: &Whole, damaged: &[u8], random: &mut StdRng) -> Vec<String> {
    let home = Home::new();
    let mut wrong = Vec::new();
    let mut refusals = Vec::new();
    let mut step = |command: &str, work: &mut dyn FnMut() -> Result<bool, RegistryError>| {
        home.put(damaged);
        let start = Instant::now();
        match work() {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("{command}: wrong result")),
            Err(
                error @ (RegistryError::Damaged { .. }
                | RegistryError::NotARegistry { .. }
                | RegistryError::NewerSchema { .. }
                | RegistryError::Unusable { .. }),
            ) => refusals.push(format!("{command}: {error:?}")),
            Err(error) => wrong.push(format!("{command}: {error:?}")),
        }
        if start.elapsed() > Duration::from_secs(5) {
            wrong.push(format!("{command}: {:?}", start.elapsed()));
        }
    };
    step("describe", &mut || Ok(home.all()? == whole.pairs));
    let names: Vec<_> = whole.pairs.iter().map(|pair| pair.name.to_string()).collect();
    step("completion", &mut || {
        let mut found = LocalRegistry::find_by_prefix(&home.path(), LocalColumn::Name, "")?;
        found.sort_by_key(|name| names.iter().position(|known| known == name));
        Ok(found.len() == names.len().min(257) && found.iter().all(|name| names.contains(name)))
    });
    let tagged = Selection {
        filters: vec![Filter::new("tag-key", ["team"]).unwrap()],
        include_public_key: true,
        ..Selection::default()
    };
    step("describe --filters", &mut || {
        let expected = whole.pairs.iter().filter(|pair| !pair.tags.as_slice().is_empty());
        Ok(home.registry().describe(&tagged)?.iter().eq(expected))
    });
    let new = pair(9999);
    step("create", &mut || {
        let mut registry = home.registry();
        registry.check_available(&new.name)?;
        let made = registry.register(&new, &mut |_| Ok(()))?.pair;
        drop(registry);
        let all = home.all()?;
        Ok(all.split_last() == Some((&made, &whole.pairs[..])))
    });
    if !whole.pairs.is_empty() {
        let chosen = &whole.pairs[random.random_range(0..whole.pairs.len())];
        let rest = || whole.pairs.iter().filter(|pair| pair.id != chosen.id);
        for reference in [Reference::Name(chosen.name.clone()), Reference::Id(chosen.id.clone())] {
            let selection = Selection {
                include_public_key: true,
                ..Selection::of(std::slice::from_ref(&reference))
            };
            step("describe NAME", &mut || {
                Ok(home.registry().describe(&selection)? == std::slice::from_ref(chosen))
            });
            step("delete", &mut || {
                let gone = home.registry().delete_all(std::slice::from_ref(&reference))?;
                Ok(gone == std::slice::from_ref(chosen) && home.all()?.iter().eq(rest()))
            });
        }
        step("verify", &mut || {
            let fingerprint = std::slice::from_ref(&chosen.fingerprint);
            Ok(home.registry().find_by_key("", fingerprint)?.contains(chosen))
        });
        step("prune", &mut || {
            let ids = std::slice::from_ref(&chosen.id);
            let gone = home.registry().delete_if(ids, &|pair| pair == chosen)?;
            Ok(matches!(gone[..], [Ok(DeleteOutcome::Deleted)]) && home.all()?.iter().eq(rest()))
        });
        step("create, a name that is taken", &mut || match home
            .registry()
            .check_available(&chosen.name)
        {
            Err(RegistryError::Duplicate { .. }) => Ok(true),
            other => other.map(|()| false),
        });
    }
    let mut faults = 0;
    step("doctor", &mut || {
        let now = CreateTime::from_milliseconds(NOW);
        let examined = examine(&home.path(), now, &mut |_| faults += 1)?;
        let count = u64::try_from(whole.pairs.len()).unwrap();
        Ok(faults > 0 || examined == Examined::Complete(count))
    });
    if !refusals.is_empty() {
        home.put(damaged);
        let now = CreateTime::from_milliseconds(NOW);
        let mut faults = 0;
        let examined = examine(&home.path(), now, &mut |_| faults += 1);
        if faults == 0 && examined.is_ok() {
            wrong.push(format!("doctor: no fault; {refusals:?} {examined:?}"));
        }
    }
    wrong
}

/// Damages registries of these sizes at random and fails if a command returns a wrong result.
fn attack(sizes: &[usize], damages: usize, seed: u64) {
    let wholes: Vec<_> = sizes.iter().map(|size| Whole::new(*size)).collect();
    let attack = |part: u64| {
        let mut random = StdRng::seed_from_u64(seed + part);
        let mut wrong = Vec::new();
        for number in 0..damages / PARTS {
            let whole = &wholes[number % wholes.len()];
            let (damaged, description) = damage(&whole.bytes, &mut random);
            // An empty file is a registry without pairs.
            if !damaged.is_empty() {
                let results = wrong_results(whole, &damaged, &mut random);
                let count = whole.pairs.len();
                wrong.extend(
                    results.iter().map(|result| format!("{count} pairs, {description}: {result}")),
                );
            }
        }
        wrong
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        let parts = 0..u64::try_from(PARTS).unwrap();
        let parts: Vec<_> = parts.map(|part| scope.spawn(move || attack(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {damages}:\n{}", wrong.len(), wrong.join("\n"));
}

const PARTS: usize = 2;

#[test]
fn register_fails_if_entry_cannot_be_read() {
    for statement in [
        "UPDATE key_pair SET key_name = 'other' WHERE key_name = 'pair-2'",
        "UPDATE key_pair SET created = created + 1",
        "DELETE FROM tag",
        "UPDATE key_pair SET fingerprint = fingerprint || '='",
    ] {
        let home = Home::new();
        let mut connection = super::super::open::existing_or_new(&home.path()).unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TEMP TRIGGER t AFTER INSERT ON main.tag BEGIN {statement}; END"
            ))
            .unwrap();
        let mut registry = home.registry();
        registry.register(&pair(1), &mut |_| Ok(())).unwrap();
        let transaction = connection.transaction().unwrap();
        let made = registry.insert(&transaction, &pair(2)).unwrap();
        let path = home.path();
        let read = crate::local::describe::read_back(&transaction, &path, &[(&made, &pair(2))]);
        assert!(matches!(read, Err(RegistryError::Damaged { .. })), "{statement}: {read:?}");
    }
}

#[test]
fn randomly_damaged_registry_fails_or_is_correct() {
    let seed = std::env::var("KEYPAIR_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    attack(&[0, 1, 40, 250], 1200, seed.unwrap_or(1));
}

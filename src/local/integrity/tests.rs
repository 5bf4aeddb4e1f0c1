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

/// The file is too large for a full check. Misplaced pages are detected at the end of a list.
#[test]
fn large_list_with_misplaced_pages_fails() {
    let whole = Whole::new(1500);
    let pages = whole.bytes.len() / 4096;
    assert!(pages > usize::try_from(MAX_FULLY_CHECKED_PAGES).unwrap());
    let mut random = StdRng::seed_from_u64(3);
    let home = Home::new();
    for number in 0..60 {
        let mut damaged = whole.bytes.clone();
        let [to, from] = [0; 2].map(|_| 4096 * random.random_range(1..pages));
        match number % 3 {
            0 => damaged[to..to + 4096].copy_from_slice(&whole.bytes[from..from + 4096]),
            1 => damaged[to..to + 4096].fill(0),
            _ => damaged.truncate(to + 1),
        }
        home.put(&damaged);
        let start = Instant::now();
        match home.all() {
            Err(RegistryError::Damaged { .. }) => {}
            found => assert!(found.unwrap() == whole.pairs, "{number}: {to} from {from}"),
        }
        let chosen = &whole.pairs[random.random_range(0..whole.pairs.len())];
        let reference = [Reference::Name(chosen.name.clone())];
        let selection = Selection { include_public_key: true, ..Selection::of(&reference) };
        match home.registry().describe(&selection) {
            Err(RegistryError::Damaged { .. }) => {}
            found => assert_eq!(found.unwrap(), std::slice::from_ref(chosen)),
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

/// Returns the leaf pages of an index or a table.
fn leaves(bytes: &[u8], page: usize) -> Vec<usize> {
    let start = (page - 1) * 4096;
    if !matches!(bytes[start], 2 | 5) {
        return vec![page];
    }
    let cells = 0..number(bytes, start + 3, 2);
    let cells = cells.map(|cell| start + number(bytes, start + 12 + 2 * cell, 2));
    let children = cells.chain([start + 8]);
    children.flat_map(|child| leaves(bytes, number(bytes, child, 4))).collect()
}

fn number(bytes: &[u8], start: usize, length: usize) -> usize {
    bytes[start..start + length].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Returns the pair in the middle entry of a leaf, found by a text near the entry's beginning.
fn middle(whole: &Whole, page: usize) -> Option<&KeyPair> {
    let start = (page - 1) * 4096;
    let cell = number(&whole.bytes, start + 3, 2) / 2;
    let cell = start + number(&whole.bytes, start + 8 + 2 * cell, 2);
    let begins = |text: &str| {
        (cell..cell + 20).any(|place| whole.bytes[place..].starts_with(text.as_bytes()))
    };
    let pairs = whole.pairs.iter().filter(|pair| {
        let key = registration(pair.name.as_str(), &[]).public_key;
        [pair.name.as_str(), pair.id.as_str(), &pair.fingerprint, &key].into_iter().any(begins)
    });
    pairs.max_by_key(|pair| pair.name.as_str().len())
}

/// The file is too large for a full check, and a leaf page is overwritten with another leaf of the
/// same index or table.
#[test]
fn large_registry_with_misplaced_leaf_fails() {
    let home = Home::new();
    for some in (0..3000).map(pair).collect::<Vec<_>>().chunks(500) {
        assert!(home.registry().register_all(some).failure.is_none());
    }
    let whole = Whole { bytes: fs::read(home.path()).unwrap(), pairs: home.all().unwrap() };
    let connection = super::super::open::existing(&home.path()).unwrap().unwrap();
    check_order(&connection, &home.path(), &name("pair-15x")).unwrap();
    drop(connection);
    for tree in [
        "key_pair",
        "tag",
        "sqlite_autoindex_key_pair_1",
        "sqlite_autoindex_key_pair_2",
        "key_pair_public_key",
        "key_pair_fingerprint",
    ] {
        home.put(&whole.bytes);
        let connection = super::super::open::existing(&home.path()).unwrap().unwrap();
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
        let root: u32 = connection.query_row(root, [tree], |row| row.get(0)).unwrap();
        drop(connection);
        let leaves = leaves(&whole.bytes, usize::try_from(root).unwrap());
        let (half, last) = (leaves.len() / 2, leaves.len() - 1);
        for (to, from) in [(half, half + 2), (half + 1, half), (0, half), (last, half), (half, 0)] {
            let [to, from] = [leaves[to], leaves[from]];
            let victim = middle(&whole, to).unwrap_or(&whole.pairs[1501]);
            let mut damaged = whole.bytes.clone();
            damaged.copy_within((from - 1) * 4096..from * 4096, (to - 1) * 4096);
            if tree == "tag" {
                home.put(&damaged);
                let filters = vec![Filter::new("tag-key", ["team"]).unwrap()];
                let found =
                    home.registry().describe(&Selection { filters, ..Selection::default() });
                assert!(matches!(found, Err(RegistryError::Damaged { .. })), "{found:?}");
                continue;
            }
            let refused = refusals(&home, &whole, &damaged, victim);
            assert!(!refused.is_empty(), "{tree}, {from} over {to}");
            if tree == "sqlite_autoindex_key_pair_2" {
                home.put(&damaged);
                let connection = super::super::open::existing(&home.path()).unwrap().unwrap();
                let order = check_order(&connection, &home.path(), &victim.name);
                assert!(matches!(order, Err(RegistryError::Damaged { .. })), "{order:?}");
                assert!(refused.contains(&"register"), "{refused:?}");
            }
        }
    }
}

/// A changed name or ID in the table is that of another pair, or of none. The indexes still have the old one.
#[test]
fn large_registry_with_changed_name_or_id_fails() {
    let home = Home::new();
    for some in (0..3000).map(pair).collect::<Vec<_>>().chunks(500) {
        assert!(home.registry().register_all(some).failure.is_none());
    }
    let whole = Whole { bytes: fs::read(home.path()).unwrap(), pairs: home.all().unwrap() };
    let victim = &whole.pairs[1500];
    let entry = format!("{}ed25519", victim.name);
    let start = whole.bytes.windows(entry.len()).position(|bytes| bytes == entry.as_bytes());
    let start = start.unwrap();
    let id = victim.id.as_str().len();
    for (changed, has_other) in
        [(start + victim.name.as_str().len() - 1, true), (start - id + 5, false)]
    {
        let mut damaged = whole.bytes.clone();
        damaged[changed] ^= 1;
        let refused = refusals(&home, &whole, &damaged, victim);
        for operation in ["describe", "delete", "filter", "verify"] {
            assert!(refused.contains(&operation), "{operation}: {refused:?}");
        }
        home.put(&damaged);
        assert!(matches!(home.all(), Err(RegistryError::Damaged { .. })));
        // The other pair is intact, but a filter finds two with its name.
        let other = [Filter::new("key-name", ["pair-1501"]).unwrap()].to_vec();
        let found = home.registry().describe(&Selection { filters: other, ..Selection::default() });
        assert!(matches!(found, Err(RegistryError::Damaged { .. })), "{has_other}: {found:?}");
    }
}

/// Accesses a pair with all operations and returns those that fail. The others must be correct.
fn refusals(home: &Home, whole: &Whole, damaged: &[u8], victim: &KeyPair) -> Vec<&'static str> {
    let mut refused = Vec::new();
    let mut step = |operation: &'static str, work: &dyn Fn() -> Result<bool, RegistryError>| {
        home.put(damaged);
        match work() {
            Err(RegistryError::Damaged { .. }) => refused.push(operation),
            result => assert!(result.unwrap(), "{operation}, {}", victim.name),
        }
    };
    let selected = |selection: Selection| {
        let selection = Selection { include_public_key: true, ..selection };
        let expected = whole.pairs.iter().filter(|pair| match selection.filters.first() {
            Some(filter) => filter.holds(pair),
            None => pair.id == victim.id,
        });
        Ok(home.registry().describe(&selection)?.iter().eq(expected))
    };
    let references = [Reference::Name(victim.name.clone()), Reference::Id(victim.id.clone())];
    for reference in references.iter().map(std::slice::from_ref) {
        step("describe", &|| selected(Selection::of(reference)));
        step("delete", &|| Ok(home.registry().delete_all(reference)?.len() == 1));
    }
    for (field, value) in [
        ("key-name", victim.name.as_str()),
        ("key-name", "pair-*"),
        ("key-pair-id", victim.id.as_str()),
        ("fingerprint", &victim.fingerprint),
        ("tag-key", "team"),
    ] {
        let filters = vec![Filter::new(field, [value]).unwrap()];
        step("filter", &|| {
            selected(Selection { filters: filters.clone(), ..Selection::default() })
        });
    }
    let key = registration(victim.name.as_str(), &[]).public_key;
    let is_victim = |found: Vec<KeyPair>| found.iter().any(|pair| pair.id == victim.id);
    step("verify", &|| Ok(is_victim(home.registry().find_by_key(&key, &[])?)));
    let fingerprint = std::slice::from_ref(&victim.fingerprint);
    step("verify", &|| Ok(is_victim(home.registry().find_by_key("", fingerprint)?)));
    let is_taken = |result| match result {
        Err(RegistryError::Duplicate { .. }) => Ok(true),
        result => result.map(|()| false),
    };
    let names = [name("other"), victim.name.clone()];
    step("check", &|| is_taken(home.registry().check_available(&victim.name)));
    step("check", &|| is_taken(home.registry().check_all_available(&names)));
    let new = registration(victim.name.as_str(), &[]);
    step("register", &|| is_taken(home.registry().register(&new, &mut |_| Ok(())).map(|_| ())));
    let batch = [registration("other", &[]), new.clone()];
    step("register", &|| {
        is_taken(home.registry().register_all(&batch).failure.map_or(Ok(()), Err))
    });
    refused
}

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

//! Registries that are too large for a full check by every command.

use super::*;
use crate::local::open;

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

/// Tags must not be missing: pages of the table of tags, its root among them, change places with
/// each other and with pages of other tables.
#[test]
fn large_registry_with_swapped_tag_pages_fails() {
    let home = Home::new();
    for some in (0..3000).map(pair).collect::<Vec<_>>().chunks(500) {
        assert!(home.registry().register_all(some).failure.is_none());
    }
    let whole = Whole { bytes: fs::read(home.path()).unwrap(), pairs: home.all().unwrap() };
    let connection = open::existing(&home.path()).unwrap().unwrap();
    let [root, other] = ["tag", "tag_key_value"].map(|tree| -> usize {
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
        let root: u32 = connection.query_row(root, [tree], |row| row.get(0)).unwrap();
        usize::try_from(root).unwrap()
    });
    drop(connection);
    let leaves = leaves(&whole.bytes, root);
    let (half, last) = (leaves[leaves.len() / 2], leaves[leaves.len() - 1]);
    for (one, two, copies) in [
        (root, half, false),
        (root, half, true),
        (root, leaves[0], true),
        (root, last, true),
        (root, other, false),
        (root, 50, false),
        (half, other, false),
        (half, leaves[0], false),
        (half, leaves[0], true),
        (half, leaves[leaves.len() / 2 + 1], false),
        (half, leaves[leaves.len() / 2 + 1], true),
        (half, last, true),
        (last, half, true),
    ] {
        let page = |number: usize| (number - 1) * 4096..number * 4096;
        let mut damaged = whole.bytes.clone();
        damaged[page(one)].copy_from_slice(&whole.bytes[page(two)]);
        if !copies {
            damaged[page(two)].copy_from_slice(&whole.bytes[page(one)]);
        }
        home.put(&damaged);
        let mut refused = 0;
        for pair in whole.pairs.iter().step_by(13).chain(whole.pairs.last()) {
            let selection = Selection {
                include_public_key: true,
                ..Selection::of(&[Reference::Id(pair.id.clone())])
            };
            match home.registry().describe(&selection) {
                Err(RegistryError::Damaged { .. }) => refused += 1,
                found => assert_eq!(found.unwrap(), std::slice::from_ref(pair), "{one} {two}"),
            }
        }
        assert!(refused > 0, "{one} {two} {copies}");
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
    let connection = open::existing(&home.path()).unwrap().unwrap();
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
        let connection = open::existing(&home.path()).unwrap().unwrap();
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
                let connection = open::existing(&home.path()).unwrap().unwrap();
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

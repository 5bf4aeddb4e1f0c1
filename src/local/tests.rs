//! The local registry: registering, finding, deleting, and concurrent use.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests bypass the module under test to check it"
)]

mod files;

use std::fs;
use std::io;
use std::sync::Barrier;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::OpenFlags;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;
use crate::file::FileInfo;
use crate::key::KeyType;
use crate::registry::{Filter, KeyName, Origin, Tag, Tags};

pub(super) struct Home(TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data/registry.sqlite3")
    }

    pub(super) fn registry(&self) -> LocalRegistry {
        let mut seed = [0; 32];
        rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut seed).unwrap();
        let now = CreateTime::from_milliseconds(1_653_688_276_007);
        LocalRegistry::new(&self.path(), now, Box::new(StdRng::from_seed(seed)))
    }

    pub(super) fn register(&self, name: &str, tags: &[(&str, &str)]) -> KeyPair {
        let registered = self.registry().register(&registration(name, tags), &mut |_| Ok(()));
        registered.unwrap().pair
    }

    /// Returns the names of the selected pairs.
    fn find(&self, selection: &Selection) -> Vec<String> {
        let pairs = self.registry().describe(selection).unwrap();
        pairs.into_iter().map(|pair| pair.name.to_string()).collect()
    }

    fn filter(&self, filters: &[(&str, &[&str])]) -> Vec<String> {
        let filters = filters
            .iter()
            .map(|(name, values)| Filter::new(name, values.iter().copied()).unwrap())
            .collect();
        self.find(&Selection { filters, ..Selection::default() })
    }

    fn all(&self) -> Vec<String> {
        self.find(&Selection::default())
    }
}

pub(super) fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

/// Returns the registration of an ED25519 key derived from the name.
pub(super) fn registration(text: &str, tags: &[(&str, &str)]) -> Registration {
    let tags = tags.iter().map(|(key, value)| Tag::new(*key, *value).unwrap()).collect();
    let blob = [&b"\0\0\0\x0bssh-ed25519\0\0\0 "[..], &Sha256::digest(text)].concat();
    let fingerprint = STANDARD.encode(Sha256::digest(&blob));
    Registration {
        name: name(text),
        key_type: KeyType::Ed25519,
        bits: 256,
        public_key: format!("ssh-ed25519 {}", STANDARD.encode(&blob)),
        comment: None,
        imported_fingerprint: fingerprint.clone(),
        fingerprint,
        origin: Origin::Created,
        tags: Tags::new(tags).unwrap(),
    }
}

fn named(names: &[&str]) -> Selection {
    Selection { names: names.iter().copied().map(name).collect(), ..Selection::default() }
}

#[test]
fn clock_jumping_back_does_not_change_order() {
    let home = Home::new();
    for (text, milliseconds) in [("a", 1_800_000_000_000), ("b", 1_700_000_000_000), ("c", -1)] {
        let mut registry = home.registry();
        registry.now = CreateTime::from_milliseconds(milliseconds);
        registry.register(&registration(text, &[]), &mut |_| Ok(())).unwrap();
    }
    assert_eq!(home.all(), ["a", "b", "c"]);
    let pairs = home.registry().describe(&Selection::default()).unwrap();
    let created: Vec<_> = pairs.iter().map(|pair| pair.created.unwrap().to_string()).collect();
    assert!(created[1] < created[0] && created[2] == "1969-12-31T23:59:59.999Z", "{created:?}");
}

#[test]
fn registered_pair_is_described_unchanged() {
    let home = Home::new();
    let pair = home.register("a b", &[("z", "1"), ("a", "")]);
    assert_eq!(pair.created.unwrap().to_string(), "2022-05-27T21:51:16.007Z");
    let whole = Selection { include_public_key: true, ..Selection::default() };
    assert_eq!(home.registry().describe(&whole).unwrap(), std::slice::from_ref(&pair));
    let without = KeyPair { public_key: None, ..pair };
    assert_eq!(home.registry().describe(&Selection::default()).unwrap(), [without]);
}

#[test]
fn reading_missing_registry_creates_no_file() {
    let home = Home::new();
    assert_eq!(home.all(), [""; 0]);
    home.registry().check_available(&name("a")).unwrap();
    let none = home.registry().describe(&named(&["a"]));
    assert!(matches!(none, Err(RegistryError::NamesNotFound { names }) if names == [name("a")]));
    let none = home.registry().delete_all(&[Reference::Id(KeyPairId::new("key-1"))]);
    assert!(matches!(none, Err(RegistryError::IdsNotFound { .. })));
    assert_eq!(fs::read_dir(home.0.path()).unwrap().count(), 0);
}

#[test]
fn registry_file_and_directory_are_private() {
    let home = Home::new();
    home.register("a", &[]);
    let journal = home.0.path().join("data/registry.sqlite3-journal");
    let directory = home.path().parent().unwrap().to_owned();
    for (path, mode) in
        [(&home.path(), "mode 0600"), (&journal, "mode 0600"), (&directory, "mode 0700")]
    {
        let facts = FileInfo::of(path).unwrap().unwrap();
        assert!(!facts.is_readable_by_others(), "{path:?}: {facts:?}");
        assert!(!facts.is_writable_by_others(), "{path:?}: {facts:?}");
        assert!(cfg!(windows) || facts.permissions().to_string() == mode, "{facts:?}");
    }
    assert_eq!(fs::read_dir(directory).unwrap().count(), 2);
    // The journal is not needed between changes.
    fs::remove_file(journal).unwrap();
    assert_eq!(home.all(), ["a"]);
}

#[test]
fn register_taken_name_fails() {
    let home = Home::new();
    home.register("a", &[]);
    let again = home.registry().register(&registration("a", &[]), &mut |_| panic!("delivered"));
    assert!(matches!(again, Err(RegistryError::Duplicate { name: taken }) if taken == name("a")));
    let taken = home.registry().check_available(&name("a"));
    assert!(matches!(taken, Err(RegistryError::Duplicate { .. })));
    home.register("A", &[]);
    assert_eq!(home.all(), ["a", "A"]);
}

#[test]
fn register_with_failing_callback_rolls_back() {
    let home = Home::new();
    let failed = home.registry().register(&registration("a", &[("k", "v")]), &mut |_| {
        Err(io::ErrorKind::BrokenPipe.into())
    });
    assert!(matches!(failed, Err(RegistryError::CallbackFailed(_))));
    assert_eq!(home.all(), [""; 0]);
    assert_eq!(home.filter(&[("tag-key", &["k"])]), [""; 0]);
}

#[test]
fn describe_selects_by_name_and_id() {
    let home = Home::new();
    let ids: Vec<_> = ["a", "b", "c"].map(|text| home.register(text, &[]).id).into();
    assert_eq!(home.find(&named(&["c", "a", "c"])), ["a", "c"]);
    let by_id = Selection { ids: ids[1..].to_vec(), ..Selection::default() };
    assert_eq!(home.find(&by_id), ["b", "c"]);
    let both = Selection { ids: ids[1..].to_vec(), ..named(&["a", "b"]) };
    assert_eq!(home.find(&both), ["b"]);
    let filtered = Selection {
        filters: vec![Filter::new("key-name", ["b*", "c"]).unwrap()],
        ..named(&["a", "b"])
    };
    assert_eq!(home.find(&filtered), ["b"]);
    let missing = home.registry().describe(&named(&["a", "x", "y"]));
    let expected = [name("x"), name("y")];
    assert!(matches!(missing, Err(RegistryError::NamesNotFound { names }) if names == expected));
}

#[test]
fn filters_match_like_ec2() {
    let home = Home::new();
    let web = home.register("web-1", &[("team", "ops"), ("Stage", "prod*")]);
    home.register("web-2", &[("team", "Ops")]);
    home.register("we[b]*", &[("other", "ops")]);
    home.register("db", &[]);
    assert_eq!(home.filter(&[("key-name", &["web-?"])]), ["web-1", "web-2"]);
    assert_eq!(home.filter(&[("key-name", &["db", "web-2", "no*"])]), ["web-2", "db"]);
    assert_eq!(home.filter(&[("key-name", &["we[b]*"])]), ["we[b]*"]);
    assert_eq!(home.filter(&[("key-name", &[r"we[b]\*"])]), ["we[b]*"]);
    assert_eq!(home.filter(&[("key-name", &["WEB-1"])]), [""; 0]);
    assert_eq!(home.filter(&[("key-pair-id", &[web.id.as_str()])]), ["web-1"]);
    assert_eq!(home.filter(&[("key-pair-id", &["key-*"])]).len(), 4);
    let [db, web_1] = ["db", "web-1"].map(|name| registration(name, &[]).fingerprint);
    let end = format!("*{}", &web_1[30..]);
    assert_eq!(home.filter(&[("fingerprint", &[&db, &end])]), ["web-1", "db"]);
    assert_eq!(home.filter(&[("tag:team", &["ops"])]), ["web-1"]);
    assert_eq!(home.filter(&[("tag:team", &["?ps"])]), ["web-1", "web-2"]);
    assert_eq!(home.filter(&[("tag:Stage", &[r"prod\*"])]), ["web-1"]);
    assert_eq!(home.filter(&[("tag-key", &["t*"])]), ["web-1", "web-2"]);
    assert_eq!(home.filter(&[("tag:team", &["*"]), ("key-name", &["*-2"])]), ["web-2"]);
    assert_eq!(home.filter(&[("key-name", &[])]), [""; 0]);
    assert_eq!(home.filter(&[("key-name", &["'; DROP TABLE key_pair; --"])]), [""; 0]);
    let values: Vec<_> = (0..201).map(|number| number.to_string()).collect();
    let filter = Filter::new("key-name", values.iter().map(String::as_str)).unwrap();
    let many = Selection { filters: vec![filter], ..Selection::default() };
    let refused = home.registry().describe(&many);
    assert!(matches!(refused, Err(RegistryError::TooManyFilterValues { count: 201 })));
}

#[test]
fn delete_all_is_atomic() {
    let home = Home::new();
    let kept = home.register("kept", &[("k", "v")]);
    home.register("a", &[("k", "v")]);
    let b = home.register("b", &[]);
    let missing = [Reference::Name(name("a")), Reference::Name(name("x"))];
    let refused = home.registry().delete_all(&missing);
    assert!(matches!(refused, Err(RegistryError::NamesNotFound { .. })));
    assert_eq!(home.all(), ["kept", "a", "b"]);
    let named = [Reference::Name(name("a")), Reference::Id(b.id), Reference::Name(name("b"))];
    let gone = home.registry().delete_all(&named).unwrap();
    assert_eq!(gone.into_iter().map(|pair| pair.name).collect::<Vec<_>>(), [name("a"), name("b")]);
    assert_eq!(home.all(), ["kept"]);
    assert_eq!(home.filter(&[("tag-key", &["k"])]), ["kept"]);
    assert_ne!(home.register("a", &[]).id, kept.id);
}

#[test]
fn concurrent_writers_lose_nothing() {
    let home = Home::new();
    thread::scope(|scope| {
        for writer in 0..8 {
            let home = &home;
            scope.spawn(move || {
                for number in 0..10 {
                    home.register(&format!("{writer}-{number}"), &[("writer", "x")]);
                }
            });
        }
    });
    assert_eq!(home.all().len(), 80);
    assert_eq!(home.filter(&[("tag:writer", &["x"])]).len(), 80);
}

/// Regression: the file was empty in a first read, and had the tables of another process in a
/// second one.
#[test]
fn concurrent_first_registrations_succeed() {
    for _ in 0..40 {
        let home = Home::new();
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for user in 0..4 {
                let (home, start) = (&home, &start);
                scope.spawn(move || {
                    start.wait();
                    home.register(&user.to_string(), &[]);
                });
            }
        });
        assert_eq!(home.all().len(), 4);
    }
}

#[test]
fn register_all_is_atomic() {
    let home = Home::new();
    let names =
        |names: &[&str]| names.iter().map(|name| registration(name, &[])).collect::<Vec<_>>();
    let batch = home.registry().register_all(&names(&["a", "b", "c"]));
    assert!(batch.failure.is_none());
    let registered: Vec<_> =
        batch.registered.iter().map(|found| found.pair.name.as_str()).collect();
    assert_eq!(registered, ["a", "b", "c"]);
    let batch = home.registry().register_all(&names(&["d", "b", "e"]));
    assert!(batch.registered.is_empty());
    assert!(
        matches!(batch.failure, Some(RegistryError::Duplicate { name }) if name.as_str() == "b")
    );
    assert_eq!(home.all(), ["a", "b", "c"]);
    let name = |name: &str| KeyName::new(name).unwrap();
    home.registry().check_all_available(&[name("d"), name("e")]).unwrap();
    let taken = home.registry().check_all_available(&[name("d"), name("c"), name("a")]);
    assert!(matches!(taken, Err(RegistryError::Duplicate { name }) if name.as_str() == "c"));
}

#[test]
fn delete_if_rechecks_each_pair() {
    let home = Home::new();
    let none = home.registry().delete_if(&[KeyPairId::new("key-1")], &|_| true).unwrap();
    assert!(matches!(none[..], [Ok(DeleteOutcome::NotFound)]), "{none:?}");
    let ids = ["a", "b", "c", "d"].map(|text| home.register(text, &[("k", text)]).id);
    home.registry().delete_all(&[Reference::Name(name("b"))]).unwrap();
    // Another pair with the same name.
    home.register("b", &[]);
    let is_due = |pair: &KeyPair| pair.tags.as_slice()[0].value() != "c";
    let outcomes = home.registry().delete_if(&ids, &is_due).unwrap();
    let expected = [
        DeleteOutcome::Deleted,
        DeleteOutcome::NotFound,
        DeleteOutcome::Kept,
        DeleteOutcome::Deleted,
    ]
    .map(Some);
    assert_eq!(outcomes.into_iter().map(Result::ok).collect::<Vec<_>>(), expected);
    assert_eq!(home.all(), ["c", "b"]);
    assert_eq!(home.filter(&[("tag-key", &["k"])]), ["c"]);
}

#[test]
fn find_by_prefix_changes_nothing() {
    let home = Home::new();
    let find_by_prefix =
        |start: &str| LocalRegistry::find_by_prefix(&home.path(), LocalColumn::Name, start);
    assert_eq!(find_by_prefix("").unwrap(), [""; 0]);
    assert!(!home.path().exists());
    let pairs =
        ["web", "a*b", "web-2", "we", "w\u{7f}x", "Web"].map(|name| home.register(name, &[]));
    let before = fs::read(home.path()).unwrap();
    assert_eq!(find_by_prefix("we").unwrap(), ["we", "web", "web-2"]);
    assert_eq!(find_by_prefix("w\u{7f}").unwrap(), ["w\u{7f}x"]);
    assert_eq!(find_by_prefix("a*").unwrap(), ["a*b"]);
    assert_eq!(find_by_prefix("*").unwrap(), [""; 0]);
    assert_eq!(find_by_prefix("").unwrap().len(), 6);
    let id = pairs[0].id.as_str();
    assert_eq!(
        LocalRegistry::find_by_prefix(&home.path(), LocalColumn::Id, &id[..9]).unwrap(),
        [id]
    );
    assert_eq!(fs::read(home.path()).unwrap(), before);
    fs::write(home.path(), "not a database, but long enough to be taken for one").unwrap();
    assert!(find_by_prefix("").is_err());
    fs::write(home.path(), "").unwrap();
    // The journal shows that the file had pages.
    assert!(matches!(find_by_prefix(""), Err(RegistryError::Damaged { .. })));
    fs::remove_file(home.path().with_extension("sqlite3-journal")).unwrap();
    assert_eq!(find_by_prefix("").unwrap(), [""; 0]);
    assert_eq!(fs::read(home.path()).unwrap(), b"");
}

#[test]
fn find_by_prefix_returns_first_256_and_last() {
    let home = Home::new();
    let many: Vec<_> =
        (0..1000).map(|number| registration(&format!("n{number:03}"), &[])).collect();
    assert!(home.registry().register_all(&many).failure.is_none());
    let names = LocalRegistry::find_by_prefix(&home.path(), LocalColumn::Name, "n").unwrap();
    assert_eq!(names.len(), MAX_CANDIDATES + 1);
    assert_eq!((names[0].as_str(), names[255].as_str()), ("n000", "n255"));
    assert_eq!(names[256], "n999");
    let plan = Connection::open(home.path()).unwrap();
    let plan: String = plan
        .query_row(
            "EXPLAIN QUERY PLAN SELECT key_name FROM key_pair
             WHERE key_name >= 'a' AND key_name < 'b' ORDER BY key_name LIMIT 9",
            [],
            |row| row.get("detail"),
        )
        .unwrap();
    assert!(plan.contains("SEARCH") && plan.contains("COVERING INDEX"), "{plan}");
}

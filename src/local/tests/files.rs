//! Registry files that are damaged, moved, or made by other programs and versions.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests change the file without the module under test"
)]

use super::*;

#[test]
fn file_of_other_program_is_unchanged() {
    let home = Home::new();
    fs::create_dir(home.path().parent().unwrap()).unwrap();
    let refused = |contents: &[u8]| {
        fs::write(home.path(), contents).unwrap();
        let error = home.registry().register(&registration("a", &[]), &mut |_| Ok(()));
        assert_eq!(fs::read(home.path()).unwrap(), contents);
        let found = home.registry().describe(&Selection::default());
        assert_eq!(error.unwrap_err().to_string(), found.unwrap_err().to_string());
        home.registry().check_available(&name("a")).unwrap_err()
    };
    for length in [1, 2, 99, 100, 511] {
        assert!(matches!(refused(&vec![b'x'; length]), RegistryError::NotARegistry { .. }));
    }
    let text = b"not a database, but long enough to be one. ".repeat(100);
    assert!(matches!(refused(&text), RegistryError::NotARegistry { .. }));

    let database = |statements: &str| {
        let path = home.0.path().join("other");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(statements).unwrap();
        drop(connection);
        let contents = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        contents
    };
    let other = database("CREATE TABLE bookmark (url TEXT)");
    assert!(matches!(refused(&other), RegistryError::NotARegistry { .. }));
    let other = database("PRAGMA application_id = 7; PRAGMA user_version = 1");
    assert!(matches!(refused(&other), RegistryError::NotARegistry { .. }));
    let newer = format!(
        "PRAGMA application_id = {}; PRAGMA user_version = 99; CREATE TABLE key_pair (x)",
        schema::APPLICATION_ID
    );
    assert!(matches!(
        refused(&database(&newer)),
        RegistryError::NewerSchema { found: 99, known: 1, .. }
    ));
}

/// Such names are invalid on Windows.
#[cfg(unix)]
#[test]
fn special_sqlite_name_is_a_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(":memory:");
    let now = CreateTime::from_milliseconds(0);
    let mut registry = LocalRegistry::new(&path, now, Box::new(StdRng::seed_from_u64(0)));
    registry.register(&registration("a", &[]), &mut |_| Ok(())).unwrap();
    assert!(path.is_file());
}

#[test]
fn read_only_registry_can_be_read() {
    let home = Home::new();
    home.register("a", &[]);
    let mut permissions = fs::metadata(home.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(home.path(), permissions).unwrap();
    assert_eq!(home.all(), ["a"]);
}

#[test]
fn first_migration_never_changes() {
    let digest = Sha256::digest(schema::MIGRATIONS[0]);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "319ef66cd0ed50c5787006e8546f2519355fe22c2f3933521b25ca065badca50");
}

/// A text or a row in the file has no limit.
#[test]
fn overlong_text_is_damage() {
    for statement in [
        "UPDATE key_pair SET key_name = {long} WHERE key_name = 'a'",
        "UPDATE key_pair SET key_pair_id = {long} WHERE key_name = 'a'",
        "UPDATE key_pair SET public_key = {long} WHERE key_name = 'a'",
        "UPDATE key_pair SET fingerprint = {long} WHERE key_name = 'a'",
        "UPDATE tag SET key = {long} WHERE value = 'v'",
        "UPDATE tag SET value = {long} WHERE key = 'k'",
    ] {
        let home = Home::new();
        home.register("a", &[("k", "v")]);
        home.register("b", &[]);
        let statement = statement.replace("{long}", "printf('%.*c', 2000000, 'x')");
        Connection::open(home.path()).unwrap().execute_batch(&statement).unwrap();
        let all = home.registry().describe(&Selection::default());
        assert!(matches!(all, Err(RegistryError::Damaged { .. })), "{statement}: {all:?}");
        let error = all.unwrap_err();
        assert!(format!("{error} {error:?}").len() < 1000, "{statement}");
        // The long key of the tag of the other pair may be read too.
        match home.registry().describe(&named(&["b"])) {
            Err(RegistryError::Damaged { .. }) => {}
            found => assert_eq!(found.unwrap()[0].name, name("b"), "{statement}"),
        }
        let missing = home.registry().describe(&named(&["x"]));
        match statement.contains("tag") {
            true => assert!(missing.is_err(), "{statement}"),
            false => assert!(matches!(missing, Err(RegistryError::Damaged { .. })), "{missing:?}"),
        }
    }
}

#[test]
fn overlong_id_is_not_found() {
    let home = Home::new();
    home.register("a", &[]);
    let id = Reference::Id(KeyPairId::new("x".repeat(100_000)));
    let missing = home.registry().describe(&Selection::of(&[id]));
    assert!(matches!(missing, Err(RegistryError::IdsNotFound { .. })), "{missing:?}");
}

#[test]
fn header_with_unknown_format_is_damage() {
    for (byte, value) in [(18, 255), (47, 127)] {
        let home = Home::new();
        home.register("a", &[]);
        let mut bytes = fs::read(home.path()).unwrap();
        bytes[byte] = value;
        fs::write(home.path(), bytes).unwrap();
        let found = home.registry().describe(&Selection::default()).unwrap_err();
        let made = home.registry().register(&registration("b", &[]), &mut |_| Ok(())).unwrap_err();
        for error in [found, made] {
            assert!(matches!(error, RegistryError::Damaged { .. }), "{byte}: {error:?}");
        }
    }
}

/// `tests/vectors/README.md` describes how to create these files.
#[test]
fn every_schema_version_has_test_file() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/registry");
    for version in 1..=i64::try_from(schema::MIGRATIONS.len()).unwrap() {
        let file = directory.join(format!("schema-{version}.sqlite3"));
        assert!(file.is_file(), "create {} before the next schema", file.display());
        let connection =
            Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let found: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(found, version);
        assert!(file.with_extension("json").is_file());
    }
}

/// Windows cannot move a file that SQLite has open.
#[cfg(unix)]
#[test]
fn register_fails_if_file_moved_after_check() {
    let home = Home::new();
    home.register("first", &[]);
    let moved = home.path().with_extension("moved");
    for replace in [false, true] {
        let mut registry = home.registry();
        registry.check_available(&KeyName::new("second").unwrap()).unwrap();
        fs::rename(home.path(), &moved).unwrap();
        if replace {
            fs::copy(&moved, home.path()).unwrap();
        }
        let registered = registry.register(&registration("second", &[]), &mut |_| Ok(()));
        assert!(matches!(registered, Err(RegistryError::Unusable { .. })), "{registered:?}");
        drop(registry);
        fs::rename(&moved, home.path()).unwrap();
        assert_eq!(home.all(), ["first"]);
    }
}

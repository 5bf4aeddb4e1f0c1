//! The findings of `doctor` about the registry and its pairs.

use super::*;

#[test]
fn doctor_reports_weak_and_expired_pairs() {
    let home = home();
    for (name, bits, exponent) in [("short", 1024, 65537), ("three", 2048, 3)] {
        let options =
            format!("-pkeyopt rsa_keygen_bits:{bits} -pkeyopt rsa_keygen_pubexp:{exponent}");
        home.shell(&format!("openssl genpkey -quiet -algorithm RSA {options} -out {name}.pem"))
            .success();
        home.shell(&format!("chmod 400 {name}.pem; keypair import {name} {name}.pem")).success();
    }
    home.shell("keypair create old --type ed25519 --tag keypair:expires-at=2020-01-01T00:00:00Z")
        .success();
    let run = finds(&home, "");
    for line in [
        "attention: short: weak RSA key: 1024 bits, fewer than 2048; run `keypair create NEW` \
         to make another, `keypair delete short` to delete this one\n",
        "attention: three: weak RSA key: public exponent of 2 bits; FIPS 186-5 allows 17 to 256; ",
        "remark: old: this pair expired at 2020-01-01T00:00:00Z; run `keypair prune --delete` to delete it\n",
        "\n2 findings need attention; ",
    ] {
        assert!(run.text().contains(line), "{line}: {run}");
    }
    home.keypair(["delete", "short", "three"]).success();
    let run = home.keypair(["doctor"]).success();
    assert!(run.text().contains("remark: old: "), "{run}");
    home.keypair(["prune", "--delete"]).success();
    assert_eq!(home.keypair(["doctor"]).success().text().lines().count(), 1);
    // Hints refer to the selected registry.
    home.shell("cp $XDG_DATA_HOME/keypair/registry.sqlite3 r.db; chmod 600 r.db").success();
    let run = home.shell(
        "keypair import short short.pem --registry-file r.db; keypair doctor --registry-file r.db",
    );
    let run = run.fails_with(1);
    assert!(run.text().contains("`keypair delete short --registry-file r.db`"), "{run}");
}

#[test]
fn doctor_remedy_fixes_exposed_registry() {
    let home = home();
    let file = registry(&home);
    let folder = file.parent().unwrap().to_owned();
    let journal = file.with_extension("sqlite3-journal");
    assert!(journal.exists());
    let text = |path: &Path| path.display().to_string();
    for (path, bits, code) in [
        (&file, 0o644, "ExposedRegistry"),
        (&file, 0o660, "ExposedRegistry"),
        (&journal, 0o666, "ExposedRegistry"),
        (&folder, 0o770, "ExposedRegistryFolder"),
        (&folder.parent().unwrap().to_owned(), 0o777, "ExposedRegistryFolder"),
    ] {
        let before = fs::metadata(path).unwrap().permissions();
        mode(path, bits);
        let found = findings(&home, "");
        assert_eq!((found.len(), found[0].0.as_str()), (1, code), "{found:?}");
        assert!(found[0].1.ends_with(path.file_name().unwrap().to_str().unwrap()), "{found:?}");
        let remedy = "keypair doctor --query 'Findings[].[Remedy]' --output text | sh";
        home.shell(remedy).success();
        assert_eq!(findings(&home, ""), [], "{} {bits:o}", text(path));
        fs::set_permissions(path, before).unwrap();
    }
    // In a sticky directory such as /tmp, other users cannot rename the file.
    for sticky in [&folder, &folder.parent().unwrap().to_owned()] {
        let before = fs::metadata(sticky).unwrap().permissions();
        mode(sticky, 0o1777);
        assert_eq!(findings(&home, ""), []);
        fs::set_permissions(sticky, before).unwrap();
    }

    let moved = home.path("moved");
    fs::rename(&file, &moved).unwrap();
    symlink(&moved, &file).unwrap();
    assert_eq!(findings(&home, "."), [pair("RegistryLink", &found_at(&home))]);
    fs::remove_file(&moved).unwrap();
    assert_eq!(findings(&home, ".")[0], pair("BrokenRegistryLink", &found_at(&home)));
}

/// Returns the path of the registry as the program prints it.
fn found_at(home: &Home) -> String {
    let run = home.shell("printf %s \"$XDG_DATA_HOME/keypair/registry.sqlite3\"").success();
    run.text().to_owned()
}

#[test]
fn doctor_reports_damaged_registry_and_continues() {
    let home = home();
    home.shell("keypair create ci --count 40 --type ed25519; chmod 644 ci-07.pem").success();
    let file = registry(&home);
    let whole = fs::read(&file).unwrap();
    let exposed = pair("ExposedPrivateKey", "ci-07.pem");
    let path = file.file_name().unwrap().to_str().unwrap();
    let mut corrupt = whole.clone();
    // A page in the middle, in a table or an index.
    corrupt[4 * 4096 + 8..5 * 4096].fill(0x5a);
    for (contents, code) in [
        (corrupt, "DamagedRegistry"),
        (whole[..6 * 4096].to_vec(), "DamagedRegistry"),
        (b"nonsense, and long enough to be a database. ".repeat(50), "UnusableRegistry"),
    ] {
        fs::write(&file, &contents).unwrap();
        let found = findings(&home, "");
        assert!(found.iter().all(|found| found.0 == code || *found == exposed), "{found:?}");
        assert!(found.len() >= 2 && found.last() == Some(&exposed), "{found:?}");
        let run = finds(&home, "");
        assert!(run.text().lines().next().unwrap().contains(path), "{run}");
        assert_eq!(fs::read(&file).unwrap(), contents);
    }
    fs::write(&file, &whole).unwrap();
    home.shell("chmod 400 ci-07.pem; keypair doctor").success();
    home.change_registry("UPDATE key_pair SET key_name = 'é' WHERE row = 3");
    let run = finds(&home, "");
    assert!(run.text().contains("é: invalid registry entry"), "{run}");
    let advised = "'PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE row = 3'`";
    assert!(run.text().contains(advised), "{run}");
    home.keypair(["describe"]).fails_with(253);
    home.change_registry("PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE row = 3");
    home.keypair(["doctor"]).success();
    home.change_registry("PRAGMA user_version = 99");
    let run = finds(&home, "");
    assert!(run.text().contains("update keypair: a newer version wrote the file"), "{run}");
}

/// The first thousand findings of a kind are printed and the rest counted.
#[test]
fn doctor_checks_large_registry_in_little_memory() {
    let home = home();
    let weak = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/keys/rsa1024.pem.pub");
    home.keypair(["import", "weak", weak]).success();
    home.change_registry(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
         INSERT INTO key_pair
         SELECT x + 10, printf('key-%017x', x), printf('ci-%06d', x), 'rsa', 1024,
                public_key, fingerprint, 'imported', 1600000000000
         FROM n, (SELECT public_key, fingerprint FROM key_pair WHERE key_name = 'weak');
         PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE key_name = 'weak';
         INSERT INTO tag SELECT row, 0, 'team', 'ops' FROM key_pair WHERE row > 10",
    );
    let start = Instant::now();
    // 80 MiB. The program itself uses most of it.
    let run = home.shell("ulimit -v 250000; keypair doctor").fails_with(1);
    let elapsed = start.elapsed();
    assert_eq!(run.text().lines().count(), 1002, "{run}");
    let said = "attention: WeakKeyPair: 99000 more of this kind; ";
    assert!(run.text().contains(said), "{run}");
    assert!(run.text().contains("checked: a registry of 100001 pairs; "), "{run}");
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}

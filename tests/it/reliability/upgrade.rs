//! Registry files of earlier versions, stored in `tests/vectors/registry/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::home::Home;

/// Returns the files of all schema versions with their contents. Their times have the format of AWS
/// CLI version 1.
fn schemas() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/registry");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sqlite3"));
    files.sort();
    let contents = |file: PathBuf| {
        let json = fs::read(file.with_extension("json")).unwrap();
        let mut contents: Value = serde_json::from_slice(&json).unwrap();
        for pair in contents["KeyPairs"].as_array_mut().unwrap() {
            let time = pair["CreateTime"].as_str().unwrap().replace('Z', "000+00:00");
            pair["CreateTime"] = time.into();
        }
        (file, contents)
    };
    files.into_iter().map(contents).collect()
}

/// Returns a home with a copy of this registry, and the directory of the key vectors.
fn home(file: &Path) -> (Home, String) {
    let mut home = Home::new();
    fs::copy(file, home.path("registry")).unwrap();
    home.set("KEYPAIR_REGISTRY_FILE", "registry");
    (home, format!("{}/tests/vectors/keys", env!("CARGO_MANIFEST_DIR")))
}

fn described(home: &Home) -> Value {
    home.keypair(["describe", "--include-public-key"]).success().json()
}

#[track_caller]
fn assert_intact(home: &Home) {
    let check = "import sqlite3; print(sqlite3.connect('registry').execute('PRAGMA integrity_check').fetchall())";
    let run = home.launch("python").args(["-c", check]).run().success();
    assert_eq!(run.text(), "[('ok',)]\n");
}

#[test]
fn old_registry_is_read_unchanged() {
    for (file, expected) in schemas() {
        let (home, _) = home(&file);
        assert_eq!(described(&home), expected, "{}", file.display());
        // The second run finds the same, as would a copy in another place.
        assert_eq!(described(&home), expected);
        assert_intact(&home);
    }
}

#[test]
fn every_command_accepts_old_registry() {
    for (file, expected) in schemas() {
        let (home, keys) = home(&file);
        let count = expected["KeyPairs"].as_array().unwrap().len();
        for (words, code) in [
            ("create created-rsa", 4),
            ("create new --bits 2048 --tag a=b", 0),
            ("create new --if-not-exists", 0),
            ("create many --count 3 --type ed25519", 0),
            ("create-key-pair --key-name aws", 4),
            ("import again $KEYS/rsa4096.pem.pub", 0),
            ("import imported-rsa $KEYS/rsa2048.pem.pub --if-not-exists", 0),
            ("describe created-rsa --key-pair-ids $ID", 0),
            ("describe --filters Name=tag:team,Values=ops Name=key-name,Values='created-*'", 0),
            ("describe none", 3),
            ("verify $KEYS/rsa2048.pem --key-name imported-rsa", 0),
            ("verify $KEYS/ed25519.openssh --key-name imported-ed25519", 0),
            ("verify $KEYS/rsa2048.pem --key-name created-rsa", 1),
            ("prune --expired", 0),
            ("prune --expired --delete", 0),
            ("describe 'a b/c*'", 3),
            ("exec --type ed25519 -- keypair describe created-ed25519", 0),
            ("delete again new", 0),
            ("delete-key-pair --key-pair-id $ID", 0),
            ("describe created-rsa", 3),
        ] {
            let id = expected["KeyPairs"][0]["KeyPairId"].as_str().unwrap();
            let run = home.shell(&format!("KEYS='{keys}'; ID={id}; keypair {words}"));
            assert_eq!(run.code, Some(code), "{}: {run}", file.display());
        }
        // One pair expired, one was deleted, and three were created.
        let pairs = described(&home);
        let pairs = pairs["KeyPairs"].as_array().unwrap();
        assert_eq!(pairs.len(), count - 2 + 3);
        let kept = &expected["KeyPairs"].as_array().unwrap()[1..count - 1];
        assert_eq!(&pairs[..count - 2], kept);
        assert_intact(&home);
    }
}

/// An older program must not damage a newer registry.
#[test]
fn newer_registry_is_rejected_with_hint() {
    let (file, _) = schemas().pop().unwrap();
    let (home, _) = home(&file);
    let newer = "import sqlite3; c = sqlite3.connect('registry'); c.execute('PRAGMA user_version = 1000'); c.commit()";
    home.launch("python").args(["-c", newer]).run().success();
    let before = home.read("registry");
    for words in ["describe", "create k --type ed25519", "delete aws", "prune --expired --delete"] {
        let run = home.shell(&format!("keypair {words}")).fails_with(253);
        for said in [
            "registry has version 1000; the newest supported is 1",
            "hint: update keypair: a newer version wrote the file",
            "hint: to use another file, pass `--registry-file PATH` or set KEYPAIR_REGISTRY_FILE",
        ] {
            assert!(run.stderr.contains(said), "{run}");
        }
    }
    assert_eq!(home.read("registry"), before);
    assert!(!home.path("k.pem").exists());
}

//! Registry files of earlier versions, from other systems.

use std::fs;

use serde_json::Value;

use crate::support::home::{Home, assert_intact, vector};

#[test]
fn old_registry_keeps_rows_and_works() {
    let mut files: Vec<_> =
        fs::read_dir(vector("registry")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sqlite3"));
    assert!(!files.is_empty());
    for file in files {
        let mut home = Home::new();
        home.write("registry", fs::read(&file).unwrap());
        home.set("KEYPAIR_REGISTRY_FILE", "registry");
        home.set("KEYS", vector("keys"));
        let json = fs::read(file.with_extension("json")).unwrap();
        let expected: Value = serde_json::from_slice(&json).unwrap();
        for _ in 0..2 {
            let found = home.keypair("describe --include-public-key").success();
            assert_eq!(found.json(), expected, "{}", file.display());
        }
        assert_intact(&home.path("registry"));
        let key = |name: &str| vector("keys").join(name).into_os_string().into_string().unwrap();
        for (words, code) in [
            (&["create", "created-rsa"][..], 4),
            (&["create", "new", "--type", "ed25519", "--tag", "a=b"], 0),
            (&["create", "new", "--type", "ed25519", "--if-not-exists"], 0),
            (&["import", "again", &key("rsa4096.pem.pub")], 0),
            (&["verify", &key("rsa2048.pem"), "--key-name", "imported-rsa"], 0),
            (&["verify", &key("rsa2048.pem"), "--key-name", "created-rsa"], 1),
            (&["prune", "--expired", "--delete"], 0),
            (&["exec", "--type", "ed25519", "--", "cmd", "/c", "exit 0"], 0),
            (&["delete", "again", "new"], 0),
            (&["describe", "none"], 3),
        ] {
            home.keypair_with(words).ends_with(code);
        }
        // `prune` deleted the expired one.
        let left = expected["KeyPairs"].as_array().unwrap().len() - 1;
        assert_eq!(home.pairs().len(), left);
        assert_intact(&home.path("registry"));
    }
}

/// A downgrade must not damage the registry.
#[test]
fn newer_registry_is_rejected_and_unchanged() {
    let home = Home::new();
    home.keypair("create a --type ed25519").success();
    let newer = rusqlite::Connection::open(home.registry()).unwrap();
    newer.pragma_update(None, "user_version", 1000).unwrap();
    drop(newer);
    let before = fs::read(home.registry()).unwrap();
    for line in ["describe", "create k --type ed25519", "delete a", "prune --expired --delete"] {
        home.keypair(line).fails_with(253).says(&["has version 1000", "update keypair"]);
    }
    assert_eq!(fs::read(home.registry()).unwrap(), before);
    assert_eq!(home.names_in(""), ["a.pem"]);
}

//! `delete` and `delete-key-pair`.

#[cfg(feature = "ec2")]
mod ec2;

use serde_json::json;

use crate::support::home::Home;

fn pairs() -> Home {
    let home = Home::new();
    for name in ["a", "b", "c"] {
        home.shell(&format!("keypair create {name} --type ed25519 --public-out {name}.pub"))
            .success();
    }
    home
}

fn names(home: &Home) -> String {
    let command = "keypair describe --query 'KeyPairs[].KeyName' --output text";
    home.shell(command).success().text().trim_end().replace('\t', " ")
}

#[test]
fn delete_removes_registration_and_keeps_private_key() {
    let home = pairs();
    let id = home.shell("keypair describe c --query KeyPairs[0].KeyPairId --output text");
    let id = id.success().text().trim_end().to_owned();
    let run = home.keypair(["delete", "a", "b"]).success().json();
    assert_eq!(run["Return"], true);
    assert_eq!(run["KeyPairs"][1]["KeyName"], "b");
    assert_eq!(names(&home), "c");
    let run = home.keypair(["delete", "--key-pair-id", &id]).success().json();
    assert_eq!(run["KeyPairs"][0]["KeyPairId"], id);
    assert_eq!(names(&home), "");
    assert!(["a.pem", "b.pem", "c.pem"].iter().all(|file| home.path(file).exists()));
}

#[test]
fn delete_unknown_name_deletes_nothing() {
    let home = pairs();
    let run = home.keypair(["delete", "a", "x", "b"]).fails_with(3);
    assert!(
        run.stderr.contains("(InvalidKeyPair.NotFound) when calling the DeleteKeyPair"),
        "{run}"
    );
    home.keypair(["delete", "a", "--key-pair-id", "key-0"]).fails_with(3);
    home.keypair(["delete", "a", "''", ""]).fails_with(5);
    home.keypair(["delete"]).fails_with(252);
    assert_eq!(names(&home), "a b c");
    let run = home.keypair(["delete", "a", "--dry-run"]).success();
    assert!(run.text().is_empty() && run.stderr.contains("DryRunOperation"));
    home.keypair(["delete", "x", "--dry-run"]).fails_with(3);
    assert_eq!(names(&home), "a b c");
    home.keypair(["delete", "a", "a"]).success();
    assert_eq!(names(&home), "b c");
}

#[test]
fn delete_key_pair_unknown_name_succeeds() {
    let home = pairs();
    let known = home.keypair(["delete-key-pair", "--key-name", "a"]).success().json();
    let members: Vec<_> = known.as_object().unwrap().keys().collect();
    assert_eq!(members, ["Return", "KeyPairId"]);
    let unknown = home.keypair(["delete-key-pair", "--key-name", "a"]).success();
    assert_eq!(unknown.json(), json!({"Return": true}));
    assert_eq!(unknown.text(), "{\n    \"Return\": true\n}\n");
    home.keypair(["delete-key-pair", "--key-pair-id", "key-0"]).fails_with(3);
    home.keypair(["delete-key-pair"]).fails_with(252);
    home.keypair(["delete-key-pair", "--key-name", "b", "--key-pair-id", "key-0"]).fails_with(252);
    home.keypair(["delete-key-pair", "--key-name", "b", "--dry-run"]).success();
    assert_eq!(names(&home), "b c");
}

#[test]
fn delete_private_key_file_requires_matching_key() {
    let home = pairs();
    home.write("text", "not a key");
    let file = |path: &str| home.keypair(["delete", "a", "--private-key-file", path]);
    for (path, code, said) in [
        ("b.pem", 5, "b.pem is not the private key of `a`"),
        ("a.pub", 5, "a.pub is not the private key of `a`"),
        ("text", 5, "text"),
        ("none", 255, "cannot read none: No such file or directory"),
    ] {
        let run = file(path).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
    }
    std::os::unix::fs::symlink("a.pem", home.path("link")).unwrap();
    let run = file("link").fails_with(255);
    assert!(run.stderr.contains("link is a symbolic link, not a file"), "{run}");
    home.keypair(["delete", "a", "b", "--private-key-file", "a.pem"]).fails_with(252);
    home.keypair(["delete", "a", "--private-key-file", "a.pem", "--dry-run"]).success();
    assert_eq!(names(&home), "a b c");
    assert!(["a.pem", "a.pub", "b.pem", "text"].iter().all(|file| home.path(file).exists()));

    let run = file("a.pem").success().json();
    assert_eq!(run["PrivateKeyFile"], "a.pem");
    assert_eq!(names(&home), "b c");
    assert!(!home.path("a.pem").exists() && home.path("b.pem").exists());
}

#[test]
fn delete_private_key_file_accepts_encrypted_key() {
    let home = Home::new();
    home.write("pass", "correct horse");
    for (number, options) in
        ["", "--format pkcs8", "--format ppk", "--format openssh"].into_iter().enumerate()
    {
        let name = format!("k{number}");
        home.shell(&format!("keypair create {name} {options} --passphrase-file pass --out {name}"))
            .success();
        let delete = format!("keypair delete {name} --private-key-file {name}");
        if number < 2 {
            home.shell(&delete).fails_with(252);
            home.shell(&format!("KEYPAIR_PASSPHRASE=wrong {delete}")).fails_with(5);
        }
        home.shell(&format!("{delete} --passphrase-file pass")).success();
        assert!(!home.path(&name).exists());
    }
}

#[test]
fn file_with_other_contents_is_kept() {
    let home = pairs();
    home.shell(
        "{ echo TOKEN=x; echo \"KEY=\\\"$(cat a.pem)\\\"\"; } > env
         { cat a.pem; echo notes; } > after; { echo notes; cat a.pem; } > before
         cp a.pem fine; printf '\\n\\n' >> fine",
    )
    .success();
    for file in ["env", "after", "before"] {
        for options in ["--dry-run", ""] {
            let run = home.shell(&format!("keypair delete a --private-key-file {file} {options}"));
            let run = run.fails_with(5);
            assert!(run.stderr.contains("contains more than a private key"), "{run}");
        }
        assert!(home.path(file).exists());
    }
    assert_eq!(names(&home), "a b c");
    home.keypair(["delete", "a", "--private-key-file", "fine"]).success();
    assert!(!home.path("fine").exists());
}

/// A pipe without a writer blocks its reader, and the other link would keep the key.
#[test]
fn delete_refuses_pipe_and_hard_link() {
    let home = pairs();
    home.shell("mkfifo pipe; ln a.pem other").success();
    for (file, code, said) in [
        ("pipe", 255, "pipe is a pipe, not a file"),
        ("a.pem", 5, "nothing was deleted: a.pem is one of 2 hard links to the same file"),
    ] {
        let run = home.keypair(["delete", "a", "--private-key-file", file]).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
    }
    assert_eq!(names(&home), "a b c");
    home.shell("rm other; keypair delete a --private-key-file a.pem").success();
    assert_eq!(names(&home), "b c");
}

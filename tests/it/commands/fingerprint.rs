//! `fingerprint` and `verify`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::home::Home;

fn vectors(name: &str) -> String {
    format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn fingerprints_match_ec2_and_openssh() {
    let home = Home::new();
    let table: Value =
        serde_json::from_slice(&fs::read(vectors("fingerprints.json")).unwrap()).unwrap();
    for row in table["files_in_keys"].as_array().unwrap() {
        let name = row["key"].as_str().unwrap();
        let plain = if row["type"] == "rsa" { "pem" } else { "openssh" };
        for form in [plain, "v2.ppk", "v3.ppk", "v2.enc.ppk", "v3.enc.ppk"] {
            let file = vectors(&format!("keys/{name}.{form}"));
            let pass = vectors("keys/pass");
            let answer =
                home.keypair(["fingerprint", &file, "--passphrase-file", &pass]).success().json();
            let key = &answer["Keys"][0];
            assert_eq!(key["CreatedFingerprint"], row["ec2_created"], "{file}");
            assert_eq!(key["ImportedFingerprint"], row["ec2_imported"], "{file}");
            assert_eq!(key["SHA256"], row["openssh_sha256"], "{file}");
            assert_eq!(key["MD5"], row["openssh_md5"], "{file}");
        }
        // Without the passphrase, only the public key is available.
        let file = vectors(&format!("keys/{name}.v3.enc.ppk"));
        let key = home.keypair(["fingerprint", &file]).success().json()["Keys"][0].clone();
        let created = if row["type"] == "rsa" { &Value::Null } else { &row["ec2_created"] };
        assert_eq!(&key["CreatedFingerprint"], created);
        assert_eq!(key["SHA256"], row["openssh_sha256"]);
    }
}

#[test]
fn randomart_matches_openssh() {
    let home = Home::new();
    for (key_type, bits) in [("rsa", "2048"), ("rsa", "1024"), ("ed25519", "256")] {
        home.shell(&format!(
            "rm -f k k.pub; ssh-keygen -q -t {key_type} -b {bits} -N '' -C 'a b' -f k"
        ))
        .success();
        let theirs = home.shell("ssh-keygen -lv -f k.pub").success();
        let ours = home.keypair(["fingerprint", "--randomart", "k.pub"]).success();
        assert_eq!(ours.text(), theirs.text());
    }
}

#[test]
fn verify_finds_pairs_of_file() {
    let home = Home::new();
    home.write("pass", "correct horse");
    home.shell("keypair create made --public-out made.pub").success();
    home.shell("keypair import again made.pub").success();
    home.shell("keypair create other --type ed25519 --passphrase-file pass").success();
    let names = |words: &str| {
        let query = "--query 'KeyPairs[].KeyName' --output text";
        home.shell(&format!("keypair verify {words} {query}"))
    };
    assert_eq!(names("made.pem").success().text(), "made\tagain\n");
    assert_eq!(names("made.pub").success().text(), "made\tagain\n");
    assert_eq!(names("other.pem").success().text(), "other\n");
    assert_eq!(names("made.pem --key-name again").success().text(), "again\n");
    let by = "keypair verify made.pem --query 'KeyPairs[].MatchedBy' --output text";
    assert_eq!(
        home.shell(by).success().text(),
        "PublicKey\tCreatedFingerprint\nPublicKey\tImportedFingerprint\n"
    );

    let no = home.keypair(["verify", "made.pem", "--key-name", "other"]);
    assert_eq!((no.code, no.json()["Match"].as_bool()), (Some(1), Some(false)));
    home.shell("ssh-keygen -q -t ed25519 -N '' -f stranger").success();
    assert_eq!(home.keypair(["verify", "stranger"]).code, Some(1));
    home.keypair(["verify", "made.pem", "--key-name", "none"]).fails_with(3);
    home.keypair(["verify", "pass"]).fails_with(5);
    home.keypair(["verify", "none"]).fails_with(255);
    home.keypair(["verify"]).fails_with(252);
    home.keypair(["fingerprint", "pass"]).fails_with(5);
    home.keypair(["fingerprint"]).fails_with(252);
    assert!(Path::new(&vectors("keys/pass")).exists());
}

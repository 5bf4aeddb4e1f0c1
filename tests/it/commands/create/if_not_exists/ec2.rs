//! `create --if-not-exists` in EC2.

use super::*;
use crate::support::moto::Account;

fn account() -> Account {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    account
}

#[test]
fn create_again_finds_pair_in_ec2() {
    let account = account();
    let home = account.home();
    for options in ["--type ed25519", "--type rsa", "--type rsa --format ppk"] {
        let words = format!("keypair create web --if-not-exists {options} --out k");
        let made = home.shell(&words);
        let answer = made.json();
        assert!(changed(made));
        let before = state(home, "k");
        let again = home.shell(&words);
        for member in ["KeyPairId", "KeyName", "KeyFingerprint", "KeyType", "PrivateKeyFile"] {
            assert_eq!(again.json()[member], answer[member]);
        }
        assert!(!again.stderr.contains("Windows"), "{again}");
        assert!(!changed(again));
        assert_eq!(state(home, "k"), before);
        assert!(home.shell(&format!("{words} --dry-run")).success().text().is_empty());
        let run = home.shell("keypair create web --if-not-exists --out absent").fails_with(4);
        assert!(run.stderr.contains("the private key file absent is missing"), "{run}");
        assert!(!changed(home.shell("keypair import web k --if-not-exists --tag a=b")));
        home.shell("keypair create other --type ed25519").success();
        let run = home.shell("keypair import web other.pem --if-not-exists").fails_with(4);
        assert!(run.stderr.contains(&fingerprint(home, "other.pem", "SHA256")), "{run}");
        let run = home.shell("keypair create other --if-not-exists --out k").fails_with(4);
        assert!(run.stderr.contains(&fingerprint(home, "k", "SHA256")), "{run}");
        home.shell("keypair delete web other; rm -f k other.pem").success();
    }
    let run = home.shell("keypair create web --if-not-exists --generate ec2").fails_with(252);
    assert!(run.stderr.contains("before its private key is in a file"), "{run}");
}

/// The fingerprint of a pair that EC2 generated covers the private key.
#[test]
fn create_finds_pair_that_ec2_generated() {
    let account = account();
    let home = account.home();
    for key_type in ["rsa", "ed25519"] {
        let words = format!("--type {key_type} --out {key_type}");
        home.shell(&format!("keypair create {key_type} --generate ec2 {words}")).success();
        assert!(!changed(
            home.shell(&format!("keypair create {key_type} --if-not-exists {words}"))
        ));
        let import = format!("keypair import {key_type} {key_type} --if-not-exists");
        assert!(!changed(home.shell(&import)));
    }
}

#[test]
fn concurrent_processes_create_one_pair_in_ec2() {
    let account = account();
    check_race(account.home(), "keypair create web --if-not-exists --type ed25519");
}

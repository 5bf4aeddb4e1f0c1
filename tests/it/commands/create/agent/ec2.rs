//! `--add-to-agent` with key pairs in EC2.

use std::time::Duration;

use super::{agent_of, keys};
use crate::aws::ec2::home_of;
use crate::commands::create::generate::{PRIVATE_KEY, generating_server};
use crate::support::home::Home;
use crate::support::ssh_agent::SshAgent;
use crate::support::stub::{Answer, Stub};

fn agent(stub: &Stub) -> (Home, SshAgent) {
    agent_of(home_of(stub))
}

#[test]
fn generated_key_is_added_to_agent() {
    let stub = generating_server(PRIVATE_KEY, Duration::ZERO);
    let (home, _agent) = agent(&stub);
    let files = home.files();
    let words = "create web --type ed25519 --generate ec2 --add-to-agent --out none";
    let answer = home.shell(&format!("keypair {words}")).success().json();
    assert_eq!(answer["Agent"], true);
    assert!(answer.get("KeyMaterial").is_none());
    assert_eq!(home.files(), files);
    home.write("made", PRIVATE_KEY);
    let public = home.shell("chmod 600 made; ssh-keygen -y -f made").success();
    let bare = |line: &str| line.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(bare(&keys(&home)[0]), bare(public.text().trim_end()));
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

#[test]
fn generated_pair_is_deleted_when_agent_refuses() {
    let stub = generating_server(PRIVATE_KEY, Duration::ZERO);
    let (home, _agent) = agent(&stub);
    home.shell("ssh-add -x").success();
    let files = home.files();
    for options in ["", "--out none", "--out -"] {
        let words = format!("create web --type ed25519 --generate ec2 --add-to-agent {options}");
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("refused the request"), "{run}");
        assert!(run.stderr.contains("deleted again"), "{run}");
        assert_eq!(run.text(), "");
    }
    assert_eq!((stub.count("CreateKeyPair"), stub.count("DeleteKeyPair")), (3, 3));
    assert_eq!(home.files(), files);
}

#[test]
fn failed_delivery_removes_key_from_agent() {
    let stub = generating_server(PRIVATE_KEY, Duration::ZERO);
    let (home, _agent) = agent(&stub);
    let words = "create web --type ed25519 --generate ec2 --add-to-agent --out - > /dev/full";
    home.shell(&format!("keypair {words}")).fails_with(255);
    assert_eq!(keys(&home), [""; 0]);
    assert_eq!(stub.count("DeleteKeyPair"), 1);
}

#[test]
fn uncertain_registration_keeps_key_in_agent() {
    let stub = Stub::start(|body| match body.starts_with("Action=ImportKeyPair&") {
        true => Answer::Cut,
        false => Answer::no_pairs(),
    });
    let (home, _agent) = agent(&stub);
    let words = "create web --type ed25519 --add-to-agent --cli-read-timeout 1";
    let run = home.shell(&format!("keypair {words} --out none")).fails_with(254);
    assert!(run.stderr.contains("the private key is kept in the ssh-agent"), "{run}");
    assert_eq!(keys(&home).len(), 1);
    let run = home.shell(&format!("keypair {words}")).fails_with(254);
    assert!(run.stderr.contains("is kept in web.pem and the ssh-agent"), "{run}");
    assert_eq!(keys(&home).len(), 2);
}

#[test]
fn refused_registration_removes_key_from_agent() {
    let stub = Stub::start(|body| match body.starts_with("Action=ImportKeyPair&") {
        true => Answer::error(400, "KeyPairLimitExceeded", "no more"),
        false => Answer::no_pairs(),
    });
    let (home, _agent) = agent(&stub);
    let files = home.files();
    for options in ["", "--out none"] {
        let words = format!("create web --type ed25519 --add-to-agent {options}");
        let run = home.shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("KeyPairLimitExceeded"), "{run}");
        assert_eq!(keys(&home), [""; 0]);
        assert_eq!(home.files(), files);
    }
    assert_eq!(stub.count("ImportKeyPair"), 2);
}

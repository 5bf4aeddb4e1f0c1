//! `known-hosts`.

use std::fs;

use super::{ID, Machine, World, cloud};
use crate::support::home::Home;

/// Returns a console output with the public keys in these files, in base64.
pub(super) fn console(keys: &[&str]) -> String {
    let home = Home::new();
    let mut text = "[    0.000000] Linux\r\n".to_owned();
    let mut log =
        |line: &str| text.push_str(&format!("<14>Apr  9 22:06:30 cloud-init: {line}\r\n"));
    log("-----BEGIN SSH HOST KEY KEYS-----");
    keys.iter().for_each(|key| log(key.trim()));
    log("-----END SSH HOST KEY KEYS-----");
    home.write("console", text + "web login: ");
    home.shell("openssl base64 -in console").success().text().to_owned()
}

/// Returns new host keys of all types.
fn keys() -> [String; 3] {
    let home = Home::new();
    home.shell(
        "for t in ed25519 ecdsa rsa; do ssh-keygen -q -t $t -N '' -C root@ip-10-0-0-1 -f $t; done",
    )
    .success();
    ["ed25519.pub", "ecdsa.pub", "rsa.pub"].map(|name| String::from_utf8(home.read(name)).unwrap())
}

fn world(console: Vec<String>) -> World {
    World { machines: vec![Machine::linux(), Machine::windows()], console, ..World::default() }
}

const TUX: &str = "i-0123456789abcdef1";

#[test]
fn printed_lines_are_found_by_ssh_keygen() {
    let keys = keys();
    let (_stub, home) = cloud(world(vec![console(&keys.each_ref().map(String::as_str))]));
    let run = home.shell("keypair known-hosts tux > known").success();
    assert!(run.stderr.is_empty(), "{run}");
    assert_eq!(String::from_utf8(home.read("known")).unwrap().lines().count(), 3);
    // Another network may have the same private address.
    home.shell("ssh-keygen -F 10.0.0.1 -f known").fails_with(1);
    home.shell("keypair known-hosts tux --address private > private").success();
    home.shell("ssh-keygen -F 192.0.2.1 -f private").fails_with(1);
    for (name, file) in [
        (TUX, "known"),
        ("192.0.2.1", "known"),
        ("ec2-192-0-2-1.example.com", "known"),
        (TUX, "private"),
        ("10.0.0.1", "private"),
    ] {
        let found = home.shell(&format!("ssh-keygen -F {name} -f {file}")).success();
        for key in &keys {
            let base64 = key.split(' ').nth(1).unwrap();
            assert!(found.text().contains(base64), "{found}");
        }
    }
    let run = home.keypair(["known-hosts", TUX, "--output", "json"]).success();
    let host = &run.json()["KnownHosts"][0];
    assert_eq!(host["InstanceId"], TUX);
    assert_eq!(host["HostKeys"][0]["KeyType"], "ssh-ed25519");
    home.keypair(["known-hosts", TUX, "none"]).fails_with(3);
    home.keypair(["known-hosts"]).fails_with(252);
    home.keypair(["known-hosts", "--", "-x"]).fails_with(252);
}

#[test]
fn append_keeps_all_other_lines() {
    let [key, ..] = keys();
    let (_stub, home) = cloud(world(vec![console(&[&key])]));
    let run = home.keypair(["known-hosts", "tux", "--append"]).success();
    assert!(run.text().is_empty() && run.stderr.contains("added one line to"), "{run}");
    assert_eq!(home.mode("../home/.ssh"), 0o700);
    assert_eq!(home.mode("../home/.ssh/known_hosts"), 0o600);
    let run = home.keypair(["known-hosts", "tux", "--append"]).success();
    assert!(run.stderr.contains("added 0 lines to"), "{run}");

    let old = "# mine\n|1|x|y ssh-ed25519 AAAA\n\n192.0.2.2 ssh-ed25519 AAAAother\r\n@revoked * ssh-rsa A";
    home.write("known", old);
    home.shell("chmod 644 known; ln -s known link").success();
    home.keypair(["known-hosts", "tux", "--append=link"]).success();
    let text = String::from_utf8(home.read("known")).unwrap();
    let added = text.strip_prefix(old).unwrap();
    assert!(added.starts_with(&format!("\n{TUX},")) && added.ends_with('\n'), "{text}");
    assert_eq!(added.lines().count(), 2);
    assert!(fs::symlink_metadata(home.path("link")).unwrap().is_symlink());
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -f other; k=$(cut -d' ' -f1,2 other.pub)
         echo \"192.0.2.1 $k\" > plain; cp plain hashed; ssh-keygen -q -H -f hashed; echo \"*,!tux $k\" > pattern",
    )
    .success();
    for (file, name) in [("plain", "192.0.2.1"), ("hashed", "192.0.2.1"), ("pattern", TUX)] {
        let before = home.read(file);
        let run = home.keypair(["known-hosts", "tux", &format!("--append={file}")]).fails_with(5);
        assert!(
            run.stderr.contains(&format!("{file}: line 1 has another key for {name}")),
            "{run}"
        );
        assert_eq!(home.read(file), before);
        let hint = format!("hint: run `ssh-keygen -R {name} -f {file}` to delete it");
        assert!(run.stderr.contains(&hint), "{run}");
    }
    home.keypair(["known-hosts", "tux", "--append=none/known"]).fails_with(255);
    home.keypair(["known-hosts", "tux", "--append=."]).fails_with(255);
}

#[test]
fn missing_host_keys_are_waited_for() {
    let [key, ..] = keys();
    let whole = console(&[&key]);
    let (_stub, home) = cloud(world(vec![String::new(), String::new(), whole]));
    let run = home.keypair(["known-hosts", "tux", "--wait=1m"]).success();
    assert!(
        run.text().starts_with(TUX) && run.stderr.contains("waiting for the host keys"),
        "{run}"
    );

    let home = Home::new();
    home.write("half", "-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA");
    let half = home.shell("openssl base64 -in half").success().text().to_owned();
    for (console, said) in [("", "has no host keys"), (&*half, "is incomplete")] {
        let (_stub, home) = cloud(world(vec![console.to_owned()]));
        for wait in [None, Some("--wait=1s")] {
            let run = home.keypair(["known-hosts", "tux"].into_iter().chain(wait)).fails_with(1);
            assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
        }
        let run = home.keypair(["known-hosts", ID, "--wait", "--append=k"]).fails_with(1);
        assert!(run.stderr.contains("with SSH only") && !home.path("k").exists(), "{run}");
    }
    let (_stub, home) = cloud(world(vec!["?".to_owned()]));
    home.keypair(["known-hosts", "tux"]).fails_with(254);
}

//! Keys in ssh-agents: OpenSSH's agent and the built-in one.

#[cfg(feature = "ec2")]
mod ec2;

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use keypair::agent::{AgentServer, HeldKey};
use keypair::format::{Comment, read_private};

use crate::support::home::Home;
use crate::support::ssh_agent::SshAgent;

fn agent() -> (Home, SshAgent) {
    agent_of(Home::new())
}

fn agent_of(mut home: Home) -> (Home, SshAgent) {
    // The answer to every prompt of OpenSSH.
    home.shell("printf '#!/bin/sh\\necho yes\\n' > askpass; chmod +x askpass").success();
    home.set("SSH_ASKPASS", home.path("askpass"));
    home.set("SSH_ASKPASS_REQUIRE", "force");
    let agent = SshAgent::start(&mut home);
    (home, agent)
}

/// Returns the public keys in the agent, one per line.
fn keys(home: &Home) -> Vec<String> {
    let run = home.shell("ssh-add -L");
    match run.code {
        Some(0) => run.text().lines().map(str::to_owned).collect(),
        _ => {
            assert!(run.text().contains("The agent has no identities"), "{run}");
            Vec::new()
        }
    }
}

fn names(home: &Home) -> Vec<String> {
    let run = home.shell("keypair describe --query KeyPairs[].KeyName --output text").success();
    run.text().split_whitespace().map(str::to_owned).collect()
}

fn public_key(home: &Home, name: &str) -> String {
    let query = "--include-public-key --query KeyPairs[0].PublicKey --output text";
    let run = home.shell(&format!("keypair describe {name} {query}")).success();
    run.text().trim_end().to_owned()
}

/// Signs with the agent's key and verifies the signature. `k.pub` contains the public key.
fn assert_signs(home: &Home) {
    home.write("data", "signed text");
    home.shell(
        "set -e
         rm -f data.sig
         ssh-keygen -Y sign -f k.pub -n file data
         printf 'me ' > allowed; cat k.pub >> allowed
         ssh-keygen -Y verify -f allowed -I me -n file -s data.sig < data
         ! ssh-keygen -Y verify -f allowed -I me -n file -s data.sig < k.pub",
    )
    .success();
}

#[test]
fn create_adds_key_to_agent_and_file() {
    let (home, _agent) = agent();
    for (name, options) in [("ed", "--type ed25519"), ("rsa", "--format ppk --comment 'a b'")] {
        let answer =
            home.shell(&format!("keypair create {name} {options} --add-to-agent")).success().json();
        assert_eq!(answer["Agent"], true);
        let file = answer["PrivateKeyFile"].as_str().unwrap();
        assert_eq!(home.mode(file), 0o400);
        home.shell(&format!("keypair verify {file} --key-name {name}")).success();
    }
    let (found, ed, rsa) = (keys(&home), public_key(&home, "ed"), public_key(&home, "rsa"));
    assert_eq!(found[0], ed);
    assert_eq!(found[1], rsa.replace(" rsa", " a b"));
    let plain = home.keypair(["create", "plain", "--type", "ed25519"]).success().json();
    assert!(plain.get("Agent").is_none());
    assert_eq!(keys(&home).len(), 2);
}

#[test]
fn create_out_none_keeps_key_only_in_agent() {
    let (home, _agent) = agent();
    for options in ["--type ed25519", "--type rsa"] {
        home.shell("ssh-add -qD").success();
        let name = options.replace("--type ", "");
        let run = home.shell(&format!(
            "keypair create {name} {options} --add-to-agent=8h --out none --public-out k.pub --force"
        ));
        let answer = run.success().json();
        let members: Vec<_> = answer.as_object().unwrap().keys().collect();
        let expected =
            ["KeyPairId", "KeyType", "KeyName", "KeyFingerprint", "PublicKeyFile", "Agent"];
        assert_eq!(members, expected);
        assert_eq!(keys(&home), [public_key(&home, &name)]);
        assert_signs(&home);
    }
    let private = home.shell("grep -rl PRIVATE . \"$HOME\"");
    assert_eq!(private.text(), "");
    home.shell("keypair create file --type ed25519 --out ./none && ssh-keygen -y -f none")
        .success();
}

#[test]
fn agent_key_expires_and_requires_confirmation() {
    let (home, _agent) = agent();
    home.shell("keypair create a --type ed25519 --add-to-agent=1s --out none").success();
    home.shell("keypair create b --type ed25519 --add-to-agent --ttl 1s --out none").success();
    home.shell("keypair create c --type ed25519 --add-to-agent=1h --ttl 1s --out none").success();
    home.shell(
        "keypair create d --type ed25519 --add-to-agent --out none \
         --expires-at \"$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ 2> /dev/null ||
                          date -u -v+2S +%Y-%m-%dT%H:%M:%SZ)\"",
    )
    .success();
    thread::sleep(Duration::from_millis(3500));
    assert_eq!(keys(&home), [public_key(&home, "c")]);

    home.shell(
        "keypair create k --type ed25519 --add-to-agent --confirm --out none --public-out k.pub",
    )
    .success();
    // The agent has already taken the path of askpass from its environment.
    assert_signs(&home);
    home.shell("printf '#!/bin/sh\\nexit 1\\n' > askpass").success();
    home.shell("ssh-keygen -Y sign -f k.pub -n file data").fails_with(255);
}

#[test]
fn create_without_agent_changes_nothing() {
    let mut home = Home::new();
    let before = home.files();
    for options in ["", "--out none", "--dry-run", "--type ed25519 --out -"] {
        let run = home.shell(&format!("keypair create k --add-to-agent {options}")).fails_with(253);
        assert!(run.stderr.contains("SSH_AUTH_SOCK is not set"), "{run}");
        assert!(run.stderr.contains("hint: run `ssh-agent \"$SHELL\"`"), "{run}");
    }
    home.set("SSH_AUTH_SOCK", home.path("nobody"));
    for options in ["", "--out none", "--dry-run", "--type ed25519 --out -"] {
        let run = home.shell(&format!("keypair create k --add-to-agent {options}")).fails_with(253);
        assert!(run.stderr.contains("no agent is running at"), "{run}");
        assert!(run.stderr.contains("hint: run `ssh-agent \"$SHELL\"`"), "{run}");
    }
    assert_eq!(home.files(), before);
}

#[test]
fn create_with_hanging_agent_times_out() {
    let mut home = Home::new();
    home.set("SSH_AUTH_SOCK", home.path("hangs"));
    let listener = UnixListener::bind(home.path("hangs")).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || stream.unwrap().read_to_end(&mut Vec::new()));
        }
    });
    let before = home.files();
    let run = home.shell("keypair create k --add-to-agent --out none").fails_with(254);
    assert!(run.stderr.contains("did not respond in time"), "{run}");
    assert_eq!(home.files(), before);
}

#[test]
fn create_with_refusing_agent_changes_nothing() {
    let (home, _agent) = agent();
    home.shell("ssh-add -x").success();
    home.shell("keypair create k --add-to-agent --dry-run").success();
    let before = home.files();
    for options in ["", "--out none", "--public-out k.pub", "--out -"] {
        let run = home.shell(&format!("keypair create k --type ed25519 --add-to-agent {options}"));
        let run = run.fails_with(254);
        assert!(run.stderr.contains("refused the request"), "{run}");
        assert_eq!(run.text(), "");
    }
    assert_eq!(home.files(), before);
    home.shell("ssh-add -X").success();
    assert_eq!(keys(&home), [""; 0]);
    assert_eq!(names(&home), [""; 0]);
}

/// Starts an agent without keys. `answer` maps other request types to response types, and `None`
/// closes the connection.
fn fake_agent(home: &mut Home, answer: fn(u8) -> Option<u8>) {
    home.set("SSH_AUTH_SOCK", home.path("false"));
    let listener = UnixListener::bind(home.path("false")).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut prefix = [0; 4];
            stream.read_exact(&mut prefix).unwrap();
            let mut question = vec![0; usize::try_from(u32::from_be_bytes(prefix)).unwrap()];
            stream.read_exact(&mut question).unwrap();
            let answer = match question[0] {
                11 => b"\0\0\0\x05\x0c\0\0\0\0".to_vec(),
                kind => answer(kind).map_or(vec![], |answer| vec![0, 0, 0, 1, answer]),
            };
            stream.write_all(&answer).unwrap();
        }
    });
}

#[test]
fn error_names_agent_that_may_hold_key() {
    for (answer, stays) in [
        // The agent closes each connection, or accepts the request to delete the key.
        ((|_| None) as fn(u8) -> Option<u8>, true),
        (|kind| (kind == 18).then_some(6), false),
        (|kind| (kind == 18).then_some(5), false),
        (|kind| (kind == 17).then_some(99), true),
    ] {
        let mut home = Home::new();
        fake_agent(&mut home, answer);
        let before = home.files();
        let run = home.shell("keypair create k --type ed25519 --add-to-agent");
        assert!(matches!(run.code, Some(253 | 254)), "{run}");
        assert_eq!(run.stderr.contains("may still hold the key of `k`"), stays, "{run}");
        assert_eq!(home.files(), before);
        assert_eq!(names(&home), [""; 0]);
    }
}

#[test]
fn failed_registration_removes_key_from_agent() {
    let (home, _agent) = agent();
    // The limit is too small for the registry.
    for options in ["", "--out none"] {
        let create = "keypair create k --type ed25519 --add-to-agent --registry-file r/new";
        let run = home.shell(&format!("ulimit -f 8; {create} {options}")).fails_with(253);
        assert!(run.stderr.contains("cannot use the registry"), "{run}");
        assert_eq!(keys(&home), [""; 0]);
        assert!(!home.path("k.pem").exists());
    }
    let full = "keypair create k --type ed25519 --add-to-agent --out - > /dev/full";
    home.shell(full).fails_with(255);
    assert_eq!(keys(&home), [""; 0]);
    home.shell("keypair create k --type ed25519 --out kept.pem").success();
    home.shell("keypair create k --type ed25519 --add-to-agent --out none").fails_with(4);
    assert_eq!(keys(&home), [""; 0]);
}

#[test]
fn create_rejects_invalid_agent_options() {
    let (home, _agent) = agent();
    let before = home.files();
    for (options, said) in [
        ("--out none", "./none"),
        ("--out none --count 2", "./none"),
        ("--confirm", "--add-to-agent"),
        ("--add-to-agent --count 2", "--count"),
        ("--add-to-agent=8x", "--add-to-agent"),
        ("--add-to-agent=", "--add-to-agent"),
        ("--add-to-agent=0s", "--add-to-agent"),
        ("--add-to-agent --out none --passphrase", "not written to a file"),
    ] {
        let run = home.shell(&format!("keypair create k {options}")).fails_with(252);
        assert!(run.stderr.contains(said), "{options}: {run}");
    }
    assert_eq!(home.files(), before);
    assert_eq!(keys(&home), [""; 0]);
    // The next word is the name, not the lifetime.
    home.shell("keypair create --type ed25519 --add-to-agent k --out none").success();
    assert_eq!(names(&home), ["k"]);
}

#[test]
fn openssh_signs_with_builtin_agent() {
    let mut home = Home::new();
    home.set("SSH_AUTH_SOCK", home.path("own"));
    for options in ["--type ed25519", "--type rsa"] {
        let create = "keypair create --force --out k --public-out k.pub";
        home.shell(&format!("{create} {options}")).success();
        let key = read_private(&home.read("k"), None).unwrap().key;
        home.shell("rm -f k").success();
        let comment = Comment::new("held").unwrap();
        let key = HeldKey::new(key, &comment).unwrap();
        let holder = AgentServer::start(&home.path("own"), key).unwrap();
        assert_eq!(home.mode("own"), 0o600);
        let listed = home.shell("ssh-add -L").success();
        let public = String::from_utf8(home.read("k.pub")).unwrap();
        let bare = |line: &str| line.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(bare(listed.text()), bare(&public));
        assert!(listed.text().ends_with(" held\n"), "{listed}");
        assert_signs(&home);
        for refused in ["ssh-add -D", "ssh-add -x < /dev/null", "ssh-add -d k.pub"] {
            assert_ne!(home.shell(refused).code, Some(0), "{refused}");
        }
        assert_signs(&home);
        drop(holder);
        assert!(!home.path("own").exists());
        home.shell("ssh-add -L").fails_with(2);
    }
}

//! `--if-not-exists`: existing pairs and files stay unchanged, and conflicts are errors.

#[cfg(feature = "ec2")]
mod ec2;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

use serde_json::Value;

use crate::support::home::Home;
use crate::support::run::Run;

/// The parts of a file that stay the same if nothing has touched it: inode, mode, times and
/// content.
fn state(home: &Home, name: &str) -> (u64, u32, i64, i64, Vec<u8>) {
    let found = fs::metadata(home.path(name)).unwrap();
    (found.ino(), found.mode(), found.mtime_nsec(), found.ctime_nsec(), home.read(name))
}

fn changed(run: Run) -> bool {
    let answer = run.success().json();
    let members: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.last().unwrap(), "Changed");
    answer["Changed"].as_bool().unwrap()
}

/// Returns a fingerprint of a file from `keypair fingerprint`.
fn fingerprint(home: &Home, file: &str, member: &str) -> String {
    let words = format!("keypair fingerprint {file} --query Keys[0].{member} --output text");
    home.shell(&words).success().text().trim_end().to_owned()
}

#[test]
fn create_again_finds_existing_pair() {
    let home = Home::new();
    for options in [
        "--type ed25519",
        "--type rsa --bits 2048",
        "",
        "--type ed25519 --format ppk",
        "--type ed25519 --out sub/k --public-out sub/k.pub --tag a=b",
        "--type ed25519 --format pkcs8",
    ] {
        let home = Home::new();
        home.shell("mkdir sub").success();
        let words = format!("keypair create web --if-not-exists {options}");
        let made = home.shell(&words);
        let file = made.json()["PrivateKeyFile"].as_str().unwrap().to_owned();
        let answer = made.json();
        assert!(changed(made), "{options}");
        let before = state(&home, &file);
        let files = home.files();
        let again = home.shell(&words);
        assert_eq!(again.stderr, "");
        let mut found = again.json();
        assert!(!changed(again), "{options}");
        found["Changed"] = Value::Bool(true);
        assert_eq!(found, answer);
        assert_eq!(state(&home, &file), before);
        assert_eq!(home.files(), files);
        let dry = home.shell(&format!("{words} --dry-run")).success();
        assert!(dry.text().is_empty() && dry.stderr.contains("DryRunOperation"), "{dry}");
    }
    let dry = home.shell("keypair create web --if-not-exists --dry-run").success();
    assert!(dry.text().is_empty() && dry.stderr.contains("DryRunOperation"), "{dry}");
    assert!(home.files().is_empty());
    // The member is absent without the option.
    let plain = home.shell("keypair create web --type ed25519").success().json();
    assert!(plain.get("Changed").is_none());
}

#[test]
fn create_conflicting_pair_fails_with_both_fingerprints() {
    let home = Home::new();
    home.shell("keypair create web --type ed25519; keypair create other --type ed25519").success();
    let web = [
        fingerprint(&home, "web.pem", "ImportedFingerprint"),
        fingerprint(&home, "web.pem", "SHA256"),
    ];
    let other = [
        fingerprint(&home, "other.pem", "ImportedFingerprint"),
        fingerprint(&home, "other.pem", "SHA256"),
    ];
    home.write("text", "not a key");
    home.shell("mkfifo pipe; ln -s nowhere link; ssh-keygen -y -f web.pem > public").success();
    let files = home.files();
    let refused = |options: &str, code: i32, said: &[&str]| {
        for more in ["", " --dry-run"] {
            let words = format!("keypair create web --if-not-exists {options}{more}");
            let run = home.shell(&words).fails_with(code);
            assert!(run.text().is_empty(), "{run}");
            let sentence = run.stderr.lines().next().unwrap();
            assert!(said.iter().all(|said| sentence.contains(said)), "{run}");
            assert!(code == 255 || run.stderr.contains("keypair: hint: "), "{run}");
        }
    };
    refused("--out other.pem", 4, &[&web[0], &web[1], &other[0], &other[1], "other.pem"]);
    refused("--out absent", 4, &[&web[0], &web[1], "the private key file absent is missing"]);
    refused("--out absent/k", 4, &[&web[0], "the private key file absent/k is missing"]);
    refused("--out link", 4, &[&web[0], "the private key file link is missing"]);
    refused("--format ppk", 4, &[&web[0], "the private key file web.ppk is missing"]);
    refused("--out text", 4, &[&web[0], "cannot compare text with it"]);
    refused("--out public", 4, &[&web[0], "public does not contain its private key"]);
    refused("--public-out none", 4, &["the public key file none is missing"]);
    refused("--public-out other.pem", 4, &[&other[1]]);
    refused("--public-out web.pem", 4, &["web.pem does not contain its public key"]);
    refused("--out pipe", 255, &["pipe is a pipe"]);
    // Any key type satisfies a request without a type.
    assert!(!changed(home.shell("keypair create web --if-not-exists --public-out public")));
    refused("--type rsa", 4, &[&web[0], "ed25519", "not the requested type"]);
    refused("--bits 2048", 4, &[&web[0], "ed25519", "not the requested type"]);
    home.shell("keypair create long --bits 3072").success();
    let run = home.shell("keypair create long --if-not-exists --bits 2048").fails_with(4);
    assert!(run.stderr.contains("rsa of 3072 bits, not the requested type"), "{run}");
    assert!(!changed(home.shell("keypair create long --if-not-exists --type rsa")));
    home.shell("keypair delete long; rm -f long.pem").success();
    assert_eq!(home.files(), files);
}

#[test]
fn create_keeps_unregistered_file_and_fails() {
    let home = Home::new();
    home.shell("keypair create web --type ed25519; keypair delete web").success();
    let before = state(&home, "web.pem");
    let run = home.shell("keypair create web --if-not-exists --type ed25519").fails_with(4);
    assert!(run.stderr.contains("`web` is not registered, and web.pem already exists"), "{run}");
    assert!(run.stderr.contains("run `keypair import web web.pem` to register"), "{run}");
    assert_eq!(state(&home, "web.pem"), before);
    home.shell("keypair import web web.pem").success();
    assert!(!changed(home.shell("keypair create web --if-not-exists --type ed25519")));
    let run = home.shell("keypair create x --if-not-exists --out y --public-out web.pem");
    let run = run.fails_with(4);
    assert!(run.stderr.contains("web.pem already exists"), "{run}");
    assert!(!run.stderr.contains("--force"), "--force conflicts with the option: {run}");
    let run = home.shell("ln -s nowhere z.pem; keypair create z --if-not-exists").fails_with(4);
    assert!(run.stderr.contains("`z` is not registered, and z.pem already exists"), "{run}");
}

#[test]
fn create_compares_encrypted_file_by_public_key() {
    let home = Home::new();
    home.write("word", "sesame\n");
    home.write("wrong", "other\n");
    for (name, options, is_in_clear) in [
        ("a", "--type ed25519", true),
        ("b", "--type rsa --format ppk", true),
        ("c", "--type rsa", false),
        ("d", "--type ed25519 --format pkcs8", false),
    ] {
        let words = format!("keypair create {name} --if-not-exists {options}");
        assert!(changed(home.shell(&format!("{words} --passphrase-file word"))));
        assert!(!changed(home.shell(&format!("{words} --passphrase-file word"))));
        assert!(!changed(home.shell(&format!("KEYPAIR_PASSPHRASE=sesame {words} --passphrase"))));
        if is_in_clear {
            assert!(!changed(home.shell(&words)));
        } else {
            let run = home.shell(&words).fails_with(4);
            assert!(run.stderr.contains("its passphrase is required"), "{run}");
            assert!(run.stderr.contains("hint: pass `--passphrase-file PATH`"), "{run}");
        }
        let run = home.shell(&format!("{words} --passphrase-file wrong")).fails_with(4);
        assert!(run.stderr.contains("the passphrase is wrong"), "{run}");
        let plain = format!("keypair create plain-{name} --if-not-exists {options}");
        assert!(changed(home.shell(&plain)));
        let run = home.shell(&format!("{plain} --passphrase-file word")).fails_with(4);
        assert!(run.stderr.contains("is not encrypted"), "{run}");
        // The command in the hint keeps the format.
        let hint = format!("hint: run `keypair convert --in-place --new-passphrase plain-{name}");
        assert!(run.stderr.contains(&hint), "{run}");
    }
}

#[test]
fn create_warns_about_file_others_can_read() {
    let home = Home::new();
    let words = "keypair create web --type ed25519 --if-not-exists";
    assert!(changed(home.shell(words)));
    home.shell("chmod 640 web.pem").success();
    let run = home.shell(words).success();
    assert!(run.stderr.contains("warning: others can read web.pem"), "{run}");
    assert!(run.stderr.contains("hint: run `chmod 400 web.pem`"), "{run}");
    assert!(!changed(run));
}

#[test]
fn create_rejects_options_without_stable_result() {
    let home = Home::new();
    for (options, said) in [
        ("", "requires NAME"),
        ("web --out -", "cannot be used with `--out -`"),
        ("web --out /dev/stdout", "cannot be used with `--out -`"),
        ("web --generate ec2", "cannot be used with `--generate ec2`"),
        ("web --count 2", "--count"),
        ("web --force", "--force"),
    ] {
        let run = home.shell(&format!("keypair create --if-not-exists {options}")).fails_with(252);
        assert!(run.text().is_empty() && run.stderr.contains(said), "{run}");
    }
    assert!(home.files().is_empty());
}

#[test]
fn import_again_finds_existing_pair() {
    let home = Home::new();
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -f ed; ssh-keygen -q -t rsa -b 2048 -N '' -f rsa; \
         ssh-keygen -q -t ed25519 -N secret -f locked",
    )
    .success();
    for file in ["ed", "rsa", "locked"] {
        let words = format!("keypair import {file} {file}.pub --if-not-exists");
        assert!(home.shell(&format!("{words} --dry-run")).success().text().is_empty());
        let made = home.shell(&words);
        let answer = made.json();
        assert!(changed(made));
        for again in [words.clone(), format!("keypair import {file} {file} --if-not-exists")] {
            let run = home.shell(&again);
            assert_eq!(run.json()["KeyPairId"], answer["KeyPairId"]);
            assert!(!changed(run));
            assert!(home.shell(&format!("{again} --dry-run")).success().text().is_empty());
        }
        assert!(home.shell(&format!("{words} --quiet --tag a=b")).success().stderr.is_empty());
        for option in ["--tag a=b", "--ttl 8h"] {
            let run = home.shell(&format!("{words} {option}")).success();
            assert_eq!(run.json()["Tags"], Value::Array(Vec::new()));
            assert!(run.stderr.contains("its tags were not changed"), "{run}");
        }
    }
    for dry_run in ["", " --dry-run"] {
        let words = format!("keypair import ed rsa.pub --if-not-exists{dry_run}");
        let run = home.shell(&words).fails_with(4);
        for file in ["ed", "rsa"] {
            for member in ["ImportedFingerprint", "SHA256"] {
                assert!(run.stderr.contains(&fingerprint(&home, file, member)), "{run}");
            }
        }
    }
    home.shell("keypair import ed ed.pub").fails_with(4);
    // A pair created here has the fingerprint of its private key.
    home.shell("keypair create made").success();
    assert!(!changed(home.shell("keypair import made made.pem --if-not-exists")));
    let public =
        "keypair convert made.pem --public openssh | keypair import made - --if-not-exists";
    assert!(!changed(home.shell(public)));
    let run = home.shell("keypair import made rsa.pub --if-not-exists").fails_with(4);
    assert!(run.stderr.contains(&fingerprint(&home, "made.pem", "CreatedFingerprint")), "{run}");
    home.shell("keypair import - ed.pub --if-not-exists --tag a").fails_with(252);
}

#[test]
fn create_again_keeps_existing_tags() {
    let home = Home::new();
    let words = "keypair create web --if-not-exists --type ed25519 --tag a=b";
    assert!(changed(home.shell(words)));
    assert_eq!(home.shell(words).success().stderr, "");
    let run = home.shell(&format!("{words} --tag c=d")).success();
    assert!(run.stderr.contains("note: `web` already exists"), "{run}");
    assert_eq!(run.json()["Tags"].as_array().unwrap().len(), 1);
}

/// Runs a command line in eight processes at the same time.
fn race(home: &Home, words: &str) -> Vec<Run> {
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| home.shell(words))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

/// Asserts that one process created the pair and the others found it.
fn check_race(home: &Home, words: &str) {
    let runs = race(home, words);
    let answers: Vec<_> = runs.iter().map(Run::json).collect();
    let made = runs.into_iter().map(changed).filter(|made| *made).count();
    assert_eq!(made, 1, "{words}");
    for answer in &answers {
        assert_eq!(answer["KeyPairId"], answers[0]["KeyPairId"]);
        assert_eq!(answer["KeyFingerprint"], answers[0]["KeyFingerprint"]);
    }
    assert!(!changed(home.shell(words)));
    let mut files: Vec<_> = home.files();
    files.retain(|file| file.starts_with("work"));
    assert_eq!(files.iter().filter(|file| file.ends_with("web.pem")).count(), 1, "{files:?}");
}

#[test]
fn concurrent_processes_create_one_pair() {
    for round in 0..4 {
        let home = Home::new();
        check_race(&home, "keypair create web --if-not-exists --type ed25519");
        let home = Home::new();
        let options = if round == 0 { "--type rsa" } else { "--type ed25519 --public-out web.pub" };
        check_race(&home, &format!("keypair create web --if-not-exists {options}"));
        let import = "keypair import other web.pem --if-not-exists";
        let made = race(&home, import).into_iter().map(changed).filter(|made| *made).count();
        assert_eq!(made, 1);
    }
}

/// While another process locks the registry, the new file is in place but not registered. Other
/// processes wait for it, and a rollback removes it.
#[test]
fn create_waits_for_concurrent_registration() {
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    for signal in ["0", "TERM", "KILL"] {
        let home = Home::new();
        home.shell("keypair create seed --type ed25519").success();
        home.write(
            "holder",
            "import sqlite3, sys, time\n\
             connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
             connection.execute('BEGIN IMMEDIATE')\n\
             time.sleep(2)\n",
        );
        let words = "keypair create web --if-not-exists --type ed25519";
        let script = format!(
            "{python} holder \"$XDG_DATA_HOME/keypair/registry.sqlite3\" & sleep 0.5
             {words} > one & writer=$!
             sleep 0.4; test -e web.pem || echo late; {words} > two 2> said & sleep 0.2
             kill -{signal} $writer; wait $writer 2> /dev/null; wait"
        );
        let run = home.launch("bash").args(["-c", &script]).run();
        assert_eq!(run.text(), "", "{run}");
        let answer = home.read("two");
        let said = String::from_utf8(home.read("said")).unwrap();
        match signal {
            // The first process created it.
            "0" => {
                assert!(String::from_utf8_lossy(&answer).contains("\"Changed\": false"), "{said}");
            }
            // The first process rolled it back.
            "TERM" => {
                assert!(String::from_utf8_lossy(&answer).contains("\"Changed\": true"), "{said}");
            }
            // The first process was killed and left it.
            _ => assert!(answer.is_empty() && said.contains("`web` is not registered"), "{said}"),
        }
        if signal != "KILL" {
            assert!(!changed(home.shell(words)));
        }
    }
}

/// A process killed between file and registration does not block the others.
#[test]
fn file_of_killed_process_is_a_conflict() {
    let home = Home::new();
    home.shell("ssh-keygen -q -t ed25519 -N '' -f web.pem").success();
    for run in race(&home, "keypair create web --if-not-exists --type ed25519") {
        assert!(run.fails_with(4).stderr.contains("keypair import web web.pem"));
    }
}

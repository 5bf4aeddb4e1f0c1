//! `exec` with a key pair in EC2.

#[cfg(target_os = "linux")]
use std::os::unix::fs::DirBuilderExt;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_os = "linux")]
use base64::Engine;
#[cfg(target_os = "linux")]
use base64::engine::general_purpose::STANDARD;

use super::bash;
use crate::aws::ec2::home_of;
use crate::support::moto::Account;
#[cfg(target_os = "linux")]
use crate::support::stub::member;
use crate::support::stub::{Answer, Stub};

#[test]
fn exec_registers_pair_while_command_runs() {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    let home = account.home();
    for (end, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)] {
        let script = format!(
            "keypair exec --type ed25519 -- sh -c '
                 aws ec2 describe-key-pairs --key-pair-ids $KEYPAIR_ID --query \"KeyPairs[0].Tags[].Key\" --output text
                 keypair verify $KEYPAIR_PRIVATE_KEY_FILE --key-name $KEYPAIR_NAME --query Match
                 {end}'"
        );
        let run = home.shell(&script);
        assert_eq!(run.code, Some(code), "{run}");
        let tags = "keypair:expires-at\tkeypair:owner-host\tkeypair:owner-process";
        assert_eq!(run.text(), format!("{tags}\ntrue\n"), "{run}");
        let left = account.aws(["ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName"]);
        assert_eq!(left.success().text().trim(), "[]");
    }
    // A signal that ends the command does not prevent the deletion in EC2.
    for target in ["$!", "-$!"] {
        let script = format!(
            "set -m; keypair exec --type ed25519 -- sh -c 'echo > started; exec sleep 60' &
             until [ -e started ]; do sleep 0.01; done; rm started
             kill -INT -- {target}; wait $!"
        );
        let run = bash(home, &script).run();
        assert_eq!(run.code, Some(130), "{run}");
        let left = account.aws(["ec2", "describe-key-pairs", "--query", "KeyPairs[].KeyName"]);
        assert_eq!(left.success().text().trim(), "[]");
    }
}

#[test]
fn refused_deletion_is_reported_with_delete_hint() {
    let stub = Stub::start(|body| match body {
        body if body.starts_with("Action=ImportKeyPair&") => {
            Answer::imported(body, "key-00000000000000007")
        }
        body if body.starts_with("Action=DeleteKeyPair&") => {
            Answer::error(403, "UnauthorizedOperation", "You are not authorized.")
        }
        _ => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    for (status, expected) in [(0, 254), (7, 7)] {
        let run = home.shell(&format!("keypair exec --type ed25519 -- sh -c 'exit {status}'"));
        assert_eq!(run.code, Some(expected), "{run}");
        assert!(run.stderr.contains("UnauthorizedOperation"), "{run}");
        assert!(run.stderr.contains("when calling the DeleteKeyPair operation"), "{run}");
        assert!(run.stderr.contains("hint: run `keypair delete "), "{run}");
        assert!(!run.stderr.contains("--key-pair-id"), "{run}");
    }
}

/// Without a confirmed registration, `exec` runs nothing and asks EC2 to delete the pair.
#[test]
fn import_without_response_is_rolled_back() {
    static DELETED: AtomicBool = AtomicBool::new(false);
    let stub = Stub::start(|body| {
        if body.starts_with("Action=DeleteKeyPair&") {
            DELETED.store(true, Ordering::SeqCst);
            return Answer::response("DeleteKeyPair", "<return>true</return>");
        }
        match body.starts_with("Action=ImportKeyPair&") {
            true => Answer::Cut,
            false => Answer::no_pairs(),
        }
    });
    let home = home_of(&stub);
    let run = home.shell("keypair exec --type ed25519 -- touch ran").fails_with(254);
    assert!(run.stderr.contains("could not confirm that `"), "{run}");
    assert!(!home.path("ran").exists() && DELETED.load(Ordering::SeqCst));
}

#[test]
fn import_without_response_reports_deletion() {
    let stub = Stub::start(|body| match body {
        body if body.starts_with("Action=ImportKeyPair&") => Answer::Cut,
        body if body.starts_with("Action=DeleteKeyPair&") => {
            Answer::response("DeleteKeyPair", "<return>true</return><keyPairId>key-1</keyPairId>")
        }
        _ => Answer::no_pairs(),
    });
    let home = home_of(&stub);
    let run = home.keypair(["exec", "--type", "ed25519", "--", "touch", "ran"]).fails_with(254);
    assert!(run.stderr.contains("` was created, and deleted again\n"), "{run}");
    assert!(!run.stderr.contains("could not confirm"), "{run}");
    assert!(!run.stderr.contains("keypair describe"), "{run}");
    assert!(!home.path("ran").exists());
}

/// The state of a pair after its registration was interrupted.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Registered {
    No,
    Yes,
    /// The name has another key.
    OtherKey,
    /// The pair has none of the tags.
    Untagged,
}

/// Returns a server that registers a pair and does not respond until the second command.
#[cfg(target_os = "linux")]
fn hanging_server(state: Registered, request_file: std::path::PathBuf) -> Stub {
    let pair = std::sync::Mutex::new(None);
    Stub::start(move |body| match body {
        body if body.starts_with("Action=ImportKeyPair&") && !request_file.exists() => {
            let name = member(body, "KeyName").unwrap();
            let line = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap()).unwrap();
            let line = match state {
                Registered::OtherKey => OTHER_KEY.to_owned(),
                _ => String::from_utf8(line).unwrap(),
            };
            let tags = ["host", "process"]
                .map(|tag| format!("<item><key>keypair:owner-{tag}</key><value>1</value></item>"));
            let tags = if state == Registered::Untagged { String::new() } else { tags.concat() };
            *pair.lock().unwrap() = (state != Registered::No).then(|| {
                format!(
                    "<item><keyName>{name}</keyName><keyPairId>key-1</keyPairId>\
                     <publicKey>{line}</publicKey><tagSet>{tags}</tagSet></item>"
                )
            });
            std::fs::write(&request_file, "").unwrap();
            Answer::Hang
        }
        body if body.starts_with("Action=ImportKeyPair&") => Answer::imported(body, "key-2"),
        body if body.starts_with("Action=DeleteKeyPair&") => {
            let id = member(body, "KeyPairId");
            if id.as_deref() == Some("key-1") {
                *pair.lock().unwrap() = None;
            }
            let id = id.map(|id| format!("<keyPairId>{id}</keyPairId>")).unwrap_or_default();
            Answer::response("DeleteKeyPair", &format!("<return>true</return>{id}"))
        }
        _ => {
            let pair = pair.lock().unwrap().clone().unwrap_or_default();
            Answer::response("DescribeKeyPairs", &format!("<keySet>{pair}</keySet>"))
        }
    })
}

#[cfg(target_os = "linux")]
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqgtflIwSYLDmp7r8008TaKFNamOYEmrT4t+SnKOcT+";

/// `exec` is killed before it knows the ID of its pair.
#[cfg(target_os = "linux")]
#[test]
fn pair_of_exec_killed_during_registration_is_deleted() {
    for cleanup in ["prune --delete", "exec --type ed25519 -- true"] {
        for state in [Registered::No, Registered::Yes, Registered::OtherKey, Registered::Untagged] {
            let temp = tempfile::tempdir().unwrap();
            let request_file = temp.path().join("request");
            let stub = hanging_server(state, request_file.clone());
            let mut home = home_of(&stub);
            let runtime = home.path("../run");
            std::fs::DirBuilder::new().mode(0o700).create(&runtime).unwrap();
            let runtime = runtime.canonicalize().unwrap();
            home.set("XDG_RUNTIME_DIR", runtime.clone());
            home.set("REQUEST_FILE", request_file);
            let script = format!(
                "keypair exec --type ed25519 -- touch ran & process=$!
                 until [ -e \"$REQUEST_FILE\" ]; do sleep 0.01; done
                 ls -d \"$XDG_RUNTIME_DIR\"/keypair-exec-*/key > key
                 keypair prune --delete --query Folders
                 kill -KILL $process; wait $process 2> killed
                 ls -d \"$XDG_RUNTIME_DIR\"/keypair-exec-*/key > key
                 keypair {cleanup}"
            );
            let run = bash(&home, &script).run().success();
            // A running `exec` keeps its directory.
            assert!(run.text().starts_with("null\n") || run.text().starts_with("[]\n"), "{run}");
            assert_eq!(std::fs::read_dir(&runtime).unwrap().count(), 0, "{cleanup} {run}");
            let deleted = stub.bodies().into_iter().filter(|body| body.contains("=DeleteKeyPair&"));
            let name = Some(stub.imported()[0].clone());
            let is_of_first =
                |body: &String| body.contains("KeyPairId=key-1") || member(body, "KeyName") == name;
            let deleted = deleted.filter(is_of_first).count();
            let expected = usize::from(state == Registered::Yes);
            assert_eq!(deleted, expected, "{cleanup} {state:?} {run}");
        }
    }
}

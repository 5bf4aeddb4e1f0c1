//! `exec` with a key pair in EC2.

use std::sync::atomic::{AtomicBool, Ordering};

use super::bash;
use crate::aws::ec2::home_of;
use crate::support::moto::Account;
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

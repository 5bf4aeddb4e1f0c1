//! Changes by another process between the check of a file or pair and its deletion.

use std::os::unix::fs::chown;
use std::thread;
use std::time::Duration;

use super::trace::{self, Call};
use crate::support::home::Home;
use crate::support::run::Run;

const DELETE: [&str; 4] = ["delete", "old", "--private-key-file", "f.pem"];

fn home() -> Home {
    let home = Home::new();
    home.shell("keypair create old --type ed25519 --out f.pem").success();
    home
}

/// Runs a deletion with a pause of one second before each of these calls, and a script 0.4 seconds
/// after its start.
fn delete_with_pause(home: &Home, calls: &str, script: &str) -> (Run, Run) {
    let delay = format!("inject={calls}:delay_enter=1000000");
    let words = ["-qq", "-o", "/dev/null", "-e", &delay, "keypair"];
    thread::scope(|scope| {
        let delete = scope.spawn(|| home.launch("strace").args(words).args(DELETE).run());
        thread::sleep(Duration::from_millis(400));
        let other = home.shell(script);
        (delete.join().unwrap(), other)
    })
}

#[test]
fn force_waits_for_deletion_of_its_file() {
    for calls in ["unlinkat", "renameat2"] {
        let home = home();
        let script = "keypair create new --type ed25519 --out f.pem --force";
        let (deletion, creation) = delete_with_pause(&home, calls, script);
        deletion.success();
        creation.success();
        home.shell("keypair describe old").fails_with(3);
        home.keypair(["verify", "f.pem", "--key-name", "new"]).success();
        assert_eq!(home.files().iter().filter(|path| path.starts_with("work")).count(), 1);
    }
}

/// Some programs do not take the lock.
#[test]
fn replaced_file_is_not_deleted() {
    for (calls, script, kept) in [
        ("renameat2", "mv other f.pem", "f.pem"),
        ("renameat2", "cp other copy; mv copy f.pem; rm other", "f.pem"),
        ("renameat2", "chmod u+w f.pem; cat other > f.pem; rm other", "f.pem"),
        ("renameat2", "mv other f.pem; sleep 1; echo third > f.pem", "f.pem.1"),
    ] {
        let home = home();
        home.write("other", "precious");
        let (deletion, other) = delete_with_pause(&home, calls, script);
        other.success();
        let deletion = deletion.fails_with(255);
        let said = "the registration was deleted, the private key file was not: \
                    cannot remove f.pem: another program replaced or changed it";
        assert!(deletion.stderr.contains(said), "{deletion}");
        assert!(deletion.stderr.contains(&format!("`keypair verify {kept}`")), "{deletion}");
        assert_eq!(home.read(kept), b"precious");
        home.shell("keypair describe old").fails_with(3);
    }
}

/// Some programs do not take the lock.
#[test]
fn file_that_takes_the_name_is_not_replaced() {
    for call in ["linkat:delay_enter=1000000:when=2", "renameat2:delay_enter=1000000:when=1"] {
        for words in [
            "convert f.pem --in-place --comment new",
            "create new --type ed25519 --out f.pem --force",
        ] {
            let home = home();
            home.write("other", "precious");
            let run = home.shell(&format!(
                "strace -f -qq -o /dev/null -e inject={call} keypair {words} &
                 sleep 0.5; mv -f other f.pem; wait $!"
            ));
            let run = run.fails_with(255);
            let said = "cannot replace f.pem: another program has changed it";
            assert!(run.stderr.contains(said), "{run}");
            assert_eq!(home.read("f.pem"), b"precious");
            home.shell("! ls -A | grep '^[.]keypair-' && keypair describe old").success();
            home.shell("keypair describe new").fails_with(3);
        }
    }
}

/// Every user who can open a file can lock it.
#[test]
fn signal_ends_wait_for_lock_of_other_program() {
    let home = home();
    home.shell("echo old > f.pub").success();
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for words in [
            "create new --type ed25519 --public-out f.pub --force",
            "convert f.pem --in-place --comment new",
        ] {
            let run = home.shell(&format!(
                "exec 8< f.pub 9< f.pem; flock -s 8; flock -s 9
                 timeout -k 20 --preserve-status -s {signal} 2 keypair {words} 8<&- 9<&-"
            ));
            let run = run.fails_with(code);
            assert!(run.stderr.contains(": interrupted"), "{run}");
            assert_eq!(home.read("f.pub"), b"old\n");
            let files = home.files();
            let files = files.iter().filter(|path| path.starts_with("work")).count();
            assert_eq!(files, 2, "{run}");
        }
    }
    home.keypair(["verify", "f.pem", "--key-name", "old"]).success();
}

/// A full disk may have no space for the temporary name.
#[test]
fn deletion_works_on_full_disk() {
    let home = home();
    let renames = trace::calls_of(&self::home(), "renameat2", &DELETE);
    for error in ["ENOSPC", "EINVAL"] {
        let run = trace::inject(&home, &renames[0], &format!("error={error}"), &DELETE);
        run.success();
        assert!(!home.path("f.pem").exists());
        home.shell("keypair create old --type ed25519 --out f.pem").success();
    }
}

#[test]
fn deletion_of_missing_file_fails() {
    let home = home();
    let (deletion, _) = delete_with_pause(&home, "renameat2", "rm -f f.pem");
    let deletion = deletion.fails_with(255);
    assert!(deletion.stderr.contains("cannot remove f.pem: No such file"), "{deletion}");
    assert!(!deletion.stderr.contains("hint"), "{deletion}");
}

/// The name `old` is registered again before the deletion opens the registry.
#[test]
fn pair_with_reused_name_is_not_deleted() {
    let opens = |call: &&Call| call.name == "openat" && call.line.contains("registry.sqlite3\"");
    let calls = trace::calls_of(&home(), "openat", &DELETE);
    let call = calls.iter().rfind(opens).unwrap();
    let home = home();
    let deletion = thread::scope(|scope| {
        let delay = "delay_enter=1500000";
        let delete = scope.spawn(|| trace::inject(&home, call, delay, &DELETE));
        thread::sleep(Duration::from_millis(600));
        home.shell("keypair delete old; keypair create old --type ed25519 --out g.pem").success();
        delete.join().unwrap()
    });
    let deletion = deletion.fails_with(3);
    assert!(deletion.stderr.contains("InvalidKeyPair.NotFound"), "{deletion}");
    assert!(home.path("f.pem").exists());
    home.keypair(["verify", "g.pem", "--key-name", "old"]).success();
}

/// Reading the metadata of the new link may fail, too.
#[test]
fn failed_stat_leaves_no_temporary_name() {
    let words = ["create", "new", "--type", "ed25519", "--out", "f.pem", "--force"];
    let looks = "newfstatat,fstat,statx";
    let calls = trace::calls_of(&home(), looks, &words);
    let texts = ["\".keypair-", "f.pem", "S_IFREG|0400"];
    let is_ours = |call: &&Call| texts.iter().any(|text| call.line.contains(text));
    let calls: Vec<_> = calls.iter().filter(is_ours).collect();
    assert!(calls.len() > 3, "{calls:?}");
    for call in calls {
        let home = home();
        let run = trace::inject(&home, call, "error=EIO", &words);
        assert!(matches!(run.code, Some(0 | 255)), "{call:?}: {run}");
        let files: Vec<_> =
            home.files().into_iter().filter(|path| path.starts_with("work")).collect();
        assert_eq!(files, ["work/f.pem"].map(std::path::PathBuf::from), "{call:?}: {run}");
        let whose = if run.code == Some(0) { "new" } else { "old" };
        home.keypair(["verify", "f.pem", "--key-name", whose]).success();
    }
}

/// The names are predictable, and in a sticky directory only the owner of a file can delete it.
#[test]
fn planted_temporary_names_do_not_stop_force() {
    let home = home();
    let names = "printf .keypair-; printf f.pem | sha256sum | cut -c 1-8";
    let start = home.shell(names).success().text().trim_end().to_owned();
    let is_root = rustix::process::geteuid().is_root();
    for number in 0..4 {
        let name = format!("{start}-{number}");
        home.write(&name, "planted");
        if is_root {
            chown(home.path(&name), Some(65534), Some(65534)).unwrap();
        }
    }
    home.write(&format!("{start}-0123abcd"), "stale");
    let hold = |command: &str| {
        let locked: String = (0..4).map(|number| format!("flock {start}-{number} ")).collect();
        home.shell(&format!("chmod 1777 .; {locked}{command}"))
    };
    let force = "keypair create new --type ed25519 --out f.pem --force";
    if !is_root {
        // No other user can have created these files, so they are in use.
        hold(force).fails_with(255);
        return;
    }
    hold(force).success();
    home.keypair(["verify", "f.pem", "--key-name", "new"]).success();
    hold("keypair delete new --private-key-file f.pem").success();
    let files = home.files();
    let files: Vec<_> = files.iter().filter(|path| path.starts_with("work")).collect();
    assert_eq!(files.len(), 4, "{files:?}");
}

/// A command may replace the directory of `exec` by a symbolic link before the cleanup.
#[test]
fn exec_cleanup_does_not_follow_links() {
    let mut home = Home::new();
    home.set("XDG_RUNTIME_DIR", home.path("../run"));
    home.shell(
        "mkdir -m 700 ../run precious; echo key > precious/key; echo x > precious/.keypair-exec",
    )
    .success();
    let script = "keypair exec --type ed25519 -- sh -c '
        folder=$(dirname \"$KEYPAIR_PRIVATE_KEY_FILE\")
        mkdir $folder/in; touch $folder/in/file; chmod 0 $folder/in
        mv $folder ../moved; ln -s $PWD/precious $folder'";
    let run = home.shell(script).fails_with(255);
    assert!(run.stderr.contains("cannot remove"), "{run}");
    assert_eq!(home.read("precious/key"), b"key\n");
    assert_eq!(home.shell("ls -A ../moved").text(), "");
    assert_eq!(home.keypair(["describe", "--query", "KeyPairs"]).success().text(), "[]\n");
}

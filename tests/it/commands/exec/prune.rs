//! Directories of killed `exec` commands, and `prune`.

use super::*;

/// `prune` keeps directories in use and directories without a marker file.
#[test]
fn prune_keeps_directory_of_running_command() {
    let home = home();
    // A directory that only has a matching name belongs to the user.
    home.shell("mkdir \"$XDG_RUNTIME_DIR/keypair-exec-1-2222222222222222\"; touch \"$XDG_RUNTIME_DIR/keypair-exec-1-2222222222222222/report\"").success();
    let script = "keypair exec --type ed25519 --ttl 1s -- sh -c 'sleep 2
            keypair prune --delete --query Folders
            cat \"$KEYPAIR_PRIVATE_KEY_FILE\" | head -n 1'";
    let run = home.shell(script).success();
    assert_eq!(run.text(), "null\n-----BEGIN OPENSSH PRIVATE KEY-----\n", "{run}");
    assert_eq!(fs::read_dir(home.path("../run")).unwrap().count(), 1);
}

/// A killed `exec` cleans up nothing. Its command may continue and keeps its key until it ends.
#[cfg(target_os = "linux")]
#[test]
fn prune_deletes_directory_of_killed_exec() {
    for (option, cleanup) in [
        ("", "keypair prune --delete > pruned"),
        ("--agent", "keypair prune --delete > pruned"),
        ("", "keypair exec --type ed25519 -- true"),
    ] {
        let home = home();
        let script = format!(
            "keypair exec {option} --type ed25519 -- sh -c 'echo $$ $PPID > started; exec sleep 100' &
             until [ -s started ] && grep -q '^key-' \"$XDG_RUNTIME_DIR\"/*/.keypair-exec-user
             do sleep 0.01; done 2> missing
             read command process < started
             kill -KILL $process; wait $process 2> killed
             {cleanup}
             ls -d \"$XDG_RUNTIME_DIR\"/* | wc -l
             keypair describe --query 'length(KeyPairs)'
             kill $command; sleep 0.3
             keypair prune --query 'KeyPairs[].[Owner.Process, Owner.Host, Reasons[0]]' --output text 2> hint
             {cleanup}
             echo $process $(uname -n)"
        );
        let run = bash(&home, &script).run().success();
        let lines: Vec<_> = run.text().lines().map(str::trim).collect();
        let ["1", "1", owner, expected] = lines[..] else { panic!("{run}") };
        let expected = expected.replace(' ', "\t");
        let reason = "its `exec` command was killed";
        assert_eq!(owner, format!("{expected}\t{reason}"), "{run}");
        assert_nothing_left(&home);
    }
}

/// The record of the command is missing between its start and the next system call.
#[cfg(target_os = "linux")]
#[test]
fn unrecorded_command_keeps_its_key() {
    let home = home();
    let script = "
        strace -f -qq -o /dev/null -e inject=rename:signal=KILL:when=2 \
            keypair exec --type ed25519 -- sh -c 'echo $$ > started; exec sleep 100' 2> killed &
        until [ -s started ]; do sleep 0.01; done
        read command < started
        read boot namespace process rest < $(echo \"$XDG_RUNTIME_DIR\"/*/.keypair-exec-user)
        while kill -0 $process 2> gone; do sleep 0.01; done
        grep -c '^[^ ]* [^ ]* [^ ]* [^ ]* ' \"$XDG_RUNTIME_DIR\"/*/.keypair-exec-user
        keypair prune --delete --query Folders
        ls \"$XDG_RUNTIME_DIR\"/*/key | wc -l
        kill $command; wait
        keypair prune --delete > pruned";
    let run = bash(&home, script).run().success();
    assert_eq!(run.text(), "1\nnull\n1\n", "{run}");
    assert_nothing_left(&home);
}

/// A cron job has no `XDG_RUNTIME_DIR`.
#[test]
fn prune_notes_missing_directory_of_expired_exec() {
    let mut home = home();
    home.shell("keypair exec --ttl 1s --type ed25519 -- sh -c 'kill -KILL $PPID'; sleep 2");
    // Another host has its own directories.
    let tags = "--tag keypair:owner-host=other --tag keypair:owner-process=1";
    let past = "--tag keypair:expires-at=2020-01-01T00:00:00Z";
    home.shell(&format!("keypair create other --type ed25519 {tags} {past}")).success();
    let found = home.shell("keypair prune --expired").success();
    assert_eq!(found.json()["Folders"].as_array().unwrap().len(), 1, "{found}");
    assert!(!found.stderr.contains("note"), "{found}");
    let run = home.shell("env -u XDG_RUNTIME_DIR keypair prune --expired --delete").success();
    let note = "keypair: note: found no key directory for `exec-";
    let remedy = "hint: run `keypair prune --delete` with the XDG_RUNTIME_DIR that `exec` had, if \
                  it was another one\n";
    assert!(run.stderr.contains(note) && run.stderr.contains(remedy), "{run}");
    assert!(fs::read_dir(home.path("../run")).unwrap().count() == 1, "{run}");
    let run = home.shell("keypair prune --expired --delete").success();
    assert!(!run.stderr.contains("found no key directory"), "{run}");
    assert_nothing_left(&home);
    // The directory of a living `exec` is known.
    home.set("STILL", "1");
    let run = home.shell(
        "keypair exec --ttl 1s --type ed25519 -- sh -c 'sleep 2; keypair prune --delete 2>&1 > pruned'",
    );
    assert!(run.text().contains("deleted exec-") && !run.text().contains("found no"), "{run}");
}

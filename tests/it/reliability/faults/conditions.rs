//! Full and read-only disks, and interference of other processes at the worst moment.

use std::fs;
use std::time::Duration;

use super::state::State;
use crate::support::home::Home;
use crate::support::run::Run;

/// Runs a script as root of a new namespace, in which it can mount.
#[track_caller]
fn in_namespace(home: &Home, script: &str) -> Run {
    home.write("script", format!("set -e\nmount -t tmpfs -o mode=700,size=224k none .\n{script}"));
    fs::create_dir(home.path("small")).unwrap();
    let enter = "cp script small.sh; cd small && exec sh ../small.sh";
    home.launch("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", enter])
        .env("KEYPAIR_REGISTRY_FILE", "registry")
        .limit(Duration::from_secs(180))
        .run()
}

/// Returns a home in which a process was killed after its first write to the registry and before
/// the journal was committed.
fn half_changed() -> Home {
    let home = Home::new();
    home.shell(
        "{ keypair create a --type ed25519; keypair create b --type ed25519; } > /dev/null
         strace -qq -o /dev/null -e inject=fdatasync:signal=KILL:when=3 keypair delete a
         rm -f b.pem
         head -c 8 \"$XDG_DATA_HOME/keypair/registry.sqlite3-journal\" | od -An -tx1 | grep -q 'd9 d5 05 f9'",
    )
    .success();
    home
}

/// First the key files fill the disk, then the registry. Later there is space again.
#[test]
fn full_disk_keeps_acknowledged_pairs() {
    for (out, code) in [(".", "255"), ("..", "253")] {
        let home = Home::new();
        let script = format!(
            "cd \"$PWD\"
             head -c 32768 /dev/zero > filler
             tags=$(head -c 120 /dev/zero | tr '\\0' a)
             for n in $(seq 1000); do
                 code=0
                 keypair create k$n --type ed25519 --tag a=$tags --out {out}/k$n.pem > ../told 2> ../said || code=$?
                 [ $code -eq 0 ] || break
             done
             echo $code
             ls {out} | grep '^k.*[.]pem$' | sed 's/.pem//' | sort > ../files
             names() {{ keypair describe --query 'KeyPairs[].KeyName' --output text | tr '\\t' '\\n' | sort; }}
             names > ../names
             cmp ../names ../files
             grep -c . ../names
             rm filler
             last=$(sort -V ../names | tail -n 1)
             keypair delete $last --private-key-file {out}/$last.pem > ../told
             names > ../names
             ! grep -qx $last ../names
             keypair create again --type ed25519 --out {out}/again.pem > ../told
             cat ../said"
        );
        let run = in_namespace(&home, &script).success();
        let lines: Vec<_> = run.text().lines().collect();
        assert_eq!(lines[0], code, "{run}");
        assert!(lines[1].parse::<usize>().unwrap() > 3, "{run}");
        assert!(run.text().contains("keypair: error: cannot "), "{run}");
    }
}

#[test]
fn read_only_disk_allows_reading() {
    let home = Home::new();
    let run = in_namespace(
        &home,
        "cd \"$PWD\"
         keypair create a --type ed25519 > /dev/null
         mount -o remount,ro .
         keypair describe a --query 'KeyPairs[].KeyName' --output text
         keypair verify a.pem --query Match
         for words in 'create b' 'create a --force' 'import b a.pem' 'delete a' \
             'delete a --private-key-file a.pem' 'convert a.pem --out a.ppk' 'create c --count 3'; do
             code=0; keypair $words 2>&1 > /dev/null || code=$?
             echo $code
         done
         keypair verify a.pem --key-name a --query Match",
    );
    let run = run.success();
    let codes: Vec<_> = run.text().lines().filter_map(|line| line.parse::<u32>().ok()).collect();
    assert_eq!(codes.len(), 7, "{run}");
    assert!(codes.iter().all(|code| [4, 253, 255].contains(code)), "{run}");
    assert_eq!(run.text().matches("true").count(), 2, "{run}");
}

#[test]
fn directory_deleted_during_create_fails_cleanly() {
    let home = Home::new();
    let run = home.shell(
        "mkdir keys
         strace -qq -o /dev/null -e inject=linkat:delay_enter=1000000 \
             keypair create a --type ed25519 --out keys/a.pem &
         sleep 0.5; rmdir keys; wait $!",
    );
    let run = run.fails_with(255);
    assert!(run.stderr.contains("cannot create keys/a.pem: No such file or directory"), "{run}");
    assert_eq!(home.keypair(["describe", "--query", "KeyPairs"]).success().text(), "[]\n");
}

#[test]
fn registry_moved_during_create_is_not_written() {
    let home = Home::new();
    home.keypair(["create", "seed", "--type", "ed25519"]).success();
    let run = home.shell(
        "strace -qq -o /dev/null -e inject=linkat:delay_enter=1000000 \
             keypair create a --type ed25519 &
         sleep 0.5; mv \"$XDG_DATA_HOME/keypair\" elsewhere; wait $!",
    );
    let run = run.fails_with(253);
    assert!(run.stderr.contains("cannot use the registry"), "{run}");
    assert!(!home.path("a.pem").exists());
    let words = ["describe", "--query", "KeyPairs[].KeyName", "--output", "text"];
    let file = ["--registry-file", "elsewhere/registry.sqlite3"];
    assert_eq!(home.keypair(words.iter().chain(&file)).success().text(), "seed\n");
}

#[test]
fn waiting_process_rolls_back_killed_transaction() {
    let home = Home::new();
    home.keypair(["create", "seed", "--type", "ed25519"]).success();
    home.shell(
        "strace -qq -o /dev/null -e inject=fdatasync:delay_enter=20000000:when=3 \
             sh -c 'echo $$ > ../pid; exec keypair create a --type ed25519' 2> ../said &
         sleep 0.5
         keypair create b --type ed25519 & waiting=$!
         sleep 0.5
         kill -0 $waiting
         kill -KILL $(cat ../pid)
         wait $waiting",
    )
    .success();
    let state = State::of(&home).unwrap();
    assert_eq!(state.names(), ["b", "seed"]);
    home.keypair(["create", "a", "--type", "ed25519"]).fails_with(4);
    home.keypair(["create", "a", "--type", "ed25519", "--force"]).success();
}

#[test]
fn waiting_replacement_continues_after_kill() {
    let home = Home::new();
    home.keypair(["create", "seed", "--type", "ed25519", "--out", "k.pem"]).success();
    home.shell(
        "strace -qq -o /dev/null -e inject=fdatasync:delay_enter=20000000:when=1 \
             sh -c 'echo $$ > ../pid; exec keypair create a --type ed25519 --force --out k.pem' 2> ../said &
         sleep 0.5
         keypair create a --type ed25519 --force --out k.pem & waiting=$!
         sleep 0.5
         kill -0 $waiting
         kill -KILL $(cat ../pid)
         wait $waiting
         keypair verify k.pem --key-name a",
    )
    .success();
    let state = State::of(&home).unwrap();
    assert_eq!((state.names(), &state.temporary), (vec!["a", "seed"], &Vec::new()));
}

/// A rollback applies to the moved pair of files and to no other registry.
#[test]
fn moved_hot_journal_does_not_affect_new_registry() {
    let home = half_changed();
    home.shell("mkdir both; mv \"$XDG_DATA_HOME\"/keypair/* both").success();
    let words = ["describe", "--query", "KeyPairs[].KeyName", "--output", "text"];
    let file = ["--registry-file", "both/registry.sqlite3"];
    assert_eq!(home.keypair(words.iter().chain(&file)).success().text(), "a\tb\n");

    let home = half_changed();
    home.shell("mv \"$XDG_DATA_HOME/keypair/registry.sqlite3\" ../moved").success();
    home.keypair(["create", "c", "--type", "ed25519"]).success();
    assert_eq!(State::of(&home).unwrap().names(), ["c"]);
}

/// Ctrl-C in the middle of a deletion ends the command before or after it.
#[test]
fn interrupted_deletion_is_complete_or_absent() {
    for (words, removes_file) in [("delete a --private-key-file a.pem", true), ("delete a", false)]
    {
        let mut outcomes = [0, 0];
        for number in 1.. {
            let home = Home::new();
            home.shell("keypair create a --type ed25519").success();
            let run = home.shell(&format!(
                "strace -qq -e signal=none -o /dev/null -e inject=fdatasync:signal=INT:when={number} \
                     keypair {words}"
            ));
            if run.code == Some(0) {
                break;
            }
            let count = home.shell("keypair describe --query 'length(KeyPairs)'").success();
            let is_deleted = count.text() == "0\n";
            assert_eq!(run.text().contains("\"KeyName\": \"a\""), is_deleted, "{number} {run}");
            let is_removed = removes_file && is_deleted;
            assert_eq!(home.path("a.pem").exists(), !is_removed, "{number} {run}");
            outcomes[usize::from(is_deleted)] += 1;
        }
        assert!(outcomes[1] > 0, "{words} {outcomes:?}");
    }
}

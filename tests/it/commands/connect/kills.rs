//! Kills at many moments of a run, and several processes at one file.

use std::fs;
use std::time::{Duration, Instant};

use super::World;
use super::ssh_config::prepare;
use crate::support::home::Home;
use crate::support::kills::kill_all_over;

const KILLS: u32 = 12;

/// Runs a command once. Returns the time that it takes.
fn timed(home: &Home, command: &str) -> Duration {
    let start = Instant::now();
    home.shell(command).success();
    start.elapsed()
}

/// Returns whether the process was killed.
fn killed(home: &Home, command: &str, moment: Duration) -> bool {
    home.launch("sh").args(["-c", &format!("exec {command}")]).kill_after(moment)
}

#[track_caller]
fn assert_no_temporary_names(home: &Home) {
    let found = home.shell("find . ~ ../tmp ../run -name '*keypair*' ! -path '*/work/keypair'");
    assert_eq!(found.success().text(), "");
}

#[test]
fn killed_append_leaves_old_or_new_file() {
    let world = World::new();
    prepare(&world);
    let old = format!("{}Host mine", "# a comment\n".repeat(20_000));
    for command in [
        "keypair ssh-config web --key 'my key' --append=file",
        "keypair known-hosts web --wait --append=file",
    ] {
        world.home.write("file", &old);
        let whole = timed(&world.home, command);
        let new = world.home.read("file");
        assert!(new.len() > old.len());
        kill_all_over(whole, KILLS, |moment| {
            world.home.write("file", &old);
            let is_killed = killed(&world.home, command, moment);
            let found = world.home.read("file");
            assert!(found == old.as_bytes() || found == new, "{command} {moment:?}");
            world.home.shell(command).success();
            assert_eq!(world.home.read("file"), new);
            assert_no_temporary_names(&world.home);
            is_killed
        });
    }
    world.home.write("file", &old);
    for moment in [0, 100, 500, 900].map(Duration::from_millis) {
        let wait = "keypair known-hosts lonely --wait --append=file";
        assert!(killed(&world.home, wait, moment));
        assert_eq!(world.home.read("file"), old.as_bytes());
        assert_no_temporary_names(&world.home);
    }
}

/// No copy of the old file remains, not even after a run that changes nothing.
#[cfg(target_os = "linux")]
#[test]
fn append_killed_at_any_call_leaves_no_copy() {
    let world = World::new();
    prepare(&world);
    let command = "keypair ssh-config web --key 'my key' --append=file";
    let mut kills = 0;
    for call in ["fsync", "linkat", "rename", "renameat", "renameat2", "unlinkat"] {
        for number in 1.. {
            world.home.write("file", "Host mine\n");
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let strace = format!("strace -f -qq -e signal=none -o /dev/null -e {inject}");
            let run = world.home.shell(&format!("exec {strace} {command}"));
            assert!(world.home.read("file").starts_with(b"Host mine\n"));
            world.home.shell(command).success();
            assert_no_temporary_names(&world.home);
            assert!(!world.home.path("file.1").exists(), "{call} {number}");
            if run.signal != Some(9) {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills >= 4, "{kills}");
}

#[test]
fn killed_connect_leaves_nothing_for_long() {
    let world = World::new();
    let connect = "keypair connect \"$SSH_USER\"@web $SSH_OPTIONS -- true";
    let files = world.home.files();
    kill_all_over(timed(&world.home, connect), KILLS, |moment| {
        let is_killed = killed(&world.home, connect, moment);
        for path in world.home.files().iter().filter(|path| !files.contains(path)) {
            let content = fs::read(world.home.path("..").join(path)).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&content).contains("PRIVATE KEY"), "{path:?}");
        }
        is_killed
    });
    world.connect("-- true").success();
    world.assert_nothing_left();
    assert_eq!(world.home.files(), files);
}

/// The loser of a race tries again.
#[test]
fn concurrent_appends_lose_no_line() {
    let world = World::new();
    prepare(&world);
    let script = "for number in 1 2 3 4 5 6 7 8; do
             id=i-c000000$number
             keypair known-hosts $id --append=hosts 2> /dev/null &
             processes=\"$processes $!\"
             keypair ssh-config $id --key 'my key' --append=config > /dev/null &
             processes=\"$processes $!\"
         done
         for process in $processes; do wait $process || echo failed; done";
    for _ in 0..2 {
        let run = world.home.shell(script).success();
        assert_eq!(run.text(), "", "{run}");
        let lines = |name: &str| String::from_utf8(world.home.read(name)).unwrap();
        let (hosts, config) = (lines("hosts"), lines("config"));
        assert_eq!(hosts.lines().count(), 8);
        assert_eq!(config.lines().count(), 8 * 8);
        for number in 1..=8 {
            let id = format!("i-c000000{number}");
            assert!(hosts.contains(&format!("{id},127.0.0.1 ssh-ed25519 ")), "{hosts}");
            assert!(config.contains(&format!("\n# keypair end {id}\n")), "{config}");
        }
        assert_no_temporary_names(&world.home);
    }
}

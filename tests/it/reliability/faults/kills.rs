//! Kills the process on entry to each of its system calls.

use super::scenario::{self, Prepared, Scenario};
use super::trace::{self, Call};
use crate::support::home::Home;

/// Kills the command at every call, each time from the same state.
#[track_caller]
fn kill_everywhere(scenario: &'static Scenario) {
    let prepared = Prepared::new(scenario);
    let calls = trace::calls(&prepared.home(), scenario.words);
    let failures: Vec<_> = calls.iter().filter_map(|call| kill_at(&prepared, call)).collect();
    assert!(calls.len() >= 5, "{calls:?}");
    assert!(
        failures.is_empty(),
        "{} of {}: {}",
        failures.len(),
        calls.len(),
        failures.join("\n\n")
    );
}

fn kill_at(prepared: &Prepared, call: &Call) -> Option<String> {
    let home: Home = prepared.home();
    let run = trace::inject(&home, call, "signal=KILL", prepared.scenario.words);
    if run.signal != Some(9) {
        return Some(format!("not killed at {call:?}: {run}"));
    }
    let state = prepared.check(&home, &run);
    let done = state.and_then(|state| prepared.go_on(&home, &state));
    done.err().map(|error| format!("killed at {}: {error}", call.line))
}

#[test]
fn create_survives_kill_at_every_call() {
    kill_everywhere(&scenario::CREATE);
}

#[test]
fn rsa_create_with_public_file_survives_kill() {
    kill_everywhere(&scenario::CREATE_RSA);
}

#[test]
fn first_command_survives_kill_at_every_call() {
    kill_everywhere(&scenario::FIRST);
}

#[test]
fn series_survives_kill_at_every_call() {
    kill_everywhere(&scenario::SERIES);
}

#[test]
fn replacement_survives_kill_at_every_call() {
    kill_everywhere(&scenario::FORCE);
}

#[test]
fn replacement_of_registered_file_survives_kill() {
    kill_everywhere(&scenario::FORCE_OVER_PAIR);
}

#[test]
fn forced_create_of_new_file_survives_kill() {
    kill_everywhere(&scenario::FORCE_OVER_NOTHING);
}

#[test]
fn import_survives_kill_at_every_call() {
    kill_everywhere(&scenario::IMPORT);
}

#[test]
fn delete_survives_kill_at_every_call() {
    kill_everywhere(&scenario::DELETE);
}

#[test]
fn delete_with_file_survives_kill() {
    kill_everywhere(&scenario::DELETE_WITH_FILE);
}

#[test]
fn convert_survives_kill_at_every_call() {
    kill_everywhere(&scenario::CONVERT);
}

#[test]
fn prune_survives_kill_at_every_call() {
    kill_everywhere(&scenario::PRUNE);
}

#[test]
fn rollback_of_hot_journal_survives_kill() {
    kill_everywhere(&scenario::HOT_JOURNAL);
}

/// Long before the expiry, the next command deletes everything.
#[test]
fn killed_exec_is_cleaned_up_before_it_expires() {
    let mut home = Home::new();
    home.set("XDG_RUNTIME_DIR", home.path("../run"));
    home.shell("mkdir -m 700 ../run; keypair create seed --type ed25519").success();
    let mut kills = 0;
    for call in [
        "clone",
        "clone3",
        "fchmod",
        "chmod",
        "fdatasync",
        "flock",
        "linkat",
        "mkdir",
        "mkdirat",
        "openat",
        "pwrite64",
        "rename",
        "rmdir",
        "unlink",
        "unlinkat",
        "vfork",
        "write",
    ] {
        for number in 1.. {
            let cleanup = match number % 3 {
                0 => "keypair exec --type ed25519 -- true",
                _ => "keypair prune --delete --query x",
            };
            let script = format!(
                "strace -f -qq -e signal=none -o /dev/null -e inject={call}:signal=KILL:when={number} \
                     keypair exec --type ed25519 -- true
                 code=$?
                 for attempt in $(seq 100); do
                     {cleanup} > cleanup 2>&1
                     [ \"$(ls -A ../run)\" ] || break
                     sleep 0.05
                 done
                 ls -A ../run
                 keypair describe --query 'KeyPairs[].KeyName' --output text
                 exit $code"
            );
            let run = home.launch("bash").args(["-c", &script]).run();
            assert_eq!(run.text(), "seed\n", "{call} {number}: {run}");
            if run.code == Some(0) {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 50, "{kills}");
}

/// `prune` finds and deletes the registration and directory of a killed `exec`, and nothing else
/// remains.
#[test]
fn exec_survives_kill_at_every_call() {
    let mut home = Home::new();
    home.set("XDG_RUNTIME_DIR", home.path("../run"));
    home.shell("mkdir -m 700 ../run; keypair create seed --type ed25519").success();
    let words = ["exec", "--type", "ed25519", "--ttl", "1s", "--", "true"];
    let calls = trace::calls(&home, &words);
    assert!(calls.iter().any(|call| call.line.contains("AT_REMOVEDIR")), "{calls:?}");
    for call in &calls {
        let run = trace::inject(&home, call, "signal=KILL", &words);
        assert_eq!(run.signal, Some(9), "{call:?}: {run}");
        let found = home.keypair(["describe", "--filters", "Name=tag-key,Values=keypair:*"]);
        let found = found.success().json()["KeyPairs"].as_array().unwrap().len();
        assert!(found <= calls.len(), "{call:?}");
    }
    home.shell("sleep 2; keypair prune --expired --delete").success();
    assert_eq!(home.shell("ls -A ../run").text(), "");
    let query = ["describe", "--query", "KeyPairs[].KeyName", "--output", "text"];
    assert_eq!(home.keypair(query).success().text(), "seed\n");
}

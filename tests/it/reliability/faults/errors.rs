//! Makes each system call fail.

use super::scenario::{self, Prepared, Scenario};
use super::trace::{self, Call};

/// Errors of disks, quotas and remounted file systems.
const ERRORS: [&str; 4] = ["EIO", "ENOSPC", "EDQUOT", "EROFS"];

/// Makes every call fail, each time from the same state, with each of these errors and with EINTR.
#[track_caller]
fn fail_everywhere(scenario: &'static Scenario) {
    let prepared = Prepared::new(scenario);
    let calls = trace::calls(&prepared.home(), scenario.words);
    let calls = calls.iter().filter(|call| call.name != "exit_group");
    let failures: Vec<_> = calls
        .zip(ERRORS.iter().cycle())
        .flat_map(|(call, error)| {
            [fail_at(&prepared, call, error), fail_at(&prepared, call, "EINTR")]
        })
        .flatten()
        .collect();
    assert!(failures.is_empty(), "{}: {}", failures.len(), failures.join("\n\n"));
}

fn fail_at(prepared: &Prepared, call: &Call, error: &str) -> Option<String> {
    let home = prepared.home();
    let run = trace::inject(&home, call, &format!("error={error}"), prepared.scenario.words);
    let said = run.stderr.clone();
    let outcome = match run.code {
        Some(0) => Ok(()),
        Some(253..=255) if error == "EINTR" && !call.is_of_database() => {
            Err(format!("an interrupted call is no failure: {run}"))
        }
        Some(253..=255) if prepared.names_an_object(&said) => Ok(()),
        _ => Err(format!("a wrong end: {run}")),
    };
    let outcome = outcome.and_then(|()| prepared.check(&home, &run));
    // A run without changes leaves nothing to continue.
    let outcome = outcome.and_then(|state| match prepared.is_unchanged(&state) {
        true => Ok(()),
        false => prepared.go_on(&home, &state),
    });
    outcome.err().map(|failure| format!("{error} at {}: {failure}", call.line))
}

#[test]
fn create_recovers_from_every_error() {
    fail_everywhere(&scenario::CREATE);
}

#[test]
fn first_command_recovers_from_every_error() {
    fail_everywhere(&scenario::FIRST);
}

#[test]
fn long_series_recovers_from_every_error() {
    fail_everywhere(&scenario::LONG_SERIES);
}

#[test]
fn replacement_recovers_from_every_error() {
    fail_everywhere(&scenario::FORCE);
}

#[test]
fn import_recovers_from_every_error() {
    fail_everywhere(&scenario::IMPORT);
}

#[test]
fn delete_with_file_recovers_from_every_error() {
    fail_everywhere(&scenario::DELETE_WITH_FILE);
}

#[test]
fn convert_recovers_from_every_error() {
    fail_everywhere(&scenario::CONVERT);
}

#[test]
fn prune_recovers_from_every_error() {
    fail_everywhere(&scenario::PRUNE);
}

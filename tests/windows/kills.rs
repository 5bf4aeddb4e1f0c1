//! Processes that are terminated at any moment, as by the Task Manager (`TerminateProcess`).

use std::collections::HashSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::home::{Home, assert_intact};
use crate::support::run::Run;

/// Returns the running time of a command.
fn time(home: &Home, line: &str) -> Duration {
    let start = Instant::now();
    home.keypair(line).success();
    start.elapsed()
}

/// Kills commands at different points of their running time.
struct Killer {
    time: Duration,
    rounds: u32,
    killed: u32,
}

impl Killer {
    fn new(time: Duration) -> Self {
        Self { time, rounds: 0, killed: 0 }
    }

    /// Returns the number of the next round, until `wanted` running commands were killed.
    fn next(&mut self, wanted: u32) -> Option<u32> {
        assert!(self.rounds < 4 * wanted, "{} of {} were killed", self.killed, self.rounds);
        self.rounds += 1;
        (self.killed < wanted).then_some(self.rounds)
    }

    fn kill(&mut self, home: &Home, line: &str) {
        let running = home.launch(line).start();
        // The golden ratio spreads a few rounds over the whole time.
        let part = f64::from(self.rounds) * 0.618_034 % 1.0;
        // In the first quarter, the system starts the process.
        thread::sleep(self.time.mul_f64(0.25 + 0.75 * part));
        let was_alive = running.kill();
        self.killed += u32::from(was_alive);
        // The running time depends on the load of the system.
        self.time = self.time.mul_f64(if was_alive { 1.04 } else { 0.94 });
    }
}

/// Fails the test unless each registered pair has its private key in a file.
#[track_caller]
fn assert_complete(home: &Home) {
    assert_intact(&home.registry());
    let (left, whole): (Vec<_>, Vec<_>) =
        home.names_in("").into_iter().partition(|name| name.starts_with(".keypair-"));
    let mut keys = fingerprints(home.keypair_with(["fingerprint".to_owned()].iter().chain(&whole)));
    for name in &left {
        // A stale file may be incomplete.
        let found = home.keypair_with(["fingerprint", name]);
        if found.code == Some(0) {
            keys.extend(fingerprints(found));
        }
    }
    for pair in home.pairs() {
        let fingerprint = pair["KeyFingerprint"].as_str().unwrap();
        assert!(keys.contains(fingerprint), "{} has no private key: {keys:?}", pair["KeyName"]);
    }
    let doctor = home.keypair("doctor --output json");
    let findings = doctor.json()["Findings"].as_array().unwrap().clone();
    // `doctor` finds stale files only.
    for finding in &findings {
        assert_eq!(finding["Code"], "LeftFile", "{finding}");
    }
}

fn fingerprints(run: Run) -> HashSet<String> {
    let found = run.success().json();
    let keys = found["Keys"].as_array().unwrap().iter();
    keys.map(|key| key["CreatedFingerprint"].as_str().unwrap().to_owned()).collect()
}

fn stale_files(home: &Home) -> Vec<String> {
    let mut names = home.names_in("");
    names.retain(|name| name.starts_with(".keypair-"));
    names
}

#[test]
fn killed_create_leaves_no_pair_without_key() {
    let home = Home::new();
    let mut killer = Killer::new(time(&home, "create first --type ed25519"));
    while let Some(round) = killer.next(12) {
        let line = format!("create k{round} --type ed25519");
        killer.kill(&home, &line);
        assert_complete(&home);
        // The file in the way has the key of this pair, or of no pair.
        let again = home.keypair(&line);
        if home.registered().contains(&format!("k{round}")) {
            home.keypair(&format!("verify k{round}.pem --key-name k{round}")).success();
        } else {
            again.fails_with(4);
            home.keypair(&format!("{line} --force")).success();
        }
        assert_eq!(stale_files(&home), [""; 0]);
    }
}

#[test]
fn killed_force_leaves_old_or_new_key() {
    let home = Home::new();
    home.keypair("create first --type ed25519 --out k.pem").success();
    let line = "create second --type ed25519 --out k.pem --force";
    let mut killer = Killer::new(time(&home, line));
    while let Some(round) = killer.next(16) {
        let before = home.read("k.pem");
        let line = format!("create k{round} --type ed25519 --out k.pem --force");
        killer.kill(&home, &line);
        let registered = home.registered().contains(&format!("k{round}"));
        home.keypair("fingerprint k.pem").success();
        // The old key, or the new key, which may not be registered yet.
        if registered {
            home.keypair(&format!("verify k.pem --key-name k{round}")).success();
        } else if home.read("k.pem") == before {
            let verify = home.keypair("verify k.pem").success();
            assert_eq!(verify.json()["Match"], true);
        } else {
            home.keypair("verify k.pem").ends_with(1);
        }
        assert_intact(&home.registry());
        let line = format!("create again{round} --type ed25519 --out k.pem --force");
        home.keypair(&line).success();
        assert_eq!(home.names_in(""), ["k.pem"], "round {round}");
    }
}

#[test]
fn killed_count_leaves_complete_pairs() {
    let home = Home::new();
    fs::create_dir(home.path("first")).unwrap();
    let line = "create first --count 20 --type ed25519 --out first";
    let mut killer = Killer::new(time(&home, line));
    while let Some(round) = killer.next(12) {
        let folder = format!("keys{round}");
        fs::create_dir(home.path(&folder)).unwrap();
        let line = format!("create k{round} --count 20 --type ed25519 --out {folder}");
        killer.kill(&home, &line);
        let start = format!("k{round}-");
        let mut registered = home.registered();
        registered.retain(|name| name.starts_with(&start));
        for name in &registered {
            let verify = format!(r"verify {folder}\{name}.pem --key-name {name}");
            home.keypair(&verify).success();
        }
        assert_intact(&home.registry());
        // The pairs with the first numbers only.
        let expected = (1..=registered.len()).map(|number| format!("{start}{number:02}"));
        assert_eq!(registered, expected.collect::<Vec<_>>());
        for name in home.names_in(&folder) {
            if name.starts_with(".keypair-") {
                continue;
            }
            home.keypair(&format!(r"fingerprint {folder}\{name}")).success();
        }
    }
}

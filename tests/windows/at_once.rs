//! Concurrent processes.

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;

use crate::support::home::{Home, assert_intact};

#[test]
fn sixteen_processes_lose_nothing() {
    const PROCESSES: usize = 16;
    let home = Home::new();
    // The registry does not exist yet; the first processes create it.
    let start = Barrier::new(PROCESSES);
    let work = |number: usize| {
        start.wait();
        for line in [
            format!("create p{number} --type ed25519 --tag process={number}"),
            format!("create s{number} --type ed25519 --count 3"),
            format!("describe p{number}"),
            format!("delete s{number}-2"),
        ] {
            let run = home.keypair(&line).success();
            assert!(run.stderr.lines().all(|line| line.contains("hint: ")), "{run}");
        }
    };
    thread::scope(|scope| {
        let work = &work;
        let processes: Vec<_> =
            (0..PROCESSES).map(|number| scope.spawn(move || work(number))).collect();
        processes.into_iter().for_each(|process| process.join().unwrap());
    });
    let mut expected: Vec<_> = (0..PROCESSES)
        .flat_map(|number| [format!("p{number}"), format!("s{number}-1"), format!("s{number}-3")])
        .collect();
    expected.sort();
    assert_eq!(home.registered(), expected);
    let ids: HashSet<_> =
        home.pairs().iter().map(|pair| pair["KeyPairId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), expected.len());
    for name in expected.iter().filter(|name| name.starts_with('p')) {
        home.keypair(&format!("verify {name}.pem --key-name {name}")).success();
    }
    assert_intact(&home.registry());
}

#[test]
fn one_process_gets_contested_name_or_file() {
    const PROCESSES: usize = 6;
    let home = Home::new();
    for round in 0..4 {
        for line in ["--out NUMBER.pem", "--out one-ROUND.pem", "--force --out f-NUMBER.pem"] {
            let name = match line {
                _ if line.contains("one-") => "f-ROUND-NUMBER",
                _ if line.contains("--force") => "n-ROUND",
                _ => "m-ROUND",
            };
            let start = Barrier::new(PROCESSES);
            let run = |number: usize| {
                let line = format!("create {name} --type ed25519 {line}")
                    .replace("ROUND", &round.to_string())
                    .replace("NUMBER", &format!("{round}{number}"));
                start.wait();
                home.keypair(&line).code
            };
            let mut codes: Vec<_> = thread::scope(|scope| {
                let run = &run;
                let runs: Vec<_> =
                    (0..PROCESSES).map(|number| scope.spawn(move || run(number))).collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            codes.sort();
            let mut expected = [Some(4); PROCESSES];
            expected[0] = Some(0);
            assert_eq!(codes, expected, "{line}");
        }
    }
    assert_eq!(home.registered().len(), 12);
    assert_eq!(home.names_in("").len(), 12, "{:?}", home.names_in(""));
}

/// The last one wins, and no temporary file stays.
#[test]
fn concurrent_replacements_wait_for_each_other() {
    const PROCESSES: usize = 6;
    let home = Home::new();
    home.write("k.pem", "old");
    for round in 0..4 {
        let start = Barrier::new(PROCESSES);
        let run = |number: usize| {
            start.wait();
            let line = format!("create r{round}-{number} --type ed25519 --force --out k.pem");
            home.keypair(&line).success();
        };
        thread::scope(|scope| {
            let run = &run;
            let runs: Vec<_> =
                (0..PROCESSES).map(|number| scope.spawn(move || run(number))).collect();
            runs.into_iter().for_each(|run| run.join().unwrap());
        });
        let verify = home.keypair("verify k.pem").success().json();
        let name = verify["KeyPairs"][0]["KeyName"].as_str().unwrap();
        assert!(name.starts_with(&format!("r{round}-")), "{name}");
        assert_eq!(home.names_in(""), ["k.pem"]);
    }
    assert_eq!(home.registered().len(), 4 * PROCESSES);
}

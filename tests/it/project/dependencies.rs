//! The crates in the program: their number and their licenses.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::run::{Launch, Run};

/// The limit on the number of crates in the Linux program, including `keypair` itself.
///
/// A new dependency is a decision and raises the limit in the same change. An update can split a
/// crate in two or three, so the limits leave some room. [`HEADROOM`] keeps that room small.
const LIMITS: [(&str, usize); 2] = [("--no-default-features", 125), ("--all-features", 239)];

/// Maximum difference between a limit and the actual number of crates.
const HEADROOM: usize = 6;

#[test]
fn crate_count_stays_below_limit() {
    for (features, limit) in LIMITS {
        let target = "x86_64-unknown-linux-gnu";
        let tree = tree(&[features, "-e", "normal", "--target", target, "--format", "{p}"]);
        let crates: BTreeSet<&str> = lines(&tree).collect();
        let count = crates.len();
        let told = "drop a new dependency, or raise the limit in this test";
        assert!(count <= limit, "{features}: {count} crates, limit {limit}; {told}");
        assert!(count + HEADROOM >= limit, "{features}: only {count} crates: lower {limit}");
    }
}

/// cargo-deny also checks the license texts, where it is installed.
#[test]
fn every_crate_license_is_allowed() {
    let allowed = allowed(include_str!("../../../deny.toml"));
    assert!(allowed.contains("MIT") && allowed.len() < 12, "{allowed:?}");
    let edges = "normal,build,dev";
    let tree = tree(&["--all-features", "-e", edges, "--target", "all", "--format", "{l}\t{p}"]);
    let mut count = 0;
    for line in lines(&tree) {
        let (license, name) = line.split_once('\t').unwrap();
        assert!(is_allowed(license, &allowed), "{name}: license {license:?} is not allowed");
        count += 1;
    }
    assert!(count > 100, "{tree}");
}

#[test]
fn license_expressions_evaluate_and_or_and_parentheses() {
    let allowed = BTreeSet::from(["MIT", "ISC"]);
    for license in
        ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(GPL-2.0 OR ISC) AND MIT", "ISC AND MIT"]
    {
        assert!(is_allowed(license, &allowed), "{license}");
    }
    for license in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-2.0", "MIT WITH x"] {
        assert!(!is_allowed(license, &allowed), "{license}");
    }
}

/// Runs cargo in the caller's environment, which has the downloaded crates.
#[track_caller]
fn tree(arguments: &[&str]) -> Run {
    let words = ["tree", "--locked", "--prefix", "none", "--no-dedupe", "--color", "never"];
    let manifest = concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let launch = Launch::new(env!("CARGO").as_ref()).args(words).args(arguments).args([manifest]);
    let launch = std::env::vars_os()
        .fold(launch, |launch, (name, value)| launch.env(&name.to_string_lossy(), value));
    launch.limit(Duration::from_secs(300)).run().success()
}

fn lines(tree: &Run) -> impl Iterator<Item = &str> {
    tree.text().lines().filter(|line| !line.is_empty())
}

/// Returns the list in `[licenses]` of deny.toml.
fn allowed(deny: &str) -> BTreeSet<&str> {
    let (_, list) = deny.split_once("\nallow = [\n").unwrap();
    let (list, _) = list.split_once("\n]\n").unwrap();
    list.lines().map(|line| line.trim().trim_end_matches(',').trim_matches('"')).collect()
}

/// Evaluates an SPDX expression, or the older form with slashes, against the allowed licenses.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    any(&mut words.as_slice(), allowed)
}

fn any(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = all(words, allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, allowed);
            *words = words.get(1..).unwrap_or_default();
            met
        }
        [_, "WITH", _, rest @ ..] => {
            *words = rest;
            false
        }
        [license, rest @ ..] => {
            *words = rest;
            allowed.contains(license)
        }
        [] => false,
    }
}

//! The crates that the program is made of: how many there are, and under which licences.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::run::{Launch, Run};

/// How many crates the program is made of on Linux, the program itself among them, and how many it may be.
///
/// A new dependency is a decision, and raises the limit in the change that makes it. That something which is
/// there splits in two or three in an update is none, so the limits stand a little above what there is; they
/// follow it down, too, for a limit far above holds nothing.
const LIMITS: [(&str, usize); 2] = [("--no-default-features", 125), ("--all-features", 239)];

/// How far above what there is a limit may stand.
const HEADROOM: usize = 6;

#[test]
fn crate_count_stays_below_limit() {
    for (features, limit) in LIMITS {
        let target = "x86_64-unknown-linux-gnu";
        let tree = tree(&[features, "-e", "normal", "--target", target, "--format", "{p}"]);
        let crates: BTreeSet<&str> = lines(&tree).collect();
        let count = crates.len();
        let told = "either one that is new is too many, or the limit in this test is to be moved";
        assert!(count <= limit, "{features}: {count} crates, of at most {limit}; {told}");
        assert!(count + HEADROOM >= limit, "{features}: only {count} crates: lower {limit}");
    }
}

/// cargo-deny reads the texts of the licences as well, where it is there.
#[test]
fn every_crate_license_is_allowed() {
    let allowed = allowed(include_str!("../../../deny.toml"));
    assert!(allowed.contains("MIT") && allowed.len() < 12, "{allowed:?}");
    let edges = "normal,build,dev";
    let tree = tree(&["--all-features", "-e", edges, "--target", "all", "--format", "{l}\t{p}"]);
    let mut count = 0;
    for line in lines(&tree) {
        let (license, name) = line.split_once('\t').unwrap();
        assert!(is_allowed(license, &allowed), "{name} is under {license:?}");
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

/// Asks cargo, which runs in the world of whoever runs the tests: that is where it has the crates.
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

/// Returns whether an SPDX expression, or one of the older form with slashes, can be met with these licences.
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

//! The number of crates in the program. CI checks their licenses with cargo-deny (`deny.toml`).

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::run::{Launch, Run};

/// The limit on the number of crates in the Linux program, including `keypair` itself.
///
/// A new dependency is a decision and raises the limit in the same change. An update can split a
/// crate in two or three, so the limits leave some room. [`HEADROOM`] keeps that room small.
const LIMITS: [(&str, usize); 2] = [("--no-default-features", 127), ("--all-features", 234)];

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

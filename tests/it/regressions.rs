//! What the fuzzer found once, and what it begins with: see `tests/fuzz`.

#[path = "../fuzz/src/readers/mod.rs"]
mod readers;

use std::fs;
use std::path::{Path, PathBuf};

use keypair::format::read_public;

/// Longer numbers take long to check.
const MOST_BITS: u32 = 1024;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Reads as the fuzz target does, and says what it was that failed.
fn read(target: &str, input: &[u8], name: &Path) {
    let read = std::panic::catch_unwind(|| readers::read(target, input));
    assert!(read.is_ok(), "{target} fails with {}", name.display());
}

#[test]
fn what_the_fuzzer_found_stays_mended() {
    for folder in files("fuzz/regressions") {
        let target = stem(&folder);
        for file in files(&format!("fuzz/regressions/{target}")) {
            read(target, &fs::read(&file).unwrap(), &file);
        }
    }
}

#[test]
fn the_fuzzer_begins_without_a_finding() {
    let vectors: Vec<PathBuf> =
        ["keys", "import", "convert"].map(|kind| files(&format!("vectors/{kind}"))).concat();
    for target in files("fuzz/src/bin") {
        let target = stem(&target);
        let mut count = 0;
        for file in &vectors {
            let bytes = fs::read(file).unwrap();
            if read_public(&bytes).is_ok_and(|public| public.key.bits() > MOST_BITS) {
                continue;
            }
            for seed in readers::seeds(target, &bytes) {
                read(target, &seed, file);
                count += 1;
            }
        }
        assert!(count > 0, "{target} has nothing to begin with");
    }
}

//! A test of keypair itself, without libFuzzer: what the fuzzer found once, and what it begins with.

mod readers;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Reads as the fuzz target does, and says what it was that failed.
fn read(target: &str, input: &[u8], name: &Path) -> bool {
    let found = std::panic::catch_unwind(|| readers::read(target, input));
    found.unwrap_or_else(|_| panic!("{target} fails with {}", name.display()))
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

/// A target whose encryption or framing were wrong would fuzz nothing but the refusal of it.
#[test]
fn the_fuzzer_begins_with_keys_and_without_a_finding() {
    let vectors: Vec<PathBuf> =
        ["keys", "import", "convert"].map(|kind| files(&format!("vectors/{kind}"))).concat();
    let forms = |file: &PathBuf| (file.clone(), readers::forms(&fs::read(file).unwrap()));
    let forms: Vec<(PathBuf, Vec<Vec<u8>>)> = vectors.iter().map(forms).collect();
    for target in files("fuzz/src/bin") {
        let target = stem(&target);
        let mut known = HashSet::new();
        let mut keys = 0;
        for (file, forms) in &forms {
            for seed in forms.iter().flat_map(|form| readers::seeds(target, form)) {
                if !known.contains(&seed) {
                    keys += i32::from(read(target, &seed, file));
                    known.insert(seed);
                }
            }
        }
        assert!(keys >= 4, "{target} begins with {keys} keys");
    }
}

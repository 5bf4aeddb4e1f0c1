//! Replays the findings and seeds of the fuzzer, without libFuzzer.

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

/// Reads an input like the fuzz target. Panics with the name of the failed input.
fn read(target: &str, input: &[u8], name: &Path) -> bool {
    let found = std::panic::catch_unwind(|| readers::read(target, input));
    found.unwrap_or_else(|_| panic!("{target} fails with {}", name.display()))
}

#[test]
fn fuzzer_regressions_stay_fixed() {
    for folder in files("fuzz/regressions") {
        let target = stem(&folder);
        for file in files(&format!("fuzz/regressions/{target}")) {
            read(target, &fs::read(&file).unwrap(), &file);
        }
    }
}

/// If the encryption or framing of a target were wrong, it would only test rejections.
#[test]
fn fuzzer_seeds_contain_keys_without_findings() {
    let vectors: Vec<PathBuf> = ["keys", "import", "convert", "people"]
        .map(|kind| files(&format!("vectors/{kind}")))
        .concat();
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
        assert!(keys >= 4, "{target} has seeds with {keys} keys");
    }
}

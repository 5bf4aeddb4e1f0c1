//! The inputs that a target begins with: the test vectors, in the form of the target.

use std::fs;
use std::path::Path;
use std::process;

use crate::readers;

/// Names the folder to which the seeds are to be written.
const FOLDER: &str = "KEYPAIR_FUZZ_SEEDS";
/// Numbers of 2048 bits and more take long to check, and teach a fuzzer nothing that 1024 do not.
const MOST_BYTES: usize = 2000;
const TOO_LONG: [&str; 2] = ["rsa2048", "rsa4096"];

/// Writes the seeds of a target and leaves, if the environment asks for it.
///
/// The target itself does this because every program that is instrumented needs libFuzzer.
pub fn write_if_asked(target: &str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for kind in ["keys", "import", "convert"] {
        for entry in fs::read_dir(vectors.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let file = fs::read(&path).unwrap();
            if file.len() > MOST_BYTES || TOO_LONG.iter().any(|long| name.starts_with(long)) {
                continue;
            }
            if let Some(seed) = readers::seed(target, &file) {
                fs::write(Path::new(&folder).join(format!("{kind}-{name}")), seed).unwrap();
            }
        }
    }
    process::exit(0);
}

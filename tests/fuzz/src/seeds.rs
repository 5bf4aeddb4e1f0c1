//! The seed inputs of a target: the test vectors in the target's format.

use std::fs;
use std::path::Path;
use std::process;

use crate::readers;

/// Names the directory for the seeds.
const FOLDER: &str = "KEYPAIR_FUZZ_SEEDS";

/// Writes the seeds of a target and exits, if the environment requests it.
///
/// The target itself does this, because every instrumented program needs libFuzzer.
pub fn write_if_asked(target: &str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for kind in ["keys", "import", "convert", "people"] {
        for entry in fs::read_dir(vectors.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let file = fs::read(&path).unwrap();
            let forms = readers::forms(&file);
            let seeds = forms.iter().flat_map(|form| readers::seeds(target, form));
            for (number, seed) in seeds.enumerate() {
                let name = format!("{kind}-{name}-{number}");
                fs::write(Path::new(&folder).join(name), seed).unwrap();
            }
        }
    }
    process::exit(0);
}

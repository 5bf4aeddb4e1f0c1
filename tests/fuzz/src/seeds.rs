//! The inputs that a target begins with: the test vectors, in the form of the target.

use std::fs;
use std::path::Path;
use std::process;

use keypair::format::{
    Comment, PpkVersion, PrivateFormat, PublicFormat, read_private, read_public, write_private,
    write_public,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::readers;

/// Names the folder to which the seeds are to be written.
const FOLDER: &str = "KEYPAIR_FUZZ_SEEDS";
/// Longer numbers take long to check, and teach a fuzzer nothing that these do not.
const MOST_BITS: u32 = 1024;

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
            if read_public(&file).is_ok_and(|public| public.key.bits() > MOST_BITS) {
                continue;
            }
            let forms = [file.clone()].into_iter().chain(written(&file));
            let seeds = forms.flat_map(|form| readers::seeds(target, &form));
            for (number, seed) in seeds.enumerate() {
                let name = format!("{kind}-{name}-{number}");
                fs::write(Path::new(&folder).join(name), seed).unwrap();
            }
        }
    }
    process::exit(0);
}

/// Returns the key in a file, if there is one, in every format.
fn written(file: &[u8]) -> Vec<Vec<u8>> {
    let comment = Comment::new("a comment").unwrap();
    let mut files = Vec::new();
    if let Ok(private) = read_private(file, None) {
        for format in [
            PrivateFormat::Pem,
            PrivateFormat::Openssh,
            PrivateFormat::Pkcs8,
            PrivateFormat::Ppk(PpkVersion::V2),
            PrivateFormat::Ppk(PpkVersion::V3),
        ] {
            // Nothing is drawn without a passphrase.
            let mut random = StdRng::seed_from_u64(0);
            let file = write_private(&private.key, format, &comment, None, &mut random).unwrap();
            files.push(file.expose().to_vec());
        }
    }
    if let Ok(public) = read_public(file) {
        use PublicFormat::{Der, Openssh, Pkcs1, Rfc4716, Spki};
        let formats = [Openssh, Rfc4716, Spki, Pkcs1, Der].into_iter();
        files.extend(formats.filter_map(|form| write_public(&public.key, form, &comment).ok()));
    }
    files
}

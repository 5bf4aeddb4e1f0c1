//! What each fuzz target does to its bytes before a reader sees them, and what must hold then.
//!
//! The fuzzer and the test that replays its findings both include this file, so it knows nothing of
//! libFuzzer, and names its own modules through `self` and `super` alone.

mod forms;
mod invariants;
mod openssh;
mod pem;
mod pkcs8;
mod ppk;
mod template;

use keypair::secret::Secret;

pub use self::forms::forms;

use self::invariants::hold;
use self::template::Lines;

/// Of every file that a target encrypts.
const PASSPHRASE: &[u8] = b"correct horse";

/// Feeds the bytes of a fuzz target to the readers, and returns whether they found a key. Panics if
/// anything is wrong with the answer.
pub fn read(target: &str, bytes: &[u8]) -> bool {
    let passphrase = Secret::copy_of(PASSPHRASE);
    let passphrase = Some(&passphrase);
    match target {
        "content" | "der" => hold(bytes, None),
        "line" => hold(&template::expand(bytes, Lines::One), None),
        "openssh" => {
            let container = openssh::expand(bytes, PASSPHRASE);
            hold(&pem::block("OPENSSH PRIVATE KEY", &container), passphrase)
        }
        "pem" => {
            let file = pem::expand(bytes, PASSPHRASE);
            hold(&file, passphrase.filter(|_| pem::is_encrypted(&file)))
        }
        "pkcs8_encrypted" => hold(&pkcs8::expand(bytes, PASSPHRASE), passphrase),
        "ppk" => hold(&ppk::expand(bytes, None), None),
        "ppk_encrypted" => hold(&ppk::expand(bytes, Some(PASSPHRASE)), passphrase),
        "rfc4716" => hold(&template::expand(bytes, Lines::Many), None),
        _ => panic!("there is no fuzz target {target}"),
    }
}

/// Returns the inputs of a target that stand for somebody's key file, none if the target has no use
/// for it.
pub fn seeds(target: &str, file: &[u8]) -> Vec<Vec<u8>> {
    let der = || template::first_part(file).unwrap_or_else(|| file.to_vec());
    match target {
        "content" => vec![file.to_vec()],
        "der" => Some(der()).filter(|der| der.starts_with(b"0")).into_iter().collect(),
        "line" if file.starts_with(b"-") || file.starts_with(b"PuTTY") => Vec::new(),
        "line" => vec![template::collapse(file, Lines::One)],
        "openssh" if file.starts_with(b"-----BEGIN OPENSSH") => openssh::seeds(&der(), PASSPHRASE),
        "openssh" => Vec::new(),
        "pem" => pem::seeds(file),
        "pkcs8_encrypted" if file.starts_with(b"-----BEGIN PRIVATE") => pkcs8::seeds(&der()),
        "pkcs8_encrypted" => Vec::new(),
        "ppk" => ppk::seeds(file, false),
        "ppk_encrypted" => ppk::seeds(file, true),
        "rfc4716" if file.starts_with(b"---- ") => vec![template::collapse(file, Lines::Many)],
        "rfc4716" => Vec::new(),
        _ => panic!("there is no fuzz target {target}"),
    }
}

//! The inputs of each fuzz target, and their invariants.
//!
//! The fuzzer and the replay test both include this file. It therefore does not depend on libFuzzer
//! and names its modules only through `self` and `super`.

mod ber;
mod console;
mod forms;
mod invariants;
mod openssh;
mod password_data;
mod pem;
mod pkcs8;
mod ppk;
mod template;
mod undo;

use keypair::secret::Secret;

pub use self::forms::forms;

use self::invariants::hold;
use self::template::Lines;

/// The passphrase of every encrypted file.
const PASSPHRASE: &[u8] = b"correct horse";

/// The file that stands for all in targets with keys of their own.
const FIRST: &[u8] = include_bytes!("../../../vectors/keys/rsa1024.pem");

/// Passes the bytes of a fuzz target to the readers. Returns whether they found a key. Panics if
/// the result violates an invariant.
pub fn read(target: &str, bytes: &[u8]) -> bool {
    let passphrase = Secret::copy_of(PASSPHRASE);
    let passphrase = Some(&passphrase);
    match target {
        "ber" => hold(&ber::expand(bytes), None),
        "console" => console::read(bytes),
        "content" | "der" => hold(bytes, None),
        "line" => hold(&template::expand(bytes, Lines::One), None),
        "openssh" => {
            let container = openssh::expand(bytes, PASSPHRASE);
            hold(&pem::block("OPENSSH PRIVATE KEY", &container), passphrase)
        }
        "password_data" => password_data::read(bytes),
        "pem" => {
            let file = pem::expand(bytes, PASSPHRASE);
            hold(&file, passphrase.filter(|_| pem::is_encrypted(&file)))
        }
        "pkcs8_encrypted" => hold(&pkcs8::expand(bytes, PASSPHRASE), passphrase),
        "ppk" => hold(&ppk::expand(bytes, None), None),
        "ppk_encrypted" => hold(&ppk::expand(bytes, Some(PASSPHRASE)), passphrase),
        "undo" => undo::read(bytes),
        "rfc4716" => hold(&template::expand(bytes, Lines::Many), None),
        _ => panic!("unknown fuzz target {target}"),
    }
}

/// Returns the inputs of a target for a key file, or nothing if the target does not support the
/// file.
pub fn seeds(target: &str, file: &[u8]) -> Vec<Vec<u8>> {
    let der = || template::first_part(file).unwrap_or_else(|| file.to_vec());
    match target {
        "ber" if der().starts_with(b"0") => ber::seeds(&der()),
        "ber" => Vec::new(),
        "console" if file.starts_with(b"ssh-") => console::seeds(file),
        "console" => Vec::new(),
        "content" => vec![file.to_vec()],
        "der" => Some(der()).filter(|der| der.starts_with(b"0")).into_iter().collect(),
        "line" if file.starts_with(b"-") || file.starts_with(b"PuTTY") => Vec::new(),
        "line" => vec![template::collapse(file, Lines::One)],
        "openssh" if file.starts_with(b"-----BEGIN OPENSSH") => openssh::seeds(&der(), PASSPHRASE),
        "openssh" => Vec::new(),
        // The target has a key of its own: one file is enough.
        "password_data" if file.starts_with(FIRST) => password_data::seeds(),
        "password_data" => Vec::new(),
        "pem" => pem::seeds(file),
        "pkcs8_encrypted" if file.starts_with(b"-----BEGIN PRIVATE") => pkcs8::seeds(&der()),
        "pkcs8_encrypted" => Vec::new(),
        "ppk" => ppk::seeds(file, false),
        "ppk_encrypted" => ppk::seeds(file, true),
        "rfc4716" if file.starts_with(b"---- ") => vec![template::collapse(file, Lines::Many)],
        "rfc4716" => Vec::new(),
        // The target has keys of its own: one file is enough.
        "undo" if file.starts_with(FIRST) => undo::seeds(),
        "undo" => Vec::new(),
        _ => panic!("unknown fuzz target {target}"),
    }
}

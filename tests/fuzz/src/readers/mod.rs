//! What each fuzz target does to its bytes before a reader sees them, and what must hold then.
//!
//! The fuzzer and the test that replays its findings both include this file, so it knows nothing of
//! libFuzzer and names its own modules through `self` and `super` alone.

mod invariants;
mod template;

use self::template::Lines;

/// Feeds the bytes of a fuzz target to the readers. Panics if anything is wrong with the answer.
pub fn read(target: &str, bytes: &[u8]) {
    match target {
        "content" | "der" => invariants::hold(bytes, None),
        "line" => invariants::hold(&template::expand(bytes, Lines::One), None),
        "rfc4716" => invariants::hold(&template::expand(bytes, Lines::Many), None),
        _ => panic!("there is no fuzz target {target}"),
    }
}

/// Returns the file of somebody's key as an input of a target, or nothing if the target has no use
/// for it.
pub fn seed(target: &str, file: &[u8]) -> Option<Vec<u8>> {
    match target {
        "content" => Some(file.to_vec()),
        "der" => template::first_part(file).filter(|part| part.starts_with(b"0")),
        "line" => Some(template::collapse(file)).filter(|_| !file.starts_with(b"-")),
        "rfc4716" => Some(template::collapse(file)).filter(|_| file.starts_with(b"---- ")),
        _ => panic!("there is no fuzz target {target}"),
    }
}

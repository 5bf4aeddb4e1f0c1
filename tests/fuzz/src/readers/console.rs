//! The console output of an instance, with its host keys.

use std::slice;

use keypair::format::{HostKey, host_keys};

use super::invariants::in_time;
use super::template::{Lines, collapse, expand};

/// Reads the host keys of an input. Returns whether there are any. Panics if they could end or extend
/// a line of a known_hosts file, or are read differently from a list of their own.
pub fn read(input: &[u8]) -> bool {
    let console = expand(input, Lines::One);
    let Ok(keys) = in_time(|| host_keys(&console)) else { return false };
    let lines: Vec<String> = keys.iter().map(HostKey::line).collect();
    for (key, line) in keys.iter().zip(&lines) {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-".contains(&byte);
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words, [key.type_name(), key.base64()]);
        assert!(words.iter().all(|word| !word.is_empty() && word.bytes().all(is_part)), "{line}");
    }
    assert!((1..=16).contains(&keys.len()), "{} keys", keys.len());
    assert_eq!(host_keys(list(&lines, "", "\n").as_bytes()), Ok(keys));
    true
}

/// Returns a console output with the key in a file, as several programs print it.
pub fn seeds(file: &[u8]) -> Vec<Vec<u8>> {
    let line = String::from_utf8_lossy(file).trim().to_owned();
    let console =
        |prefix, end| collapse(list(slice::from_ref(&line), prefix, end).as_bytes(), Lines::One);
    vec![
        console("", "\n"),
        console("<14>Apr  9 22:06:30 ec2: ", "\r\n"),
        console("[   12.345678] cloud-init[1234]: ", "\x1b[0m\r\n\r\n"),
    ]
}

fn list(keys: &[String], prefix: &str, end: &str) -> String {
    let begin = "-----BEGIN SSH HOST KEY KEYS-----".to_owned();
    let last = "-----END SSH HOST KEY KEYS-----".to_owned();
    let lines = [&[begin][..], keys, &[last]].concat();
    lines.iter().map(|line| format!("{prefix}{line}{end}")).collect()
}

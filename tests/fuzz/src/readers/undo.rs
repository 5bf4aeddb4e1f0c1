//! Known keys, wrapped as secret stores, `.env` files and mail wrap them, in short arbitrary text.
//!
//! An input is the number of the key, the number of changes, the changes, and the text: half of it
//! before the key and half after.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keypair::format::{is_encrypted, read_private, read_public};

use super::invariants::hold;

const KEYS: [&str; 5] = [
    include_str!("../../../vectors/keys/rsa1024.pem"),
    include_str!("../../../vectors/keys/ed25519.openssh"),
    include_str!("../../../vectors/keys/ed25519.v3.ppk"),
    include_str!("../../../vectors/keys/rsa2048.v2.ppk"),
    include_str!("../../../vectors/keys/ed25519.openssh.pub"),
];

const CHANGES: [fn(&str) -> String; 24] = [
    |key| key.replace('\n', "\\n"),
    |key| key.replace('\n', "\\r\\n"),
    |key| key.replace('\n', "\\\n"),
    |key| key.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\""),
    |key| key.replace('\n', "\r\n"),
    |key| key.replace('\n', "\r"),
    |key| key.replace('\n', "\n\n"),
    |key| key.trim_end().replace('\n', " "),
    |key| format!("\"{key}\""),
    |key| format!("'{key}',\n"),
    |key| format!("KEY={key}"),
    |key| format!("A=1\nexport KEY=\"{key}\"\nB=2\n"),
    |key| format!("key: {key}"),
    |key| format!("a:\n  key: |\n{}b: 1\n", lines(key, "    ")),
    |key| lines(key, "> "),
    |key| lines(key, "# "),
    |key| lines(key, "  "),
    |key| STANDARD.encode(key),
    |key| STANDARD.encode(key).trim_end_matches('=').to_owned(),
    |key| in_columns(&STANDARD.encode(key), 76),
    |key| format!("{{\"KeyMaterial\": \"{key}\", \"KeyName\": \"web\"}}"),
    |key| format!("[{{\"a\": 1, \"b\": \"{key}\"}}]"),
    |key| format!("\u{feff}{key}"),
    |key| format!("{key}{key}"),
];

/// Enough to exceed the changes that the readers undo.
const MAX_CHANGES: usize = 6;
/// On each side. Shorter than any key.
const MAX_TEXT: usize = 40;

/// Reads the file of an input. Returns whether the key was found. Panics if another one was.
pub fn read(input: &[u8]) -> bool {
    let (key, file) = expand(input);
    let expected = read_public(key.as_bytes()).unwrap().key;
    let found = hold(&file, None);
    if let Ok(read) = read_public(&file) {
        assert!(read.key == expected, "a reader sees another key");
    }
    if let Ok(read) = read_private(&file, None) {
        assert!(read.key.public() == expected, "a reader sees another private key");
        assert!(matches!(is_encrypted(&file), Ok(false)));
    }
    found
}

fn expand(input: &[u8]) -> (&'static str, Vec<u8>) {
    let mut bytes = input.iter().copied();
    let mut next = || bytes.next().map_or(0, usize::from);
    let key = KEYS[next() % KEYS.len()];
    let count = next() % (MAX_CHANGES + 1);
    let changed = (0..count).fold(key.to_owned(), |text, _| CHANGES[next() % CHANGES.len()](&text));
    let text: Vec<u8> = bytes.take(2 * MAX_TEXT).collect();
    let (before, after) = text.split_at(text.len() / 2);
    (key, [before, changed.as_bytes(), after].concat())
}

/// Returns each key with each change and with each pair of changes that begins with this one.
pub fn seeds() -> Vec<Vec<u8>> {
    let numbers = |length: usize| 0..u8::try_from(length).unwrap();
    let mut seeds = Vec::new();
    for key in numbers(KEYS.len()) {
        for change in numbers(CHANGES.len()) {
            seeds.push(vec![key, 1, change]);
            seeds.push(vec![key, 2, change, (change + key + 7) % 24, b'#', b'\n', b'\n', b'x']);
        }
    }
    seeds
}

fn lines(text: &str, mark: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\n")).collect()
}

fn in_columns(text: &str, columns: usize) -> String {
    let lines = text.as_bytes().chunks(columns).map(String::from_utf8_lossy);
    lines.map(|line| format!("{line}\n")).collect()
}

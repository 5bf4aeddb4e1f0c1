//! Truncates texts of servers and libraries for messages, and removes private keys and credentials.

use std::sync::{Arc, Mutex};

use crate::secret::Secret;

/// The maximum length of a text in a message.
const MAX_BYTES: usize = 1 << 10;

/// Returns the beginning of a text. The terminal module escapes control characters.
pub(super) fn cut(text: &str) -> String {
    let beginning = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    if beginning.len() < text.len() { format!("{beginning}…") } else { text.to_owned() }
}

/// Returns the first words of a text, up to a number of characters.
pub(super) fn words(text: &str, max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    let beginning = text.get(..end).unwrap_or_default();
    let beginning = beginning.rsplit_once(' ').map_or(beginning, |(words, _)| words);
    format!("{beginning} …")
}

/// The credentials in use: a server's error message may contain them.
#[derive(Clone, Debug, Default)]
pub(super) struct UsedSecrets(Arc<Mutex<Vec<Secret>>>);

impl UsedSecrets {
    pub(super) fn add(&self, secret: &str) {
        let Ok(mut secrets) = self.0.lock() else { return };
        let is_known = secrets.iter().any(|known| known.expose() == secret.as_bytes());
        if secret.len() >= MIN_SECRET_BYTES && !is_known {
            secrets.push(Secret::copy_of(secret.as_bytes()));
        }
    }

    /// Returns the beginning of a text, without private keys and these credentials.
    pub(super) fn cut(&self, text: &str) -> String {
        let mut shown = without_private_keys(text);
        for secret in self.0.lock().iter().flat_map(|secrets| secrets.iter()) {
            if let Ok(secret) = str::from_utf8(secret.expose()) {
                shown = shown.replace(secret, HIDDEN);
            }
        }
        cut(&shown)
    }
}

/// Replaces the private keys in a text. A key without a last line extends to the end.
fn without_private_keys(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    loop {
        let start = |marker: &str| rest.find(marker).unwrap_or(rest.len());
        let (before, key) = rest.split_at(start(PEM_START).min(start(PUTTY_START)));
        shown.push_str(before);
        if key.is_empty() {
            return shown;
        }
        let label = key.strip_prefix(PEM_START).and_then(|key| key.split("-----").next());
        let Some(label) = label else {
            return shown + HIDDEN_KEY;
        };
        if !label.contains("PRIVATE KEY") {
            shown.push_str(PEM_START);
            rest = key.get(PEM_START.len()..).unwrap_or_default();
            continue;
        }
        shown.push_str(HIDDEN_KEY);
        let Some((_, after)) = key.split_once(&format!("-----END {label}-----")) else {
            return shown;
        };
        rest = after;
    }
}

const PEM_START: &str = "-----BEGIN ";
const PUTTY_START: &str = "PuTTY-User-Key-File-";

const HIDDEN_KEY: &str = "(the text of a key)";
const HIDDEN: &str = "…";

/// AWS credentials have at least 40 characters. Shorter ones may be part of a word.
const MIN_SECRET_BYTES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(words("could not be built", 18), "could not be built");
        assert_eq!(words("could not be built", 16), "could not be …");
        assert_eq!(words("\u{e9}\u{e9}\u{e9}", 2), "\u{e9}\u{e9} …");
        assert_eq!(cut("No.\u{1b}"), "No.\u{1b}");
        let whole = "é".repeat(MAX_BYTES / 2);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&format!("a{whole}")), format!("a{}…", "é".repeat(MAX_BYTES / 2 - 1)));
    }

    #[test]
    fn private_keys_are_removed_from_text() {
        let rsa = "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----";
        for (text, shown) in [
            (format!("a {rsa} b {rsa}"), "a (the text of a key) b (the text of a key)"),
            (rsa.replace("END RSA", "END"), HIDDEN_KEY),
            (format!("x{}", &rsa[..40]), "x(the text of a key)"),
            ("-----BEGIN PRIVATE KEY".to_owned(), HIDDEN_KEY),
            ("k: PuTTY-User-Key-File-3: hunter2".to_owned(), "k: (the text of a key)"),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----".to_owned(),
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            ),
            ("-----BEGIN ".to_owned(), "-----BEGIN "),
        ] {
            assert_eq!(without_private_keys(&text), shown);
        }
    }

    #[test]
    fn key_is_removed_before_text_is_cut() {
        let text = format!("{}-----BEGIN PRIVATE KEY-----{}", "é".repeat(500), "k".repeat(2000));
        assert!(!UsedSecrets::default().cut(&text).contains("kkk"));
    }

    #[test]
    fn used_secrets_are_removed_from_text() {
        let secrets = UsedSecrets::default();
        for secret in ["hunter2hunter2", "hunter2hunter2", "short"] {
            secrets.add(secret);
        }
        assert_eq!(secrets.cut("a hunter2hunter2, short"), "a …, short");
    }
}

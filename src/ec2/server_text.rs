//! Truncates texts of servers and libraries for messages, and removes private keys and credentials.

use std::sync::{Arc, Mutex};

use crate::format::key_text;
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
        // A key without its end is hidden too.
        let mut shown =
            without_private_keys(text.get(..end_of_beginning(text)).unwrap_or_default());
        for secret in self.0.lock().iter().flat_map(|secrets| secrets.iter()) {
            if let Ok(secret) = str::from_utf8(secret.expose()) {
                shown = shown.replace(secret, HIDDEN);
            }
        }
        cut(&without_key_texts(&shown))
    }
}

/// Returns the end of the part of a text that may be shown, at the end of a word.
fn end_of_beginning(text: &str) -> usize {
    let Some(beginning) = text.get(..text.floor_char_boundary(MAX_SEARCHED)) else {
        return text.len();
    };
    match beginning.rfind(char::is_whitespace) {
        Some(end) if beginning.len() < text.len() => end,
        _ => beginning.len(),
    }
}

/// Replaces the parts of a text that look like a key without its first line, in any encoding.
fn without_key_texts(text: &str) -> String {
    let mut keys = key_text::keys(text);
    keys.sort_by_key(|key| key.start);
    let (mut shown, mut end) = (String::new(), 0);
    for key in keys {
        let before = text.get(..key.start).unwrap_or_default();
        if key.start < end || before.ends_with(ENCODED_MESSAGE) {
            continue;
        }
        shown.push_str(before.get(end..).unwrap_or_default());
        shown.push_str(HIDDEN_KEY);
        end = key.end + rest_of_lines(text.get(key.end..).unwrap_or_default());
    }
    shown + text.get(end..).unwrap_or_default()
}

/// Returns the length of the base64 in the lines that follow a line of a key.
fn rest_of_lines(text: &str) -> usize {
    let mut rest = text.trim_start_matches('=');
    while let Some(line) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
        let is_base64 = |digit: char| digit.is_ascii_alphanumeric() || "+/=_-".contains(digit);
        let after = line.trim_start_matches(is_base64);
        if after.len() == line.len() || !after.is_empty() && !after.starts_with(['\r', '\n']) {
            break;
        }
        rest = after;
    }
    text.len() - rest.len()
}

/// Replaces the private keys in a text. A key without a last line extends to the end.
fn without_private_keys(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    loop {
        let start = |marker: &str| rest.find(marker).unwrap_or(rest.len());
        let putty = start(PUTTY_START).min(start(PUTTY_PRIVATE));
        let (before, key) = rest.split_at(start(PEM_START).min(putty));
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
/// Begins the private part of a PuTTY file.
const PUTTY_PRIVATE: &str = "Private-Lines:";

/// Precedes a text of EC2 that `aws sts decode-authorization-message` decodes. It is not secret.
const ENCODED_MESSAGE: &str = "Encoded authorization failure message: ";

/// The length of the beginning that is searched for keys. Far less is shown.
const MAX_SEARCHED: usize = 8 << 10;

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
    fn longest_hostile_text_takes_little_time() {
        let start = std::time::Instant::now();
        let text = "-----BEGIN ".repeat(1 << 20);
        assert!(UsedSecrets::default().cut(&text).len() <= MAX_BYTES + "…".len());
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
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
    fn key_without_header_is_removed_in_every_encoding() {
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let hex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let cut = |text: &str| UsedSecrets::default().cut(text);
        for (text, shown) in [
            (format!("a {line} b"), format!("a {HIDDEN_KEY} b")),
            (format!("a {line}\n{line}\r\nAbCd==\n."), format!("a {HIDDEN_KEY}\n.")),
            (line.replace('/', "%2F"), HIDDEN_KEY.to_owned()),
            (format!("key={hex}"), format!("key={HIDDEN_KEY}")),
            (format!("Private-Lines: 1\n{line}"), HIDDEN_KEY.to_owned()),
            (
                "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1DNENBUUF3QlFZREsyVndCQ0lF".to_owned(),
                HIDDEN_KEY.to_owned(),
            ),
        ] {
            assert_eq!(cut(&text), shown);
        }
        for text in [
            "User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/jane \
             is not authorized to perform: ec2:ImportKeyPair on resource: \
             arn:aws:ec2:eu-west-1:123456789012:key-pair/web because no identity-based policy allows it",
            "request 7b1f3c1e-0d3c-4c39-a0c8-4f4f0b3c9a11 for key-0123456789abcdef0",
            "the key has the fingerprint SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
        ] {
            assert_eq!(cut(text), text);
        }
        let message = format!("denied. {ENCODED_MESSAGE}{}", "aB3dE5fG7hJ9kL1m".repeat(9));
        assert_eq!(cut(&message), message);
        assert!(cut(&"aB3dE5fG7hJ9kL1m".repeat(1 << 18)).len() < 2 * MAX_BYTES);
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

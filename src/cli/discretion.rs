//! What was typed and must not be repeated: the text of a key in the place of its file's name, and a
//! passphrase in the place of nothing.

use std::cmp::Reverse;
use std::ffi::OsString;

/// The words of a command line that messages leave out.
#[derive(Debug, Default)]
pub struct Discretion {
    hidden: Vec<(String, &'static str)>,
}

impl Discretion {
    /// Looks for such words.
    pub fn of(words: &[OsString]) -> Self {
        let mut hidden = Vec::new();
        let mut after_passphrase = false;
        for word in words {
            let word = word.to_string_lossy();
            // The AWS CLI's spelling of an option that holds its value, too.
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, value),
                _ => (word.as_ref(), word.as_ref()),
            };
            let is_passphrase_option = PASSPHRASE_OPTIONS.contains(&option);
            if (is_passphrase_option && option != value) || (after_passphrase && !is_option(value))
            {
                hidden.push((format!("'{value}'"), "'…'"));
            }
            after_passphrase = is_passphrase_option;
            let parts = key_parts(&word).into_iter();
            hidden.extend(parts.map(|part| (part.to_owned(), "(the text of a key)")));
        }
        // What is part of a longer part goes with it.
        hidden.sort_by_key(|(part, _)| Reverse(part.len()));
        Self { hidden }
    }

    /// Returns a text without them.
    pub fn applied_to(&self, text: &str) -> String {
        let hide = |text: String, (word, instead): &(String, &str)| text.replace(word, instead);
        self.hidden.iter().fold(text.to_owned(), hide)
    }
}

/// Options that ask for a passphrase and take none.
const PASSPHRASE_OPTIONS: [&str; 3] = ["--passphrase", "--new-passphrase", "--no-passphrase"];

/// Returns the parts of a word that may be a key: all of it, what follows `file://`, and what stands
/// before or behind a `=`, at which options and tags are split.
fn key_parts<'a>(word: &'a str) -> Vec<&'a str> {
    let path = word.split_once("://").map(|(_, path)| path);
    let values = word.match_indices('=').take(3).filter_map(|(place, _)| word.get(place + 1..));
    let parts = [word].into_iter().chain(path).chain(values).chain(word.split(['=', ':', ',']));
    let lines = word.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let is_text = word.contains(['\n', '\r']);
    let keys = parts.filter(|part| may_be_key(part));
    // Base64 has slashes, and of a path its folder may be named.
    let folders = |part: &'a str| [Some(part), part.rsplit_once('/').map(|(folder, _)| folder)];
    let keys = keys.flat_map(folders).flatten().filter(|part| part.len() >= SHORTEST_LINE);
    keys.chain(lines.filter(|_| is_text)).collect()
}

fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

/// Returns whether a word is what a key file holds, or may be: text of several lines, or base64 that
/// begins as DER does.
fn may_be_key(word: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    word.contains(['\n', '\r'])
        || word.contains("-----BEGIN ")
        || word.contains("PuTTY-User-Key-File-")
        || word.len() >= SHORTEST_KEY && word.starts_with('M') && word.bytes().all(is_base64)
}

/// What is left of a line of base64 at its end may be short.
const SHORTEST_LINE: usize = 8;
/// PKCS#8 of ED25519 in base64 has 64 characters.
const SHORTEST_KEY: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str], text: &str) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Discretion::of(&words).applied_to(text)
    }

    #[test]
    fn keys_and_passphrases_are_left_out() {
        let pem = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----";
        let ppk = "PuTTY-User-Key-File-3: ssh-rsa secret";
        let der = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
        for key in [pem, ppk, der] {
            let text = format!("cannot read {key}: no such file");
            let expected = "cannot read (the text of a key): no such file";
            assert_eq!(told(&["keypair", "fingerprint", key], &text), expected);
            let option = format!("--tag=k={key}");
            let said = told(&[&option], &format!("k={key}"));
            assert!(!said.contains("secret") && !said.contains("MC4C"), "{said}");
        }
        for words in [&["--new-passphrase", "hunter2"][..], &["--new-passphrase=hunter2"]] {
            assert_eq!(told(words, "unexpected 'hunter2' here"), "unexpected '…' here");
        }
    }

    #[test]
    fn everything_else_is_repeated() {
        let words = ["create", "--passphrase", "--bits", "512", "/home/me/Module/a/long/path/x"];
        let text = "'512' '--bits' /home/me/Module/a/long/path/x";
        assert_eq!(told(&words, text), text);
    }
}

//! Removes secrets from messages: private keys that the user passed instead of a file name, and
//! passphrases after an option that takes no value.
//!
//! Keys are recognized by their shape in the arguments and the environment. Any dozen consecutive
//! characters of a key are removed from a message, so parts of a key are removed too.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::OnceLock;

use crate::format::key_text;
use crate::secret::Secret;

/// Removes secrets of the command line and the environment from messages.
pub struct Redactor {
    arguments: Vec<OsString>,
    environment: fn() -> Vec<Secret>,
    /// Collected for the first message.
    secrets: OnceLock<Secrets>,
}

impl Redactor {
    /// Takes the command line, and a function that returns the values of the environment.
    pub fn of(arguments: Vec<OsString>, environment: fn() -> Vec<Secret>) -> Self {
        Self { arguments, environment, secrets: OnceLock::new() }
    }

    pub fn applied_to(&self, message: &str) -> String {
        let secrets = self.secrets.get_or_init(|| {
            let mut secrets = Secrets::default();
            secrets.add_arguments(&self.arguments);
            for value in (self.environment)() {
                if let Ok(value) = str::from_utf8(value.expose()) {
                    secrets.add_keys(value);
                }
            }
            secrets
        });
        secrets.removed_from(message)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor")
    }
}

#[derive(Default)]
struct Secrets {
    /// Hashes of the parts of keys.
    parts: HashSet<u64>,
    hasher: RandomState,
    /// Lines of texts that contain a key.
    lines: Vec<Secret>,
    /// Values of passphrase options that take no value, in single quotes.
    passphrases: Vec<Secret>,
}

impl Secrets {
    fn add_arguments(&mut self, arguments: &[OsString]) {
        let mut after_passphrase = false;
        let mut after_key = false;
        for word in arguments {
            let word = word.to_string_lossy();
            // The value may be part of the word: `--option=value`.
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, value),
                _ => (word.as_ref(), word.as_ref()),
            };
            let is_passphrase_option = PASSPHRASE_OPTIONS.contains(&option);
            if (is_passphrase_option && option != value) || (after_passphrase && !is_option(value))
            {
                self.passphrases.push(Secret::from(format!("'{value}'")));
            }
            after_passphrase = is_passphrase_option;
            let is_key = self.add_keys(&word);
            // The shell splits an unquoted key at line breaks and spaces.
            if after_key && !is_option(&word) && word.bytes().all(is_base64) {
                self.add_parts(&word);
            }
            after_key = is_key || after_key && !is_option(&word);
        }
    }

    /// Adds the keys in a text. Returns true if there are any.
    fn add_keys(&mut self, text: &str) -> bool {
        let keys = key_text::keys(text);
        for key in &keys {
            let key = text.get(key.clone()).unwrap_or_default();
            self.add_parts(key);
            if key.contains('\\') {
                // `--debug` shows strings with escaped backslashes.
                self.add_parts(&key.replace('\\', "\\\\"));
            }
        }
        let marker = key_text::marker(text);
        if let Some(file) = marker.and_then(|marker| text.get(marker..)) {
            self.lines.push(Secret::copy_of(file.as_bytes()));
            // The lines around the base64, in case the lines of the file are joined.
            for label in file.split("-----").filter(|part| part.ends_with(" KEY")) {
                self.lines.push(Secret::from(format!("-----{label}-----")));
            }
        }
        let is_key = marker.is_some() || !keys.is_empty();
        if marker.is_some() || is_key && text.contains('\n') {
            self.add_lines(text);
        }
        is_key
    }

    /// Adds the lines of a text that contains a key, including the short last line of the base64.
    fn add_lines(&mut self, text: &str) {
        let is_base64 = |part: &&str| !is_option(part) && part.bytes().all(is_base64);
        text.split_whitespace().filter(is_base64).for_each(|part| self.add_parts(part));
        if text.contains(['\n', '\r']) {
            let lines = text.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE);
            self.lines.extend(lines.map(|line| Secret::copy_of(line.as_bytes())));
        }
    }

    fn add_parts(&mut self, key: &str) {
        let parts = key.as_bytes().windows(PART).map(|part| self.hash(part));
        let parts: Vec<u64> = parts.collect();
        self.parts.extend(parts);
    }

    /// Ignores case, because messages show addresses in lower case.
    fn hash(&self, part: &[u8]) -> u64 {
        let mut lower: [u8; PART] = part.try_into().unwrap_or_default();
        lower.make_ascii_lowercase();
        self.hasher.hash_one(lower)
    }

    fn removed_from(&self, message: &str) -> String {
        let passphrases =
            self.passphrases.iter().filter_map(|word| str::from_utf8(word.expose()).ok());
        let message = passphrases.fold(message.to_owned(), |text, word| text.replace(word, "'…'"));
        let mut hidden: Vec<Range<usize>> = Vec::new();
        for line in self.lines.iter().filter_map(|line| str::from_utf8(line.expose()).ok()) {
            hidden.extend(message.match_indices(line).map(|(at, line)| at..at + line.len()));
        }
        let parts = message.as_bytes().windows(PART).enumerate();
        if !self.parts.is_empty() {
            let parts = parts.filter(|(_, part)| self.parts.contains(&self.hash(part)));
            hidden.extend(parts.map(|(at, _)| at..at + PART));
        }
        hidden.sort_by_key(|range| range.start);
        let mut shown = Vec::with_capacity(message.len());
        let mut end = 0;
        for range in joined(message.as_bytes(), hidden) {
            shown.extend_from_slice(message.as_bytes().get(end..range.start).unwrap_or_default());
            shown.extend_from_slice(REPLACEMENT.as_bytes());
            end = range.end;
        }
        shown.extend_from_slice(message.as_bytes().get(end..).unwrap_or_default());
        String::from_utf8_lossy(&shown).into_owned()
    }
}

/// Joins ranges that are separated by at most a line end, in any spelling. Includes the padding
/// that follows a range.
fn joined(message: &[u8], ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for Range { start, end } in ranges {
        let padding = message.iter().skip(end).take(2).take_while(|&&byte| byte == b'=').count();
        let end = end + padding;
        match joined.last_mut() {
            Some(last) if start <= last.end + MAX_GAP => last.end = last.end.max(end),
            _ => joined.push(start..end),
        }
    }
    joined
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte)
}

fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

/// Passphrase options that take no value.
const PASSPHRASE_OPTIONS: [&str; 3] = ["--passphrase", "--new-passphrase", "--no-passphrase"];

const REPLACEMENT: &str = "(the text of a key)";

/// Number of consecutive characters of a key that are recognized in a message.
const PART: usize = 12;
/// Minimum length of a line to remove: the last line of base64 may be short.
const MIN_LINE: usize = 8;
/// Length of the longest line end: an escaped `\r\n`.
const MAX_GAP: usize = 4;

#[cfg(test)]
mod tests;

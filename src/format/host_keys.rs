//! Host keys in the console output of an instance.
//!
//! cloud-init prints them there
//! (<https://github.com/canonical/cloud-init/blob/main/tools/write-ssh-key-fingerprints>). A line
//! may begin with the time and the name of a program. Users of the host can write there too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::WireReader;

/// A host key, as in a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    type_name: &'static str,
    base64: String,
}

impl HostKey {
    /// Returns `TYPE BASE64`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.type_name, self.base64)
    }

    /// Returns the name of the type, for example `ssh-ed25519`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Returns the key in base64.
    #[must_use]
    pub fn base64(&self) -> &str {
        &self.base64
    }
}

/// The reason why a console output has no host keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostKeysError {
    /// The last list of keys has no beginning or no end.
    #[error("the list of host keys in the console output is incomplete")]
    Incomplete,
    /// The output has no list, or an empty one.
    #[error("the console output has no host keys")]
    Missing,
}

/// Returns the host keys in the last list of a console output.
///
/// # Errors
///
/// [`HostKeysError`].
pub fn host_keys(console: &[u8]) -> Result<Vec<HostKey>, HostKeysError> {
    let lines = console.split(|byte| matches!(byte, b'\n' | b'\r')).map(cleaned);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let is_marker = |line: &String, marker: &str| line.strip_suffix(marker).is_some_and(is_prefix);
    let begin = lines.iter().rposition(|line| is_marker(line, BEGIN));
    let end = lines.iter().rposition(|line| is_marker(line, END));
    let keys = match (begin, end) {
        (None, None) => return Err(HostKeysError::Missing),
        (Some(begin), Some(end)) if begin < end => lines.get(begin..end).unwrap_or_default(),
        _ => return Err(HostKeysError::Incomplete),
    };
    let keys: Vec<_> = keys.iter().filter_map(|line| host_key(line)).take(MAX_KEYS).collect();
    if keys.is_empty() { Err(HostKeysError::Missing) } else { Ok(keys) }
}

/// Returns a line without escape sequences of terminals, and without white space at its ends.
fn cleaned(line: &[u8]) -> String {
    let mut text = String::new();
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            0x1b if bytes.next_if_eq(&b'[').is_some() => {
                // The last byte of a sequence (ECMA-48 section 5.4).
                bytes.by_ref().find(|byte| (0x40..=0x7e).contains(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            b'\t' => text.push(' '),
            _ => {}
        }
    }
    text.trim().to_owned()
}

/// Returns whether a text before a key may come from the system's log.
fn is_prefix(text: &str) -> bool {
    let text = text.trim_end();
    text.is_empty() || text.ends_with([':', ']', '>'])
}

fn host_key(line: &str) -> Option<HostKey> {
    TYPES.iter().find_map(|(type_name, fields)| {
        let (before, after) = line.split_once(type_name)?;
        let base64 = after.strip_prefix(' ')?.split(' ').next()?;
        let blob = STANDARD.decode(base64).ok()?;
        let is_key = is_prefix(before) && is_blob(&blob, type_name, *fields);
        is_key.then(|| HostKey { type_name, base64: base64.to_owned() })
    })
}

/// Returns whether a field of a known_hosts file is the hash of a host name: `|1|SALT|HASH`, with the
/// HMAC-SHA1 of the name under the salt
/// (<https://github.com/openssh/openssh-portable/blob/master/hostfile.c>).
#[must_use]
pub fn is_hash_of_host(field: &str, name: &str) -> bool {
    let parts = field.strip_prefix("|1|").and_then(|rest| rest.split_once('|'));
    let decode = |text: &str| STANDARD.decode(text).ok();
    let decoded = parts.and_then(|(salt, hash)| Some((decode(salt)?, decode(hash)?)));
    decoded.is_some_and(|(salt, hash)| {
        Hmac::<Sha1>::new_from_slice(&salt)
            .is_ok_and(|keyed| keyed.chain_update(name).verify_slice(&hash).is_ok())
    })
}

/// Returns whether bytes have the fields of a public key (RFC 4253 section 6.6).
fn is_blob(blob: &[u8], type_name: &str, fields: usize) -> bool {
    let mut reader = WireReader::new(blob);
    let name = reader.string();
    let is_complete = (1..fields).all(|_| reader.string().is_ok_and(|field| !field.is_empty()));
    name.is_ok_and(|name| name == type_name.as_bytes()) && is_complete && reader.rest().is_empty()
}

const BEGIN: &str = "-----BEGIN SSH HOST KEY KEYS-----";
const END: &str = "-----END SSH HOST KEY KEYS-----";

/// The types of host keys and their numbers of fields.
const TYPES: [(&str, usize); 5] = [
    ("ssh-ed25519", 2),
    ("ssh-rsa", 3),
    ("ecdsa-sha2-nistp256", 3),
    ("ecdsa-sha2-nistp384", 3),
    ("ecdsa-sha2-nistp521", 3),
];

/// A host has one key of each type.
const MAX_KEYS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn key() -> String {
        let line = String::from_utf8(vectors::read("keys/ed25519.openssh.pub")).unwrap();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    fn found(console: &str) -> Result<Vec<String>, HostKeysError> {
        Ok(host_keys(console.as_bytes())?.iter().map(HostKey::line).collect())
    }

    #[test]
    fn host_keys_are_read_with_any_prefix() {
        let key = key();
        for prefix in [
            "",
            "<14>Apr  9 22:06:30 ec2: ",
            "[   12.345678] cloud-init[1234]: ",
            "\u{1b}[0;32m<14>Apr  9 22:06:30 cloud-init: ",
        ] {
            for end in ["\n", "\r\n", "\r\n\r\n", "\u{1b}[0m\n"] {
                let console = format!(
                    "boot{end}{prefix}{BEGIN}{end}{prefix}{key} root@ip-10-0-0-1{end}{prefix}{END}{end}login:"
                );
                assert_eq!(found(&console), Ok(vec![key.clone()]), "{console:?}");
            }
        }
    }

    #[test]
    fn only_the_last_list_counts() {
        let key = key();
        let old =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2";
        let list = |key: &str| format!("{BEGIN}\n{key}\n{END}\n");
        assert_eq!(found(&format!("{}x\n{}", list(old), list(&key))), Ok(vec![key.clone()]));
        for incomplete in [
            format!("{key}\n{END}\n"),
            format!("{BEGIN}\n{key}\n"),
            format!("{}{BEGIN}\n{key}\n", list(old)),
            format!("{END}\n{BEGIN}\n{key}"),
        ] {
            assert_eq!(found(&incomplete), Err(HostKeysError::Incomplete), "{incomplete}");
        }
        for missing in ["", "boot\nlogin: ", &list(""), &list("ssh-dss AAAA"), &list("text")] {
            assert_eq!(found(missing), Err(HostKeysError::Missing), "{missing}");
        }
    }

    /// The field is from `ssh-keygen -H`.
    #[test]
    fn hashed_host_name_is_recognized() {
        let field = "|1|NJjSov+BNnrNG7D8mlbqJOO+5bY=|onveTOuLTHILMJwVuRLDfNqYUjw=";
        assert!(is_hash_of_host(field, "192.0.2.1"));
        for (field, name) in [
            (field, "192.0.2.2"),
            (field, ""),
            ("192.0.2.1", "192.0.2.1"),
            ("|1||", "192.0.2.1"),
            ("|1|AAAA", "192.0.2.1"),
            ("|1|*|*", "192.0.2.1"),
            (&field[..field.len() - 4], "192.0.2.1"),
        ] {
            assert!(!is_hash_of_host(field, name), "{field} {name}");
        }
    }

    #[test]
    fn hostile_lines_are_skipped() {
        let key = key();
        for line in [
            format!("* {key}"),
            format!("@cert-authority * {key}"),
            format!("x {key}"),
            key.replace("AAAAC3", "AAAAB3"),
            key[..key.len() - 4].to_owned(),
            format!("{key}AAAA"),
            key.replace("ssh-ed25519", "ssh-rsa"),
            key.replace("ssh-ed25519 ", "ssh-ed25519\u{1b}[8m,*"),
            "ssh-ed25519 ".repeat(10_000),
        ] {
            let console = format!("{BEGIN}\n{line}\n{END}\n");
            assert_eq!(found(&console), Err(HostKeysError::Missing), "{line}");
        }
        let many = format!("{BEGIN}\n{}{END}\n", format!("{key}\n").repeat(1000));
        assert_eq!(found(&many).unwrap().len(), MAX_KEYS);
        let marker = format!("echo {BEGIN}\n{key}\necho {END}\n");
        assert_eq!(found(&marker), Err(HostKeysError::Missing));
    }
}

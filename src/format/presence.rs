//! Private keys in files, whether or not they can be read.

use super::detect::Input;
use super::error::FormatError;
use super::undo::{self, Undone};
use super::{characters, ppk, text};

/// Returns whether `input` is a private key file, encrypted or not. This includes damaged files and
/// unsupported formats: the first line of a key or a magic number is enough.
#[must_use]
pub fn is_private(input: &[u8]) -> bool {
    let Ok(content) = Input::new(input) else {
        return begins_with_private_key(input);
    };
    if content.changes().contains(&Undone::Surroundings) {
        return false;
    }
    let begins = || first_line(content.text()).is_some_and(begins_private_key);
    let is_known = match content.detect() {
        // Source text may contain a key on a later line.
        Ok(found) => found.is_private() && (content.changes().is_empty() || begins()),
        Err(FormatError::Foreign(format)) => return format.is_private(content.text()),
        Err(FormatError::EndMissing | FormatError::Unrecognized) => return begins(),
        Err(_) => false,
    };
    let mut lines = text::lines(content.file_text()).map(without_lead);
    is_known || begins() || lines.any(begins_private_key)
}

/// Returns whether the text of a configuration contains a private key, also in base64 and escaped.
#[must_use]
pub fn embeds_private_key(input: &[u8]) -> bool {
    let Ok(content) = text::decode_text(input) else {
        return false;
    };
    let text = content.expose();
    contains_private_key(text)
        || undo::base64_runs(text).any(|run| contains_private_key(run.expose()))
}

/// Returns whether the first line with text begins a private key.
#[must_use]
pub fn begins_with_private_key(input: &[u8]) -> bool {
    let text = text::decode_text(input);
    text.is_ok_and(|text| first_line(text.expose()).is_some_and(begins_private_key))
}

fn first_line(text: &[u8]) -> Option<&[u8]> {
    text::lines(text).map(without_lead).find(|line| !line.is_empty())
}

/// Cuts white space, invisible characters and the marks of quoted mail.
fn without_lead(line: &[u8]) -> &[u8] {
    let line = characters::trim_start(line);
    let start = line.iter().position(|byte| !b"> \t".contains(byte));
    line.get(start.unwrap_or(line.len())..).unwrap_or_default()
}

fn contains_private_key(text: &[u8]) -> bool {
    undo::beginnings(text).any(begins_private_key)
}

/// Returns whether the label of a private key follows.
fn begins_private_key(text: &[u8]) -> bool {
    const FRAMES: [(&[u8], &[u8]); 2] =
        [(b"-----BEGIN ", b"-----"), (b"---- BEGIN SSH2 ", b" ----")];
    let is_frame = |(begin, dashes): &(&[u8], &[u8])| {
        let Some(label) = text.strip_prefix(*begin) else { return false };
        let label = label.get(..MAX_LABEL_BYTES).unwrap_or(label);
        let end = label.windows(dashes.len()).position(|window| window == *dashes);
        let label = label.get(..end.unwrap_or_default()).unwrap_or_default();
        label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK")
    };
    FRAMES.iter().any(is_frame)
        || ppk::is_ppk(text)
        || text.starts_with(b"SSH PRIVATE KEY FILE FORMAT")
}

const MAX_LABEL_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_private_keys_are_recognized() {
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl",
            "\r\n\u{200b}-----BEGIN ENCRYPTED PRIVATE KEY-----\u{a0}\r\n",
            "> -----BEGIN PRIVATE KEY-----\0",
            "text\n-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n\0",
            "\"PuTTY-User-Key-File-3: ssh-ed25519",
            "PuTTY-User-Key-File-9: x",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
            "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0KYjNCbGJuTnphQzFyWlhrdGRqRUFBQUFB",
        ] {
            assert!(is_private(text.as_bytes()), "{text:?}");
        }
        for text in [
            "",
            "-----BEGIN PUBLIC KEY-----\nMII",
            "-----BEGIN CERTIFICATE-----",
            "see -----BEGIN PRIVATE KEY-----",
            "let key = \"\nKEY=-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\"",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        ] {
            assert!(!is_private(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn keys_in_configurations_are_found() {
        for text in [
            "A=1\nKEY=\"-----BEGIN PRIVATE KEY-----\\nMII\"\n",
            "{\"a\": 1, \"key\": \"-----BEGIN RSA PRIVATE KEY-----\\nMII\"}",
            "a:\n  key: |\n    PuTTY-User-Key-File-3: ssh-rsa\n",
            "A=1\nKEY=LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0KYjNCbGJuTnphQzFyWlhrdGRqRUFBQUFB\n",
        ] {
            assert!(embeds_private_key(text.as_bytes()), "{text:?}");
        }
        for text in [
            "",
            "KEY=-----BEGIN PUBLIC KEY-----",
            "{\"key\": \"-----BEGIN CERTIFICATE-----\\nMII\"}",
            "KEY=LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURmVENDQW1XZ0F3SUJBZ0lVZEpMSzVEY01B\n",
        ] {
            assert!(!embeds_private_key(text.as_bytes()), "{text:?}");
        }
    }
}

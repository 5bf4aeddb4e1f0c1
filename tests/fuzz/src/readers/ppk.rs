//! PuTTY's files. The target computes the line counts, the encryption and the MAC.

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::template::{self, Lines, Piece};

const FIRST_HEADER: &[u8] = b"PuTTY-User-Key-File-";
/// Placeholder for the MAC, which the target computes.
const RIGHT_MAC: &[u8] = b"Private-MAC: ?";
const BLOCK_BYTES: usize = 16;

/// A number above this exceeds the limit of every header, so the reader must reject it.
const MAX_NUMBER: u32 = 1 << 21;
const MAX_MEMORY: u32 = 128;
const MAX_PASSES: u32 = 3;
const MAX_LANES: u32 = 4;

/// Returns the file for an input. A passphrase encrypts the private part.
pub fn expand(input: &[u8], passphrase: Option<&[u8]>) -> Vec<u8> {
    let pieces = template::pieces(input);
    let mut file = Vec::new();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut mac = None;
    for piece in pieces {
        match piece {
            Piece::Text(text) if passphrase.is_some() => {
                file.extend_from_slice(&with_low_costs(text));
            }
            Piece::Text(text) => file.extend_from_slice(text),
            Piece::Part(part) => {
                let mut part = part.to_vec();
                if parts.len() == 1 {
                    let keys = Keys::of(&file, passphrase);
                    if passphrase.is_some() {
                        part.resize(part.len().next_multiple_of(BLOCK_BYTES), 0);
                    }
                    mac = Some(keys.mac(&file, &parts[0], &part));
                    keys.encrypt(&mut part);
                }
                let base64 = template::base64(&part, Lines::Many);
                let lines = base64.iter().filter(|&&byte| byte == b'\n').count();
                file.extend_from_slice(format!("{lines}\n").as_bytes());
                file.extend_from_slice(&base64);
                parts.push(part);
            }
        }
    }
    match mac {
        Some(mac) => replace(&file, RIGHT_MAC, &[b"Private-MAC: ", mac.as_bytes()].concat()),
        None => file,
    }
}

/// Returns the inputs for an unencrypted file: one, or with a passphrase one for each encryption
/// scheme.
pub fn seeds(file: &[u8], encrypted: bool) -> Vec<Vec<u8>> {
    const FLAVOURS: [&str; 3] = ["Argon2id", "Argon2i", "Argon2d"];
    if !file.starts_with(FIRST_HEADER) || header(file, "Encryption") != b"none" {
        return Vec::new();
    }
    let old = [b"Private-MAC: ", header(file, "Private-MAC")].concat();
    let input = without_counts(&template::collapse(&replace(file, &old, RIGHT_MAC), Lines::Many));
    if !encrypted {
        return vec![input];
    }
    let input = replace(&input, b"Encryption: none", b"Encryption: aes256-cbc");
    if input.get(FIRST_HEADER.len()) != Some(&b'3') {
        return vec![input];
    }
    let derivation = |flavour: &str| {
        format!(
            "Key-Derivation: {flavour}\nArgon2-Memory: 16\nArgon2-Passes: 1\n\
             Argon2-Parallelism: 1\nArgon2-Salt: 0123456789abcdef\nPrivate-Lines: "
        )
    };
    let with = |flavour| replace(&input, b"Private-Lines: ", derivation(flavour).as_bytes());
    FLAVOURS.into_iter().map(with).collect()
}

/// Removes the line counts, which [`expand`] writes.
fn without_counts(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    for piece in template::pieces(input) {
        match piece {
            Piece::Text(text) => {
                let lines = text.strip_suffix(b"\n").unwrap_or(text);
                let digits = lines.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
                let kept = if digits == 0 { text } else { &lines[..lines.len() - digits] };
                output.extend_from_slice(kept);
            }
            Piece::Part(part) => output.extend_from_slice(&template::marked(part)),
        }
    }
    output
}

/// Lowers the cost of the key derivation, unless the readers reject it anyway.
fn with_low_costs(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for (name, most) in [
        ("Argon2-Memory", MAX_MEMORY),
        ("Argon2-Passes", MAX_PASSES),
        ("Argon2-Parallelism", MAX_LANES),
    ] {
        if let Some(value) = number(header(&text, name))
            && (most + 1..=MAX_NUMBER).contains(&value)
        {
            let line = |value| format!("{name}: {value}").into_bytes();
            text = replace(&text, &line(value), &line(value % most + 1));
        }
    }
    text
}

/// The keys for encryption and authentication of a file.
struct Keys {
    is_version_2: bool,
    cipher: Option<([u8; 32], [u8; BLOCK_BYTES])>,
    mac: Vec<u8>,
}

impl Keys {
    /// Derives the keys according to the headers. For invalid headers, any keys will do.
    fn of(headers: &[u8], passphrase: Option<&[u8]>) -> Self {
        let is_version_2 = headers.starts_with(&[FIRST_HEADER, b"2"].concat());
        let sha1 = |prefix: &[u8]| {
            let phrase = passphrase.unwrap_or_default();
            Sha1::new().chain_update(prefix).chain_update(phrase).finalize().to_vec()
        };
        let mut derived = vec![0; 80];
        if is_version_2 {
            derived = [sha1(&[0, 0, 0, 0]), sha1(&[0, 0, 0, 1])].concat();
            derived.truncate(32);
            derived.resize(48, 0);
            derived.extend(sha1(b"putty-private-key-file-mac-key"));
        } else if let Some(passphrase) = passphrase {
            // Invalid headers leave zeros.
            let _ = derive(headers, passphrase, &mut derived);
        } else {
            derived.truncate(48);
        }
        let key = derived[..32].try_into().unwrap();
        let vector = derived[32..48].try_into().unwrap();
        let cipher = passphrase.map(|_| (key, vector));
        Self { is_version_2, cipher, mac: derived.split_off(48) }
    }

    /// Encrypts whole blocks.
    fn encrypt(&self, part: &mut [u8]) {
        if let Some((key, vector)) = &self.cipher {
            let length = part.len();
            let encryptor = cbc::Encryptor::<Aes256>::new(key.into(), vector.into());
            encryptor.encrypt_padded::<NoPadding>(part, length).unwrap();
        }
    }

    /// Returns the MAC of a file in hexadecimal.
    fn mac(&self, headers: &[u8], public: &[u8], private: &[u8]) -> String {
        let algorithm = headers.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
        let algorithm = algorithm.get(FIRST_HEADER.len() + 3..).unwrap_or_default();
        let mut content = Vec::new();
        for field in
            [algorithm, header(headers, "Encryption"), header(headers, "Comment"), public, private]
        {
            content.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
            content.extend_from_slice(field);
        }
        let mac = if self.is_version_2 {
            let mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.mac).unwrap();
            mac.chain_update(&content).finalize().into_bytes().to_vec()
        } else {
            let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.mac).unwrap();
            mac.chain_update(&content).finalize().into_bytes().to_vec()
        };
        mac.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn derive(headers: &[u8], passphrase: &[u8], derived: &mut [u8]) -> Option<()> {
    let algorithm = match header(headers, "Key-Derivation") {
        b"Argon2d" => Algorithm::Argon2d,
        b"Argon2i" => Algorithm::Argon2i,
        b"Argon2id" => Algorithm::Argon2id,
        _ => return None,
    };
    let cost = |name, most| number(header(headers, name)).filter(|value| *value <= most);
    let parameters = Params::new(
        cost("Argon2-Memory", MAX_MEMORY)?,
        cost("Argon2-Passes", MAX_PASSES)?,
        cost("Argon2-Parallelism", MAX_LANES)?,
        Some(derived.len()),
    );
    let digits = std::str::from_utf8(header(headers, "Argon2-Salt")).ok()?;
    let salt: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok())
        .collect();
    let argon2 = Argon2::new(algorithm, Version::V0x13, parameters.ok()?);
    argon2.hash_password_into(passphrase, &salt?, derived).ok()
}

/// Returns the value of a header, or an empty value.
fn header<'a>(text: &'a [u8], name: &str) -> &'a [u8] {
    text.split(|byte| b"\r\n".contains(byte))
        .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b": "))
        .unwrap_or_default()
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Replaces the first occurrence of `old`.
fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    match template::split_once(text, old) {
        Some((before, after)) => [before, new, after].concat(),
        None => text.to_vec(),
    }
}

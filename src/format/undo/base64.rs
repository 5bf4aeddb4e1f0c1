//! Base64 of a whole file, as CI systems and Kubernetes store it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::marks;
use crate::format::{magic, text};
use crate::secret::Secret;

/// Accepts missing padding: only the encoding of the key itself must be canonical.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 in base64 occurs in Kubernetes.
const MAX_DEPTH: usize = 2;
/// Shorter than any key.
const MIN_CHARACTERS: usize = 64;

/// Decodes base64 that contains a key: in lines of any length, in both alphabets, with or without
/// padding.
pub(super) fn decode(text: &[u8]) -> Option<Secret> {
    decode_to(text, MAX_DEPTH)
}

fn decode_to(text: &[u8], depth: usize) -> Option<Secret> {
    let is_base64 = |byte: &u8| {
        byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/-_=".contains(byte)
    };
    // Keys are text themselves, with `-` of the other alphabet and spaces.
    let is_key = marks::begins_key(text.trim_ascii_start());
    if depth == 0 || text.len() < MIN_CHARACTERS || is_key || !text.iter().all(is_base64) {
        return None;
    }
    let mut characters = Secret::with_capacity(text.len());
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        characters.push(&[match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        }]);
    }
    let mut decoded = Secret::zeroed(base64::decoded_len_estimate(characters.len()));
    let length = LENIENT.decode_slice(characters.expose(), decoded.expose_mut()).ok()?;
    decoded.truncate(length);
    let decoded = text::decode_text(decoded.expose()).ok()?;
    // The numbers of a key in DER may spell anything.
    let is_text = !decoded.expose().contains(&0);
    let is_key = is_text && marks::mentions_key(decoded.expose())
        || magic::format_of(decoded.expose()).is_some()
        || decode_to(decoded.expose(), depth - 1).is_some();
    is_key.then_some(decoded)
}

/// Decodes the beginnings of all runs of base64 that may be keys.
pub(in crate::format) fn runs(text: &[u8]) -> impl Iterator<Item = Secret> {
    let is_separator = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"+/".contains(byte);
    let long = text.split(is_separator).filter(|run| run.len() >= MIN_CHARACTERS);
    long.filter_map(|run| {
        let beginning = run.get(..MAX_BEGINNING_CHARACTERS).unwrap_or(run);
        let whole = beginning.len() - beginning.len() % 4;
        let first = decode_beginning(beginning.get(..whole)?)?;
        match decode_beginning(first.expose()) {
            Some(second) => Some(second),
            None => Some(first),
        }
    })
}

/// Decodes all base64 that may be a key or contain one. Base64 in lines belongs together.
pub(super) fn blocks(text: &[u8]) -> impl Iterator<Item = Secret> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.iter().position(is_character)?;
            let run = rest.get(start..)?;
            let length = run.iter().take_while(|byte| is_character(byte)).count();
            rest = run.get(length..)?;
            if length < MIN_LINE_CHARACTERS {
                continue;
            }
            let mut characters = Secret::copy_of(run.get(..length)?);
            while let Some(next) = continuation(rest) {
                let length = next.iter().take_while(|byte| is_character(byte)).count();
                characters.push(next.get(..length)?);
                rest = next.get(length..)?;
            }
            // One character more is a word on the next line.
            if characters.len() % 4 == 1 {
                characters.truncate(characters.len().saturating_sub(1));
            }
            if characters.len() >= MIN_CHARACTERS
                && let Some(decoded) = decode_beginning(characters.expose())
                && let Ok(decoded) = text::decode_text(decoded.expose())
            {
                return Some(decoded);
            }
        }
    })
}

/// Programs wrap base64 after 60 characters or more.
const MIN_LINE_CHARACTERS: usize = 32;

/// Returns the text from the next line of base64, after a line end or its escape.
fn continuation(mut rest: &[u8]) -> Option<&[u8]> {
    let after = loop {
        let end = rest.iter().position(|byte| *byte != b'\\').unwrap_or(rest.len());
        let after = rest.get(end..)?;
        if end == 0 || !matches!(after, [b'n' | b'r', ..]) {
            break after;
        }
        rest = after.get(1..)?;
        match rest.first()? {
            b'\\' => {}
            byte if is_character(byte) => return Some(rest),
            _ => return None,
        }
    };
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    if !after.first().is_some_and(blank) {
        return None;
    }
    let next = after.trim_ascii_start();
    // Words on one line would each search the whole line for its end.
    if !after.iter().take_while(|byte| blank(byte)).any(|byte| b"\r\n".contains(byte)) {
        return None;
    }
    let line = text::lines(next).next()?.trim_ascii_end();
    let line = line.strip_suffix(b"\\").unwrap_or(line).trim_ascii_end();
    let is_end = |byte: &u8| b"=\"',;`".contains(byte);
    let last = line.iter().rposition(|byte| !is_end(byte))?;
    line.get(..=last)?.iter().all(is_character).then_some(next)
}

/// Returns whether the text is nothing but base64.
pub(super) fn is_pure(text: &[u8]) -> bool {
    text.iter().all(|byte| is_character(byte) || *byte == b'=' || byte.is_ascii_whitespace())
}

pub(super) fn is_character(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/".contains(byte)
}

/// Enough for the label of a key in base64 in base64.
const MAX_BEGINNING_CHARACTERS: usize = 160;

fn decode_beginning(text: &[u8]) -> Option<Secret> {
    let mut decoded = Secret::zeroed(base64::decoded_len_estimate(text.len()));
    let length = LENIENT.decode_slice(text, decoded.expose_mut()).ok()?;
    decoded.truncate(length);
    Some(decoded)
}

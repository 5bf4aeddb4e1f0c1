//! Keys in JSON: the responses of `create-key-pair`, `get-parameter` and `get-secret-value`.
//!
//! A JSON library would leave copies of the key in memory.

use super::{base64, escapes, marks};
use crate::secret::Secret;

/// Returns the strings with keys in a JSON object or array, or `None` without one.
pub(super) fn key_strings(text: &[u8]) -> Option<Secret> {
    let text = text.trim_ascii();
    let is_json = matches!(text, [b'{', .., b'}'] | [b'[', .., b']']);
    if !is_json {
        return None;
    }
    let mut keys = Secret::default();
    let mut rest = text;
    while let Some((_, string)) = marks::split_before(rest, b"\"") {
        let (string, after) = split_string(string.get(1..)?)?;
        let string = escapes::decode(string);
        if promises_key(string.expose()) {
            keys.push(string.expose());
            keys.push(b"\n");
        }
        rest = after;
    }
    (!keys.is_empty()).then_some(keys)
}

/// Splits after the quotation mark that ends a string.
fn split_string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut is_escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    let (string, after) = text.split_at(end);
    Some((string, after.get(1..)?))
}

/// Returns whether the text is a key, or becomes one in a few steps.
fn promises_key(text: &[u8]) -> bool {
    // JSON in JSON ends after a few levels, because each doubles the backslashes.
    marks::mentions_key(text) || base64::decode(text).is_some() || key_strings(text).is_some()
}

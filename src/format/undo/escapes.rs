//! Escapes of JSON, shells and programming languages in place of line ends.

use super::marks::{self, PEM_BEGIN, PPK_BEGIN, RFC4716_BEGIN};
use crate::format::openssh;
use crate::secret::Secret;

/// Undoes one level of escapes, if `\n` stands where a line of the key must end.
pub(super) fn unescape(text: &[u8]) -> Option<Secret> {
    let text = text.trim_ascii();
    if openssh::is_line(text) {
        return unescape_line(text);
    }
    // Comments in the text may contain anything.
    let is_escaped = if text.starts_with(PPK_BEGIN) {
        header_follows(text)
    } else {
        text.starts_with(b"\\")
            || follows(text, RFC4716_BEGIN, b" KEY ----")
            || !text.starts_with(RFC4716_BEGIN) && follows(text, PEM_BEGIN, b"-----")
    };
    is_escaped.then(|| decode(text))
}

/// Returns whether a backslash follows a frame from `begin` to `end`.
fn follows(text: &[u8], begin: &[u8], end: &[u8]) -> bool {
    let mut rest = text;
    while let Some((_, after)) = marks::split_before(rest, begin) {
        let after = after.get(begin.len()..).unwrap_or_default();
        let near = after.get(..MAX_LABEL_BYTES).unwrap_or(after);
        let frame = marks::split_before(near, end).unwrap_or_default();
        if frame.1.get(end.len()..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\\")) {
            return true;
        }
        rest = after;
    }
    false
}

/// Longer than any label with its dashes. Keeps the search linear.
const MAX_LABEL_BYTES: usize = 128;

/// Returns whether the second header of a PuTTY file follows on its first line, after a backslash.
fn header_follows(text: &[u8]) -> bool {
    let line = text.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    line.ends_with(b"\\") || marks::find(line, b"nEncryption:").is_some() && line.contains(&b'\\')
}

/// Undoes the escapes of a public key line. Its comment may contain backslashes, but not end in a
/// line end.
fn unescape_line(text: &[u8]) -> Option<Secret> {
    let is_several = [&b"\\n"[..], b"\\r"].iter().any(|escape| {
        let mut rest = text;
        while let Some((_, after)) = marks::split_before(rest, escape) {
            rest = after.get(escape.len()..).unwrap_or_default();
            if openssh::is_line(rest.get(..MAX_LABEL_BYTES).unwrap_or(rest)) {
                return true;
            }
        }
        false
    });
    if is_several {
        return Some(decode(text));
    }
    let mut line = text;
    while let Some(rest) = line.strip_suffix(b"n").or_else(|| line.strip_suffix(b"r")) {
        let Some(rest) = rest.strip_suffix(b"\\") else { break };
        line = trim_backslashes(rest);
    }
    (line.len() < text.len()).then(|| Secret::copy_of(line))
}

fn trim_backslashes(text: &[u8]) -> &[u8] {
    let kept =
        text.iter().rposition(|&byte| byte != b'\\').map_or(0, |last| last.saturating_add(1));
    text.get(..kept).unwrap_or_default()
}

/// Decodes one level of escapes. Keeps unknown ones.
pub(super) fn decode(text: &[u8]) -> Secret {
    let mut decoded = Secret::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = marks::split_before(rest, b"\\") {
        decoded.push(plain);
        let (bytes, length) = match escape.get(1) {
            Some(b'n') => (&b"\n"[..], 2),
            Some(b'r') => (&b"\r"[..], 2),
            Some(b't') => (&b"\t"[..], 2),
            // An escaped line end continues the line; the line end itself may be missing.
            Some(b'\n' | b'\r') => (&[][..], 1),
            Some(b'"' | b'\'' | b'/' | b'\\') => (escape.get(1..2).unwrap_or_default(), 2),
            Some(b'u') => match code_point(escape) {
                Some(character) => {
                    decoded.push(character.encode_utf8(&mut [0; 4]).as_bytes());
                    (&[][..], 6)
                }
                None => (&b"\\u"[..], 2),
            },
            // A final one continued the last line.
            None => (&[][..], 1),
            Some(_) => (&b"\\"[..], 1),
        };
        decoded.push(bytes);
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded.push(rest);
    decoded
}

/// Reads `\u003d`. Surrogates are not part of any key.
fn code_point(escape: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(escape.get(2..6)?).ok()?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

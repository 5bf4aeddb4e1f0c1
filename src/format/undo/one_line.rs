//! Keys with spaces in place of their line ends.

use super::marks::{self, PEM_BEGIN, PEM_END, PPK_BEGIN, RFC4716_BEGIN, RFC4716_END};
use crate::format::{openssh, text};
use crate::secret::Secret;

/// Breaks the line of a key that begins and ends on it.
pub(super) fn break_lines(text: &[u8]) -> Option<Secret> {
    let trimmed = text.trim_ascii();
    if trimmed.starts_with(PPK_BEGIN) {
        return break_ppk(trimmed);
    }
    if openssh::is_line(trimmed) {
        return None;
    }
    // The comment of RFC 4716 may contain anything.
    let is_pem = !trimmed.starts_with(RFC4716_BEGIN);
    let mut broken = Secret::with_capacity(text.len().saturating_add(64));
    let mut is_broken = false;
    for line in text::lines(text) {
        let mut rest = line;
        while let Some(after) = push_pem(&mut broken, rest, is_pem)
            .or_else(|| push_framed(&mut broken, rest, RFC4716_BEGIN, b" KEY ----", RFC4716_END))
        {
            is_broken = true;
            rest = after;
        }
        broken.push(rest);
        broken.push(b"\n");
    }
    is_broken.then_some(broken)
}

fn push_pem<'a>(lines: &mut Secret, line: &'a [u8], is_pem: bool) -> Option<&'a [u8]> {
    if is_pem { push_framed(lines, line, PEM_BEGIN, b"-----", PEM_END) } else { None }
}

/// Appends the lines of a key that begins and ends on a line. Returns the rest of the line.
fn push_framed<'a>(
    lines: &mut Secret,
    line: &'a [u8],
    begin: &[u8],
    dashes: &[u8],
    end: &[u8],
) -> Option<&'a [u8]> {
    let framed = line.trim_ascii_start();
    let framed = framed.starts_with(begin).then_some(framed)?;
    let (label, body) = marks::split_before(framed.get(begin.len()..)?, dashes)?;
    let (body, end_line) = marks::split_before(body.get(dashes.len()..)?, end)?;
    let (end_label, after) = marks::split_before(end_line.get(end.len()..)?, dashes)?;
    let after = after.get(dashes.len()..)?;
    for part in [begin, label, dashes, b"\n"] {
        lines.push(part);
    }
    if begin == PEM_BEGIN {
        push_body(lines, body);
    } else {
        push_rfc4716(lines, body);
    }
    for part in [b"\n", end, end_label, dashes, b"\n"] {
        lines.push(part);
    }
    Some(after)
}

/// Appends the body of a PEM block, with each header (RFC 1421) on a line of its own.
fn push_body(lines: &mut Secret, body: &[u8]) {
    const INFO: &[u8] = b"DEK-Info:";
    let Some((before, info)) = marks::split_before(body, INFO) else {
        return lines.push(body.trim_ascii());
    };
    let value = info.get(INFO.len()..).unwrap_or_default().trim_ascii_start();
    let comma = value.iter().position(|&byte| byte == b',').unwrap_or_default();
    let (cipher, vector) = value.split_at(comma);
    let vector = vector.strip_prefix(b",").unwrap_or_default().trim_ascii_start();
    let digits = vector.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    // Without a space, the base64 follows the digits directly.
    let max = if cipher.starts_with(b"DES-") { 16 } else { 32 };
    let (vector, base64) = vector.split_at(digits.min(max));
    for part in [
        before.trim_ascii(),
        b"\n",
        INFO,
        b" ",
        cipher.trim_ascii(),
        b",",
        vector,
        b"\n\n",
        base64.trim_ascii(),
    ] {
        lines.push(part);
    }
}

/// Appends the body of an RFC 4716 file, with its headers on one line: only the last matters.
fn push_rfc4716(lines: &mut Secret, body: &[u8]) {
    let body = body.trim_ascii();
    let (headers, base64) = match marks::find(body, b" AAAA") {
        Some(space) if body.contains(&b':') => body.split_at(space),
        _ => (&[][..], body),
    };
    if !headers.is_empty() {
        lines.push(headers);
        lines.push(b"\n");
    }
    lines.push(base64.trim_ascii());
}

/// The headers of PuTTY's format after the first, in their order.
const PPK_HEADERS: [&[u8]; 11] = [
    b"Encryption:",
    b"Comment:",
    b"Public-Lines:",
    b"Key-Derivation:",
    b"Argon2-Memory:",
    b"Argon2-Passes:",
    b"Argon2-Parallelism:",
    b"Argon2-Salt:",
    b"Private-Lines:",
    b"Private-MAC:",
    b"Private-Hash:",
];

/// Breaks the line of a PuTTY file before each header and after each line of base64. A comment with
/// the name of a header fails the MAC.
fn break_ppk(text: &[u8]) -> Option<Secret> {
    let first = text::lines(text).next().unwrap_or_default();
    marks::find(first, b" Encryption:")?;
    let mut lines = Secret::with_capacity(text.len().saturating_mul(2));
    let mut rest = text;
    let mut is_base64 = false;
    for header in PPK_HEADERS {
        let Some(start) = find_word(rest, header) else { continue };
        let (part, after) = rest.split_at(start);
        push_part(&mut lines, part, is_base64);
        is_base64 = header.ends_with(b"-Lines:");
        rest = after;
    }
    push_part(&mut lines, rest, is_base64);
    Some(lines)
}

fn find_word(text: &[u8], word: &[u8]) -> Option<usize> {
    let found = |(_, window): &(usize, &[u8])| {
        window.first().is_some_and(u8::is_ascii_whitespace) && window.ends_with(word)
    };
    let (space, _) = text.windows(word.len().saturating_add(1)).enumerate().find(found)?;
    space.checked_add(1)
}

/// Appends a header with its value, and the lines of base64 after a number of lines.
fn push_part(lines: &mut Secret, part: &[u8], is_base64: bool) {
    let part = part.trim_ascii();
    if !is_base64 {
        lines.push(part);
        // An empty value.
        lines.push(if part.ends_with(b":") { b" \n" } else { b"\n" });
        return;
    }
    let words = part.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        lines.push(word);
        lines.push(if position == 0 { b" " } else { b"\n" });
    }
}

//! Text with binary parts.
//!
//! A fuzzer that mutates base64 breaks it. An input therefore contains raw bytes between two marks,
//! and the target encodes them in base64. An input without marks stays unchanged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Control characters, which text never contains and keys contain rarely.
const OPEN: &[u8] = b"<\x0e<";
const CLOSE: &[u8] = b">\x0f>";

const COLUMNS: usize = 64;
/// Shorter runs of base64 characters are words.
const MIN_CHARACTERS: usize = 40;

/// The line breaks of encoded base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One line without a line break.
    One,
    /// Lines of 64 characters.
    Many,
}

/// A part of an input.
pub enum Piece<'a> {
    /// Text that stays unchanged.
    Text(&'a [u8]),
    /// Bytes to encode in base64.
    Part(&'a [u8]),
}

/// Splits an input at its marks. A part without an end mark extends to the end of the input.
pub fn pieces(input: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = input;
    while let Some((text, after)) = split_once(rest, OPEN) {
        pieces.push(Piece::Text(text));
        let (part, after) = split_once(after, CLOSE).unwrap_or((after, b""));
        pieces.push(Piece::Part(part));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Returns a part between marks.
pub fn marked(part: &[u8]) -> Vec<u8> {
    [OPEN, part, CLOSE].concat()
}

/// Returns an input with its parts encoded in base64.
pub fn expand(input: &[u8], lines: Lines) -> Vec<u8> {
    let mut text = Vec::new();
    for piece in pieces(input) {
        match piece {
            Piece::Text(piece) => text.extend_from_slice(piece),
            Piece::Part(part) => text.extend_from_slice(&base64(part, lines)),
        }
    }
    text
}

pub fn base64(bytes: &[u8], lines: Lines) -> Vec<u8> {
    let characters = STANDARD.encode(bytes).into_bytes();
    match lines {
        Lines::One => characters,
        Lines::Many => {
            let lines = characters.chunks(COLUMNS).map(|line| [line, b"\n"].concat());
            lines.collect::<Vec<_>>().concat()
        }
    }
}

/// Returns a text with its base64 decoded into parts. Reverses [`expand`].
pub fn collapse(text: &[u8], lines: Lines) -> Vec<u8> {
    let mut input = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (before, base64, after) = next_base64(rest, lines);
        input.extend_from_slice(before);
        if let Some(part) = decoded(base64) {
            input.extend_from_slice(&marked(&part));
        } else {
            input.extend_from_slice(base64);
        }
        rest = after;
    }
    input
}

/// Decodes the first base64 in a text.
pub fn first_part(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    while !rest.is_empty() {
        let (_, base64, after) = next_base64(rest, Lines::Many);
        if let Some(part) = decoded(base64) {
            return Some(part);
        }
        rest = after;
    }
    None
}

/// Splits a text around its next base64: a run of characters, or complete lines with their line
/// breaks.
fn next_base64(text: &[u8], lines: Lines) -> (&[u8], &[u8], &[u8]) {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let mut start = 0;
    while start < text.len() {
        let run = text[start..].iter().take_while(|byte| is_base64(byte)).count();
        if run < MIN_CHARACTERS {
            start += run.max(1);
            continue;
        }
        let mut end = start + run;
        // Following lines belong to it if they contain only base64.
        while lines == Lines::Many
            && let Some(line) = text[end..].strip_prefix(b"\n")
        {
            end += 1;
            let run = line.iter().take_while(|byte| is_base64(byte)).count();
            if run == 0 || !matches!(line.get(run), None | Some(b'\n')) {
                break;
            }
            end += run;
        }
        return (&text[..start], &text[start..end], &text[end..]);
    }
    (text, b"", b"")
}

fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let characters: Vec<u8> =
        base64.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(characters).ok().filter(|part| !part.is_empty())
}

/// Splits around the first `mark`.
pub fn split_once<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..start], &bytes[start + mark.len()..]))
}

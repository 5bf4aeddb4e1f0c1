//! Text encodings and lines.

use super::error::FormatError;
use crate::secret::Secret;

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// Removes a UTF-8 byte order mark.
pub(super) fn strip_bom(input: &[u8]) -> &[u8] {
    input.strip_prefix(UTF8_BOM).unwrap_or(input)
}

/// Decodes UTF-16 and removes a byte order mark, both common on Windows.
///
/// # Errors
///
/// [`FormatError::Utf16Broken`].
pub fn decode_text(input: &[u8]) -> Result<Secret, FormatError> {
    Ok(match from_utf16(input)? {
        Some(text) => text,
        None => Secret::copy_of(strip_bom(input)),
    })
}

/// Converts UTF-16, as written by redirections in PowerShell, to UTF-8. Returns `None` for other
/// input.
///
/// UTF-16 is detected by a byte order mark, or by a zero in every other one of the first four
/// bytes.
pub(super) fn from_utf16(input: &[u8]) -> Result<Option<Secret>, FormatError> {
    let (big_endian, units) = match input {
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (false, input),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => (true, input),
        _ => return Ok(None),
    };
    if units.len() % 2 != 0 {
        return Err(FormatError::Utf16Broken);
    }
    let units = units.chunks_exact(2).map(|unit| {
        let [first, second] = [unit.first(), unit.last()].map(|byte| byte.copied().unwrap_or(0));
        if big_endian {
            u16::from_be_bytes([first, second])
        } else {
            u16::from_le_bytes([first, second])
        }
    });
    // A unit of two bytes becomes at most three bytes.
    let mut text = Secret::with_capacity(input.len().saturating_mul(2));
    for character in char::decode_utf16(units) {
        let character = character.map_err(|_| FormatError::Utf16Broken)?;
        text.push(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(Some(text))
}

/// Returns the lines of `text` without their ends, which are LF, CR LF or CR.
pub(super) fn lines(text: &[u8]) -> Lines<'_> {
    Lines { rest: text }
}

/// The iterator that [`lines`] returns.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Returns the text after the last line returned.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| b"\r\n".contains(byte));
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = match rest {
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => rest,
        };
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_at_lf_crlf_and_cr() {
        let found: Vec<&[u8]> = lines(b"a\nb\r\n\r\nc\rd\n\re").collect();
        assert_eq!(found, [&b"a"[..], b"b", b"", b"c", b"d", b"", b"e"]);
        assert_eq!(lines(b"").count(), 0);
        assert_eq!(lines(b"a\n").count(), 1);
    }

    #[test]
    fn utf16_is_decoded_with_and_without_bom() {
        let little: Vec<u8> = "ssh é𝄞".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "ssh é𝄞".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for input in
            [[&b"\xff\xfe"[..], &little].concat(), [&b"\xfe\xff"[..], &big].concat(), little, big]
        {
            let text = from_utf16(&input).unwrap().unwrap();
            assert_eq!(text.expose(), "ssh é𝄞".as_bytes());
        }
        assert!(from_utf16(b"ssh-rsa").unwrap().is_none());
        assert!(from_utf16(b"").unwrap().is_none());
        assert!(matches!(from_utf16(b"\xff\xfea"), Err(FormatError::Utf16Broken)));
        assert!(matches!(from_utf16(b"\xff\xfe\x00\xd8"), Err(FormatError::Utf16Broken)));
    }
}

//! Base64 and hexadecimal (RFC 4648), also for secrets.

use std::fmt::Write as _;

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, DecodeSliceError, Engine};

use super::error::FormatError;
use crate::secret::Secret;

/// Returns `bytes` in padded base64 (RFC 4648 section 4).
pub(super) fn base64(bytes: &[u8]) -> Secret {
    let mut text = Secret::zeroed(bytes.len().div_ceil(3).saturating_mul(4));
    // The buffer has the exact length, so encoding cannot fail.
    let length = STANDARD.encode_slice(bytes, text.expose_mut());
    text.truncate(length.unwrap_or_default());
    text
}

/// Appends `bytes` in base64, in lines of `columns` characters that end in LF.
pub(super) fn push_base64_lines(output: &mut Secret, bytes: &[u8], columns: usize) {
    for line in base64(bytes).expose().chunks(columns) {
        output.push(line);
        output.push(b"\n");
    }
}

/// Returns the length of `bytes` bytes in base64, in lines of `columns` characters.
pub(super) fn base64_lines_length(bytes: usize, columns: usize) -> usize {
    let characters = bytes.div_ceil(3).saturating_mul(4);
    characters.saturating_add(characters.div_ceil(columns))
}

/// Decodes canonical, padded base64 without whitespace.
pub(super) fn from_base64(text: &[u8]) -> Result<Secret, FormatError> {
    let mut bytes = Secret::zeroed(base64::decoded_len_estimate(text.len()));
    match STANDARD.decode_slice(text, bytes.expose_mut()) {
        Ok(length) => {
            bytes.truncate(length);
            Ok(bytes)
        }
        Err(DecodeSliceError::DecodeError(DecodeError::InvalidByte(offset, byte))) => {
            Err(match byte {
                b'-' | b'_' => FormatError::Base64UrlSafe,
                b'=' => FormatError::Base64Padding,
                _ => FormatError::Base64Character { offset },
            })
        }
        Err(DecodeSliceError::DecodeError(DecodeError::InvalidLastSymbol { .. })) => {
            Err(FormatError::Base64NotCanonical)
        }
        Err(_) => Err(FormatError::Base64Padding),
    }
}

/// Decodes base64 with any line lengths and whitespace.
pub(super) fn from_base64_lines(text: &[u8]) -> Result<Secret, FormatError> {
    let mut characters = Secret::with_capacity(text.len());
    for run in text.split(u8::is_ascii_whitespace) {
        characters.push(run);
    }
    from_base64(characters.expose())
}

/// Returns `bytes` as lowercase hexadecimal digits, with `separator` between bytes.
pub(crate) fn hexadecimal(bytes: &[u8], separator: &str) -> String {
    let mut text = String::new();
    for (position, byte) in bytes.iter().enumerate() {
        let before = if position == 0 { "" } else { separator };
        // Writing to a String is infallible.
        let _ = write!(text, "{before}{byte:02x}");
    }
    text
}

/// Decodes an even number of hexadecimal digits.
pub(super) fn from_hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    text.chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_lines_round_trip() {
        for length in [0, 1, 2, 3, 47, 48, 49, 100] {
            let bytes: Vec<u8> = (0..length).collect();
            let mut text = Secret::default();
            push_base64_lines(&mut text, &bytes, 64);
            assert_eq!(text.len(), base64_lines_length(bytes.len(), 64));
            assert_eq!(from_base64_lines(text.expose()).unwrap().expose(), bytes);
        }
        let mixed = from_base64_lines(b" AQ\tID\r\nBA\n==\n").unwrap();
        assert_eq!(mixed.expose(), [1, 2, 3, 4]);
    }

    #[test]
    fn from_base64_non_canonical_fails() {
        for (text, error) in [
            ("AQI", "Base64Padding"),
            ("AQIDB", "Base64Padding"),
            ("AQI==", "Base64Padding"),
            ("AQ=I", "Base64Padding"),
            ("AQJ=", "Base64NotCanonical"),
            ("A-_=", "Base64UrlSafe"),
            ("AQ!D", "Base64Character { offset: 2 }"),
        ] {
            let fault = from_base64(text.as_bytes()).unwrap_err();
            assert_eq!(format!("{fault:?}"), error, "{text}");
        }
    }

    #[test]
    fn hexadecimal_round_trips() {
        assert_eq!(hexadecimal(&[0, 0xab, 0x10], ":"), "00:ab:10");
        assert_eq!(from_hexadecimal(b"00aB10"), Some(vec![0, 0xab, 0x10]));
        assert_eq!(from_hexadecimal(b"0"), None);
        assert_eq!(from_hexadecimal(b"0g"), None);
    }
}

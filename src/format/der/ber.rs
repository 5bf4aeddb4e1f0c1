//! Rewrites BER (ITU-T X.690 section 8) as DER, the only encoding that the readers accept.
//!
//! Old and streaming writers produce lengths of every form, OCTET STRINGs in segments, and RSA
//! numbers with unnecessary zeros or without the zero that marks them as positive. OpenSSL, OpenSSH
//! and PuTTY read RSA numbers as unsigned.

use pkcs8::der::ErrorKind;

use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::secret::Secret;

/// Keys nest five levels deep, and OpenSSL allows five more for the segments of a string.
const MAX_DEPTH: usize = 10;
/// RSA numbers are fields of the first element. Other numbers must be valid INTEGERs.
const DEPTH_OF_FIELDS: usize = MAX_DEPTH - 1;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;
/// Set in the tags that are not universal.
const CLASS: u8 = 0xc0;
/// A tag of several bytes, which no key has.
const LONG_TAG: u8 = 0x1f;
/// Ends contents of indefinite length.
const END_OF_CONTENTS: &[u8] = &[0, 0];

/// Returns the first element of `ber` as DER. The bytes after it are ignored, as they are by
/// OpenSSL, OpenSSH and PuTTY.
pub(in crate::format) fn to_der(ber: &[u8]) -> Result<Secret, FormatError> {
    let (der, _) = split_first(ber)?;
    Ok(der)
}

/// Returns the first element of `ber` as DER, and the bytes after it.
pub(in crate::format) fn split_first(ber: &[u8]) -> Result<(Secret, &[u8]), FormatError> {
    let mut reader = WireReader::new(ber);
    // The reader reports only truncation.
    let (tag, contents) = element(&mut reader, MAX_DEPTH).map_err(|_| malformed())?;
    let mut der = Secret::with_capacity(contents.len().saturating_add(MAX_HEADER_BYTES));
    push_element(&mut der, tag, &contents);
    Ok((der, reader.rest()))
}

const MAX_HEADER_BYTES: usize = 2 + size_of::<usize>();

/// Reads the next element. Returns its tag and its contents as DER.
fn element(ber: &mut WireReader<'_>, depth: usize) -> Result<(u8, Secret), FormatError> {
    let tag = ber.byte()?;
    let is_universal = tag & CLASS == 0;
    let is_constructed = tag & CONSTRUCTED != 0;
    let is_string = tag == OCTET_STRING | CONSTRUCTED;
    let is_known = !is_universal || !is_constructed || is_string || matches!(tag, SEQUENCE | SET);
    if tag == 0 || tag & LONG_TAG == LONG_TAG || !is_known {
        return Err(malformed());
    }
    match length(ber)? {
        Some(length) => {
            let contents = ber.bytes(length)?;
            match is_constructed {
                true => elements(tag, &mut WireReader::new(contents), &[], depth),
                false if tag == INTEGER && depth == DEPTH_OF_FIELDS => {
                    Ok((tag, unsigned(contents)))
                }
                false => Ok((tag, Secret::copy_of(contents))),
            }
        }
        None if is_constructed => {
            let read = elements(tag, ber, END_OF_CONTENTS, depth)?;
            ber.bytes(END_OF_CONTENTS.len())?;
            Ok(read)
        }
        None => Err(malformed()),
    }
}

/// Reads the elements before `end`, which are the contents of one with this tag. Joins the segments
/// of a string.
fn elements(
    tag: u8,
    ber: &mut WireReader<'_>,
    end: &[u8],
    depth: usize,
) -> Result<(u8, Secret), FormatError> {
    let depth = depth.checked_sub(1).ok_or_else(malformed)?;
    let is_end = |rest: &[u8]| if end.is_empty() { rest.is_empty() } else { rest.starts_with(end) };
    let mut contents = Secret::default();
    while !is_end(ber.rest()) {
        let (inner, part) = element(ber, depth)?;
        if tag != OCTET_STRING | CONSTRUCTED {
            push_element(&mut contents, inner, &part);
        } else if inner == OCTET_STRING {
            contents.push(part.expose());
        } else {
            return Err(malformed());
        }
    }
    let tag = if tag == OCTET_STRING | CONSTRUCTED { OCTET_STRING } else { tag };
    Ok((tag, contents))
}

/// Reads a length. Returns `None` for the indefinite form.
fn length(ber: &mut WireReader<'_>) -> Result<Option<usize>, FormatError> {
    const INDEFINITE: u8 = 0x80;
    let first = ber.byte()?;
    if first < INDEFINITE {
        return Ok(Some(first.into()));
    }
    if first == INDEFINITE {
        return Ok(None);
    }
    let mut length = 0_usize;
    for &byte in ber.bytes(usize::from(first - INDEFINITE))? {
        let shifted = length.checked_mul(256).ok_or_else(malformed)?;
        length = shifted.saturating_add(byte.into());
    }
    Ok(Some(length))
}

/// Returns the shortest INTEGER for an unsigned number.
fn unsigned(number: &[u8]) -> Secret {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = number.get(zeros..).unwrap_or_default();
    let mut contents = Secret::with_capacity(number.len().saturating_add(1));
    if number.first().is_none_or(|&first| first >= 0x80) {
        contents.push(&[0]);
    }
    contents.push(number);
    contents
}

fn push_element(der: &mut Secret, tag: u8, contents: &Secret) {
    let length = contents.len().to_be_bytes();
    let zeros = length.iter().take_while(|&&byte| byte == 0).count();
    let length = length.get(zeros..).unwrap_or_default();
    der.push(&[tag]);
    match (u8::try_from(contents.len()), u8::try_from(length.len())) {
        (Ok(short), _) if short < 0x80 => der.push(&[short]),
        (_, Ok(bytes)) => {
            der.push(&[0x80 | bytes]);
            der.push(length);
        }
        // A length has at most eight bytes.
        (_, Err(_)) => {}
    }
    der.push(contents.expose());
}

fn malformed() -> FormatError {
    pkcs8::der::Error::from(ErrorKind::Failed).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ber_becomes_der() {
        let long = [&b"\x04\x82\x01\x00"[..], &[7; 256]].concat();
        for (ber, der) in [
            (&b"\x30\x03\x02\x01\x05"[..], &b"\x30\x03\x02\x01\x05"[..]),
            (b"\x30\x81\x03\x02\x01\x05", b"\x30\x03\x02\x01\x05"),
            (b"\x30\x8a\0\0\0\0\0\0\0\0\0\x03\x02\x01\x05", b"\x30\x03\x02\x01\x05"),
            (b"\x30\x80\x30\x80\x05\0\0\0\x02\x01\x05\0\0", b"\x30\x07\x30\x02\x05\0\x02\x01\x05"),
            (b"\x30\0tail", b"\x30\0"),
            (b"\xa1\x80\x04\x81\x01\x07\0\0", b"\xa1\x03\x04\x01\x07"),
            (b"\x30\x05\x02\x03\0\0\x05", b"\x30\x03\x02\x01\x05"),
            (b"\x30\x05\x02\x03\0\0\x85", b"\x30\x04\x02\x02\0\x85"),
            (b"\x30\x03\x02\x01\x85", b"\x30\x04\x02\x02\0\x85"),
            (b"\x30\x04\x02\x02\0\0", b"\x30\x03\x02\x01\0"),
            (b"\x30\x02\x02\0", b"\x30\x03\x02\x01\0"),
            (b"\x30\x05\x30\x03\x02\x01\x85", b"\x30\x05\x30\x03\x02\x01\x85"),
            (b"\x24\x80\x04\x01a\x24\x03\x04\x01b\x04\0\0\0", b"\x04\x02ab"),
            (b"\x24\0", b"\x04\0"),
            (&long, &long),
        ] {
            assert_eq!(to_der(ber).unwrap().expose(), der, "{ber:02x?}");
        }
    }

    #[test]
    fn malformed_ber_fails() {
        for ber in [
            &b""[..],
            b"\x30",
            b"\0\0",
            b"\x30\x01",
            b"\x30\x02\0\0",
            b"\x30\x82\x01",
            b"\x30\x80",
            b"\x30\x80\0",
            b"\x30\x03\x02\x02\x05",
            b"\x30\x89\x01\0\0\0\0\0\0\0\0",
            b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x04\x80\0\0",
            b"\x23\x80\x03\x02\0a\0\0",
            b"\x24\x03\x02\x01\x05",
            b"\x1f\x81\x01\0",
            &b"\x30\x80".repeat(1 << 19),
        ] {
            assert!(matches!(to_der(ber), Err(FormatError::Der { .. })), "{:02x?}", ber.first());
        }
        let nested = |depth| [b"\x30\x80".repeat(depth), b"\0\0".repeat(depth)].concat();
        assert!(to_der(&nested(MAX_DEPTH)).is_ok());
        assert!(to_der(&nested(MAX_DEPTH + 1)).is_err());
    }
}

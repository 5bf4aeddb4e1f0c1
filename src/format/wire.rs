//! The data types of SSH (RFC 4251 section 5).

use super::error::FormatError;
use crate::secret::Secret;

/// Reads consecutive fields, never past the end.
pub(crate) struct WireReader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> WireReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// Reads `length` bytes without a length prefix.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let Some((field, rest)) = self.rest.split_at_checked(length) else {
            return Err(FormatError::WireTruncated {
                offset: self.offset,
                needed: length,
                left: self.rest.len(),
            });
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
        Ok(field)
    }

    /// Reads a `byte`.
    pub(crate) fn byte(&mut self) -> Result<u8, FormatError> {
        Ok(self.bytes(1)?.first().copied().unwrap_or_default())
    }

    /// Reads a `uint32`.
    pub(crate) fn uint32(&mut self) -> Result<u32, FormatError> {
        let field = self.bytes(4)?;
        Ok(field.iter().fold(0, |value, &byte| (value << 8) | u32::from(byte)))
    }

    /// Reads a `string`.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], FormatError> {
        let length = self.uint32()?;
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Reads a non-negative `mpint`. Returns it without leading zeros, which some programs add.
    pub(crate) fn mpint(&mut self) -> Result<&'a [u8], FormatError> {
        let number = self.string()?;
        if number.first().is_some_and(|&first| first >= 0x80) {
            return Err(FormatError::NumberNegative);
        }
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        Ok(number.get(zeros..).unwrap_or_default())
    }

    /// Returns the unread bytes.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Fails if there are unread bytes.
    pub(crate) fn finish(self) -> Result<(), FormatError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(FormatError::WireTrailing { count }),
        }
    }
}

/// Writes consecutive fields.
#[derive(Default)]
pub(crate) struct WireWriter(Secret);

impl WireWriter {
    /// Appends a `byte`.
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(&[byte]);
        self
    }

    /// Appends a `uint32`.
    pub(crate) fn uint32(mut self, number: u32) -> Self {
        self.0.push(&number.to_be_bytes());
        self
    }

    /// Appends a `string`.
    pub(crate) fn string(mut self, bytes: &[u8]) -> Self {
        // No key, comment or file reaches 4 GiB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.push(&length.to_be_bytes());
        self.0.push(bytes);
        self
    }

    /// Appends an `mpint`. The number is big-endian without leading zeros.
    pub(crate) fn mpint(mut self, number: &[u8]) -> Self {
        let sign: &[u8] = match number.first() {
            Some(first) if *first >= 0x80 => &[0],
            _ => &[],
        };
        let length = number.len().saturating_add(sign.len());
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.0.push(&length.to_be_bytes());
        self.0.push(sign);
        self.0.push(number);
        self
    }

    pub(crate) fn finish(self) -> Secret {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4251 section 5.
    #[test]
    fn mpint_padded_is_read_negative_fails() {
        for (encoded, number) in [
            (&b"\0\0\0\0"[..], &b""[..]),
            (b"\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", b"\x09\xa3\x78\xf9\xb2\xe3\x32\xa7"),
            (b"\0\0\0\x02\0\x80", b"\x80"),
        ] {
            let mut reader = WireReader::new(encoded);
            assert_eq!(reader.mpint().unwrap(), number);
            reader.finish().unwrap();
            let written = WireWriter::default().mpint(number).finish();
            assert_eq!(written.expose(), encoded);
        }
        for (padded, number) in [
            (&b"\0\0\0\x01\0"[..], &b""[..]),
            (b"\0\0\0\x02\0\x7f", b"\x7f"),
            (b"\0\0\0\x04\0\0\0\x80", b"\x80"),
        ] {
            assert_eq!(WireReader::new(padded).mpint().unwrap(), number);
        }
        let negative = WireReader::new(b"\0\0\0\x02\xed\xcc").mpint();
        assert!(matches!(negative, Err(FormatError::NumberNegative)));
    }

    #[test]
    fn reading_past_the_end_fails() {
        for (encoded, needed, left) in
            [(&b"\xff\xff\xff\xffab"[..], 0xffff_ffff, 2), (b"\0\0\0\x03ab", 3, 2)]
        {
            match WireReader::new(encoded).string() {
                Err(FormatError::WireTruncated { offset, needed: n, left: l }) => {
                    assert_eq!((offset, n, l), (4, needed, left));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(WireReader::new(b"\0\0\0").uint32().is_err());
        let mut reader = WireReader::new(b"\0\0\0\x01abc");
        assert_eq!(reader.string().unwrap(), b"a");
        assert!(matches!(reader.finish(), Err(FormatError::WireTrailing { count: 2 })));
    }
}

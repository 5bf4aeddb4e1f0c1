//! The comment of a key.

use super::error::FormatError;

/// A key's comment, possibly empty: bytes in an unknown encoding, without line breaks and NUL.
#[derive(Clone, Debug, Default)]
pub struct Comment {
    bytes: Vec<u8>,
    is_changed: bool,
}

/// The bytes that no comment in a text file can contain.
const BREAKS: &[u8] = b"\r\n\0";

impl Comment {
    /// Validates the bytes of a comment.
    ///
    /// # Errors
    ///
    /// [`FormatError::CommentByte`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, FormatError> {
        let bytes = bytes.into();
        match bytes.iter().position(|byte| BREAKS.contains(byte)) {
            Some(offset) => Err(FormatError::CommentByte { offset }),
            None => Ok(Self { bytes, is_changed: false }),
        }
    }

    /// Returns the comment of a file. A space replaces its line breaks and NULs, but not at its
    /// ends.
    pub(super) fn in_file(given: &[u8]) -> Self {
        let parts = given.split(|byte| BREAKS.contains(byte)).filter(|part| !part.is_empty());
        let bytes = parts.collect::<Vec<_>>().join(&b' ');
        Self { is_changed: bytes != given, bytes }
    }

    /// Returns whether the file has another comment, with line breaks or NULs.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Returns the bytes. They must be escaped before they are sent to a terminal.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whether the comment is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// A comment equals itself as it is written.
impl PartialEq for Comment {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Comment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_with_line_break_or_nul_fails() {
        assert_eq!(Comment::new("").unwrap(), Comment::default());
        assert_eq!(Comment::new(*b"\xe9t\xe9").unwrap().as_bytes(), b"\xe9t\xe9");
        for broken in ["a\nb", "a\rb", "a\0b"] {
            assert!(matches!(Comment::new(broken), Err(FormatError::CommentByte { offset: 1 })));
        }
    }

    #[test]
    fn comment_in_file_loses_line_breaks() {
        for (given, expected) in [
            (&b"laptop\r"[..], &b"laptop"[..]),
            (b"\n\na\r\nb\0\0c\n", b"a b c"),
            (b"\xe9\r\xff", b"\xe9 \xff"),
            (b"\r", b""),
        ] {
            let comment = Comment::in_file(given);
            assert_eq!((comment.as_bytes(), comment.is_changed()), (expected, true));
        }
        assert_eq!(Comment::in_file(b" a \xff"), Comment::new(*b" a \xff").unwrap());
    }
}

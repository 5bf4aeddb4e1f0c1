//! The comment of a key.

use super::error::FormatError;

/// A key's comment, possibly empty: bytes in an unknown encoding, without line breaks and NUL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comment(Vec<u8>);

impl Comment {
    /// Validates the bytes of a comment.
    ///
    /// # Errors
    ///
    /// [`FormatError::CommentByte`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, FormatError> {
        let bytes = bytes.into();
        match bytes.iter().position(|byte| b"\r\n\0".contains(byte)) {
            Some(offset) => Err(FormatError::CommentByte { offset }),
            None => Ok(Self(bytes)),
        }
    }

    /// Returns the bytes. They must be escaped before they are sent to a terminal.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether the comment is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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
}

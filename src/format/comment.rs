//! The free text that travels with a key.

use super::error::FormatError;

/// The comment of a key: bytes in no known encoding, without line breaks and NUL, maybe none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comment(Vec<u8>);

impl Comment {
    /// The most bytes of a comment: RFC 4716 section 3.3 allows a header value no more.
    pub const MOST_BYTES: usize = 1024;

    /// Takes the bytes of a comment.
    ///
    /// # Errors
    ///
    /// [`FormatError::CommentTooLong`] and [`FormatError::CommentByte`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, FormatError> {
        let bytes = bytes.into();
        if bytes.len() > Self::MOST_BYTES {
            return Err(FormatError::CommentTooLong {
                length: bytes.len(),
                most: Self::MOST_BYTES,
            });
        }
        match bytes.iter().position(|byte| b"\r\n\0".contains(byte)) {
            Some(offset) => Err(FormatError::CommentByte { offset }),
            None => Ok(Self(bytes)),
        }
    }

    /// Returns the bytes, which a terminal must not get unescaped.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether there is no comment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line_of_bounded_length() {
        assert_eq!(Comment::new("").unwrap(), Comment::default());
        assert_eq!(Comment::new(*b"\xe9t\xe9").unwrap().as_bytes(), b"\xe9t\xe9");
        assert!(Comment::new(vec![b'x'; 1024]).is_ok());
        assert!(matches!(
            Comment::new(vec![b'x'; 1025]),
            Err(FormatError::CommentTooLong { length: 1025, .. })
        ));
        for broken in ["a\nb", "a\rb", "a\0b"] {
            assert!(matches!(Comment::new(broken), Err(FormatError::CommentByte { offset: 1 })));
        }
    }
}

//! The page that is being written.

use crate::secret::Secret;

/// A page with a maximum size.
pub(super) struct Buffer {
    text: String,
    limit: usize,
    is_full: bool,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl Buffer {
    /// Returns an empty buffer for up to `limit` bytes.
    pub(super) fn within(limit: usize) -> Self {
        Self { text: String::new(), limit, is_full: false }
    }

    /// Appends `text`, unless this or an earlier text exceeds the limit.
    pub(super) fn push(&mut self, text: &str) {
        self.is_full |= self.text.len().saturating_add(text.len()) > self.limit;
        if !self.is_full {
            self.text.push_str(text);
        }
    }

    /// Appends `text` as many times.
    pub(super) fn repeat(&mut self, text: &str, times: usize) {
        for _ in 0..times {
            if self.is_full {
                return;
            }
            self.push(text);
        }
    }

    /// Returns the page up to the limit.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Returns the page, or `None` if it exceeds the limit.
    pub(super) fn into_whole(self) -> Option<Secret> {
        (!self.is_full).then(|| self.text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_buffer_takes_nothing() {
        let mut buffer = Buffer::within(5);
        buffer.push("abc");
        assert!(!buffer.is_full);
        buffer.repeat("-", usize::MAX);
        buffer.push("");
        assert!(buffer.is_full && buffer.into_whole().is_none());
        let mut buffer = Buffer::within(3);
        buffer.push("abc");
        assert_eq!(buffer.into_whole().unwrap().expose(), b"abc");
    }
}

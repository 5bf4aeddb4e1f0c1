//! The page while it is written.

use std::fmt;

use zeroize::Zeroizing;

use crate::secret::Secret;

/// A text that grows without leaving copies of itself behind, up to a limit.
pub(super) struct Buffer {
    text: Secret,
    limit: usize,
    is_full: bool,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl Buffer {
    /// Returns an empty buffer that takes no more than so many bytes.
    pub(super) fn within(limit: usize) -> Self {
        Self { text: Secret::default(), limit, is_full: false }
    }

    /// Appends `text`, unless that or what was appended before exceeds the limit.
    pub(super) fn push(&mut self, text: &str) {
        self.is_full |= self.text.len().saturating_add(text.len()) > self.limit;
        if !self.is_full {
            self.text.push(text.as_bytes());
        }
    }

    /// Appends `text` as many times as said.
    pub(super) fn repeat(&mut self, text: &str, times: usize) {
        for _ in 0..times {
            if self.is_full {
                return;
            }
            self.push(text);
        }
    }

    /// Appends `text`, each character that is to be `replaced` by way of `replace`.
    pub(super) fn push_replacing(
        &mut self,
        text: &str,
        replaced: impl Fn(char) -> bool,
        replace: impl Fn(&mut Self, char),
    ) {
        let mut rest = text;
        while let Some(position) = rest.find(&replaced) {
            let (before, from) = rest.split_at(position);
            self.push(before);
            let mut characters = from.chars();
            if let Some(character) = characters.next() {
                replace(self, character);
            }
            rest = characters.as_str();
        }
        self.push(rest);
    }

    /// Appends what the arguments of a `format_args!` say.
    pub(super) fn print(&mut self, arguments: fmt::Arguments<'_>) {
        // The only failure there is would come from `write_str`, below.
        let _ = fmt::write(self, arguments);
    }

    /// Returns the bytes.
    pub(super) fn into_secret(self) -> Secret {
        self.text
    }

    /// Returns the bytes, or `None` if there would have been more than the limit.
    pub(super) fn into_whole(self) -> Option<Secret> {
        (!self.is_full).then_some(self.text)
    }

    /// Returns the text.
    pub(super) fn into_text(self) -> Zeroizing<String> {
        // Only whole texts were pushed, so that this is UTF-8.
        Zeroizing::new(String::from_utf8(self.text.expose().to_vec()).unwrap_or_default())
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_repeats() {
        let mut buffer = Buffer::default();
        buffer.push_replacing(
            "é1日2",
            |character| character.is_ascii_digit(),
            |buffer, _| {
                buffer.push("#");
            },
        );
        buffer.repeat("-", 3);
        buffer.print(format_args!("{}", 7));
        assert_eq!(*buffer.into_text(), "é#日#---7");
    }

    #[test]
    fn a_full_buffer_takes_nothing_more() {
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

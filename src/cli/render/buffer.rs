//! The page while it is written.

use std::fmt;

use zeroize::Zeroizing;

use crate::secret::Secret;

/// A text that grows without leaving copies of itself behind.
#[derive(Default)]
pub(super) struct Buffer(Secret);

impl Buffer {
    /// Appends `text`.
    pub(super) fn push(&mut self, text: &str) {
        self.0.push(text.as_bytes());
    }

    /// Appends `text` as many times as said.
    pub(super) fn repeat(&mut self, text: &str, times: usize) {
        for _ in 0..times {
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
        self.0
    }

    /// Returns the text.
    pub(super) fn into_text(self) -> Zeroizing<String> {
        // Only whole texts were pushed, so that this is UTF-8.
        Zeroizing::new(String::from_utf8(self.0.expose().to_vec()).unwrap_or_default())
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
}

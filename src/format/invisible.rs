//! A character that nobody sees, and its place.

use std::fmt;

/// A character that editors do not show, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invisible {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The character. Bytes that are not UTF-8 count as Latin-1.
    pub character: char,
}

impl Invisible {
    /// Returns the name of a common character.
    fn name(self) -> Option<&'static str> {
        Some(match self.character {
            '\0' => "NUL",
            '\u{a0}' => "no-break space",
            '\u{ad}' => "soft hyphen",
            '\u{200b}' => "zero width space",
            '\u{200e}' => "left-to-right mark",
            '\u{200f}' => "right-to-left mark",
            '\u{2028}' => "line separator",
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "direction of text",
            '\u{feff}' => "byte order mark",
            _ => return None,
        })
    }
}

impl fmt::Display for Invisible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, character } = *self;
        write!(formatter, "line {line}, column {column}: invisible character U+")?;
        write!(formatter, "{:04X}", u32::from(character))?;
        match self.name() {
            Some(name) => write!(formatter, " ({name})"),
            None => Ok(()),
        }
    }
}

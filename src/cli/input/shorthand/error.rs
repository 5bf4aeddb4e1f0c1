//! Syntax errors in the words of the AWS CLI.

use std::fmt;

/// The syntax error in a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShorthandError {
    #[error("Expected: '{expected}', received: '{received}' for input: {place}")]
    Expected { expected: String, received: String, place: Place },
    #[error("Second instance of key \"{key}\" encountered for input: {place}")]
    KeyTwice { key: String, place: Place },
    /// Lists and structures are nested deeper than any option needs.
    #[error("nested too deep")]
    TooDeep,
}

/// The place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub input: String,
    /// In characters, from 0.
    pub index: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, index } = self;
        let shown: String = input.chars().take(MAX_CHARACTERS).collect();
        write!(formatter, "{shown} (at character {})", index + 1)
    }
}

/// The longest part of a value in a message.
const MAX_CHARACTERS: usize = 200;

//! Values with their places.

use std::fmt;
use std::path::PathBuf;

/// The place of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    Option(&'static str),
    Variable(&'static str),
    /// A key in one of the AWS CLI's files.
    Key {
        key: String,
        /// For example `the profile default`.
        section: String,
        path: PathBuf,
        /// Starts at 1.
        line: usize,
    },
}

impl Origin {
    /// Returns the option, the variable or the section.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::Default => "default",
            Self::Option(name) | Self::Variable(name) => name,
            Self::Key { section, .. } => section,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Option(name) | Self::Variable(name) => formatter.write_str(name),
            Self::Key { key, section, path, line } => {
                write!(formatter, "{key} in {section} ({}, line {line})", path.display())
            }
        }
    }
}

/// A value and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Given<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Given<U> {
        Given { value: convert(self.value), origin: self.origin }
    }
}

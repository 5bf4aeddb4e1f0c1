//! Compatibility with other programs, in both directions.

mod conversions;
mod created_keys;
mod line_endings;
mod login;
mod odd_encodings;
mod readers;

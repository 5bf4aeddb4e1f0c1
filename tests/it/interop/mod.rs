//! Compatibility with other programs, in both directions.

mod conversions;
mod created_keys;
mod damaged_layouts;
mod foreign_formats;
mod line_endings;
mod login;
mod odd_encodings;
mod readers;
mod wrapped_keys;

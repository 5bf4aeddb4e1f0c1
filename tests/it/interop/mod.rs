//! Keys that other programs wrote, and other programs that read keys of `keypair`.

mod conversions;
mod created_keys;
mod line_endings;
mod login;
mod readers;

//! Key pairs for SSH and EC2: made on the user's machine, registered, found and written in the
//! formats of OpenSSH, OpenSSL and PuTTY.

pub mod commands;
pub mod file;
pub mod fingerprint;
pub mod format;
pub mod key;
pub mod local;
pub mod registry;
pub mod secret;

#[cfg(test)]
mod vectors;

//! Key pairs for SSH and EC2: made on the user's machine, registered, found and written in the
//! formats of OpenSSH, OpenSSL and PuTTY.

pub mod file;
pub mod fingerprint;
pub mod format;
pub mod key;
pub mod secret;

#[cfg(test)]
mod vectors;

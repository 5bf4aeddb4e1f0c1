//! The DER structures of OpenSSL: PKCS#1 (RFC 8017 appendix A.1), PKCS#8 (RFC 5958 and RFC 8410)
//! and SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
//!
//! The readers accept BER as well, which [`ber`] rewrites. The writers produce DER.

mod algorithm;
mod ber;
mod encrypted;
mod read;
mod write;

pub use write::pkcs8_private;

#[cfg(test)]
pub(crate) use read::read_pkcs1_private;
pub(crate) use write::{pkcs1_private, pkcs1_public, pkcs8_encrypted, spki};

pub(super) use ber::split_first;
pub(super) use read::{Structure, cost, read_decrypted, read_private, read_public};

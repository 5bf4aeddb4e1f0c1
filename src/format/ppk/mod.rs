//! PuTTY's private key files, versions 2 and 3 (PuTTY manual, appendix C).

mod protection;
mod read;
#[cfg(test)]
mod tests;
mod unlock;
mod write;

pub use protection::{Argon2Variant, KeyDerivation, PpkEncryption, PpkVersion};
pub use write::write;

pub(in crate::format) use read::{PpkFile, is_ppk};

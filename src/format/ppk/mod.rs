//! PuTTY private key files, versions 2 and 3 (PuTTY manual, appendix C).
//!
//! They are read and written here because no crate writes them. ssh-key reads them, but misreads
//! one file in 512.

mod protection;
mod read;
#[cfg(test)]
mod tests;
mod unlock;
mod write;

pub use protection::{KeyDerivation, PpkEncryption, PpkVersion};
pub use write::write;

pub(in crate::format) use read::{PpkFile, is_ppk};

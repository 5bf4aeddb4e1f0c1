//! OpenSSH's formats: the public key line and the private key container.
//!
//! The dependency `ssh-key` is a pinned pre-release: its latest release builds on the previous
//! generation of the cryptographic crates. Here it derives keys with bcrypt, encrypts, decrypts and
//! writes the container; elsewhere it draws the randomart. If 0.7.0 is never released, replace it
//! with `ssh-cipher` and `bcrypt-pbkdf`, which have releases, and write the container with
//! `WireWriter`.

mod container;
mod line;
mod section;
mod write;

pub use line::write_bare as bare_public_line;

pub(crate) use line::write as public_line;
pub(crate) use write::write as private_container;

pub(in crate::format) use container::Container;
pub(in crate::format) use line::{is_line, read as read_line};

//! The formats of OpenSSH: the line of a public key, and the container of a private one.

mod container;
mod line;
mod section;
mod write;

pub use line::{write as public_line, write_bare as bare_public_line};
pub use write::write as private_container;

pub(in crate::format) use container::Container;
pub(in crate::format) use line::{is_line, read as read_line};

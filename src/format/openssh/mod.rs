//! The formats of OpenSSH: the line of a public key, and the container of a private one.

mod container;
mod line;

pub use container::write as private_container;
pub use line::{write as public_line, write_bare as bare_public_line};

pub(in crate::format) use container::read_private as read_container_private;
pub(in crate::format) use container::read_public as read_container_public;
pub(in crate::format) use line::read as read_line;

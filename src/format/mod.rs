//! How a key is written: bytes only, no files and no terminal.
//!
//! [`write_private`] and [`write_public`] give a complete file in any format; [`read_public`]
//! finds out what it is given and takes the public half of it.

pub mod blob;
mod comment;
pub mod der;
mod encoding;
mod error;
pub mod openssh;
mod pem;
pub mod ppk;
mod private;
mod public;
pub mod rfc4716;
mod text;
mod wire;
mod write;

pub use comment::Comment;
pub use error::FormatError;
pub use ppk::PpkVersion;
pub use private::{PrivateFile, read_private};
pub use public::{MOST_BYTES, MOST_PUBLIC_BYTES, PublicFile, Source, read_public};
pub use write::{PrivateFormat, PublicFormat, write_private, write_public};

pub(crate) use encoding::hexadecimal;

//! Key file formats: bytes only, without files and terminals.
//!
//! [`write_private`] and [`write_public`] return a complete file in any format. [`read_private`]
//! and [`read_public`] detect the format and return the private key or the public half.

pub(crate) mod blob;
mod cbc;
mod checked;
mod comment;
mod cost;
pub mod der;
mod derivation;
mod detect;
mod detected_format;
mod ed25519;
mod encoding;
mod error;
pub mod openssh;
mod pem;
pub(crate) mod ppk;
mod private;
mod public;
pub(crate) mod rfc4716;
mod text;
mod wire;
mod write;

pub use comment::Comment;
pub use derivation::{CostError, CostOptions, DerivationCost};
pub use detect::{MAX_BYTES, MAX_PUBLIC_BYTES, excludes_key};
pub use detected_format::DetectedFormat;
pub use error::FormatError;
pub use ppk::PpkVersion;
pub use private::{PrivateFile, is_encrypted, is_private, read_private};
pub use public::{PublicFile, read_public};
pub use text::decode_text;
pub use write::{Encryption, PrivateFormat, PublicFormat, write_private, write_public};

pub(crate) use encoding::hexadecimal;
pub(crate) use wire::{WireReader, WireWriter};

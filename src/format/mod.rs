//! Key file formats: bytes only, without files and terminals.
//!
//! [`write_private`] and [`write_public`] return a complete file in any format. [`read_private`]
//! and [`read_public`] detect the format and return the private key or the public half.

pub(crate) mod blob;
mod cbc;
mod characters;
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
mod foreign;
mod host_keys;
mod invisible;
pub(crate) mod key_text;
mod magic;
mod only_key;
pub mod openssh;
mod password_data;
mod pem;
pub(crate) mod ppk;
mod presence;
mod private;
mod public;
pub(crate) mod rfc4716;
mod text;
mod undo;
mod wire;
mod write;

pub use comment::Comment;
pub use derivation::{CostError, CostOptions, DerivationCost};
pub use detect::{MAX_BYTES, MAX_PUBLIC_BYTES, excludes_key};
pub use detected_format::DetectedFormat;
pub use error::FormatError;
pub use foreign::ForeignFormat;
pub use host_keys::{HostKey, HostKeysError, host_keys, is_hash_of_host};
pub use invisible::Invisible;
pub use only_key::is_only_key;
pub use password_data::{PasswordDataError, password_data};
pub use ppk::PpkVersion;
pub use presence::{begins_with_private_key, embeds_private_key, is_private};
pub use private::{PrivateFile, detected_format, is_encrypted, read_private};
pub use public::{PublicFile, read_public};
pub use text::decode_text;
pub use undo::Undone;
pub use write::{Encryption, PrivateFormat, PublicFormat, write_private, write_public};

pub(crate) use encoding::hexadecimal;
pub(crate) use wire::{WireReader, WireWriter};

//! Typed requests from the command line: names parsed, files read, passphrases asked for.

mod create;
mod delete;
mod describe;
mod error;
mod import;
mod input;
mod tags;

pub use create::{create, create_key_pair};
pub use delete::{delete, delete_key_pair};
pub use describe::{describe, describe_key_pairs};
pub use error::RequestError;
pub use import::{import, import_key_pair};

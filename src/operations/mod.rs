//! The operations of the program. Each takes a typed request and returns a typed response.
//! Operations do not print, and do not read the environment.

mod conflict;
pub mod connect;
pub mod convert;
pub mod create;
pub mod delete;
pub mod describe;
mod destination;
pub mod doctor;
mod edit;
mod error;
pub mod exec;
pub mod fetch;
pub mod fingerprint;
pub mod import;
mod key_files;
mod key_search;
pub mod known_hosts;
mod launch_key;
pub mod password;
mod password_error;
pub mod prune;
pub mod push;
mod read;
mod registered;
pub mod ssh_config;
pub mod store;
mod store_error;
mod stored_key;
pub mod tag;
mod temporary;
pub mod user_names;
pub mod verify;
pub mod wait;
pub mod which;

pub use conflict::{Conflict, ConflictError, KeyHalf};
pub use destination::Destination;
pub use edit::SshFile;
pub use error::{InstanceCall, KeptKey, OperationError};
pub use key_search::{FoundKeys, KeyFile, KeySearch};
pub use launch_key::LaunchKey;
pub use password_error::{MissingPassword, PasswordError};
pub use store_error::StoreError;

//! The commands, each with its options.

mod cli_input;
mod completions;
#[cfg(feature = "ec2")]
mod connect;
mod convert;
pub(crate) mod create;
mod delete;
mod describe;
mod doctor;
mod exec;
#[cfg(feature = "ec2")]
mod fetch;
mod fingerprint;
mod hints;
mod import;
mod in_place;
mod man;
mod odd_keys;
mod passphrase;
#[cfg(feature = "ec2")]
mod password;
pub(crate) mod prune;
#[cfg(feature = "ec2")]
mod push;
#[cfg(feature = "ec2")]
mod store;
mod tag;
mod usage;

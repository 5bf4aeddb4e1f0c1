//! The sources of credentials: those of version 2 of the AWS CLI, in its order.
//!
//! The plan is a pure function of the settings, and `doctor` shows it. The [`Provider`] carries
//! it out. The SDK's own chain is not used: its order and its files differ.

mod cache;
mod endpoint;
mod error;
mod http;
mod inputs;
mod json;
mod key_file;
mod load;
mod login;
mod means;
mod metadata;
mod of_profile;
mod plan;
mod process;
mod role;
mod source;
mod sso;
mod time;
mod token;
mod variables;
mod web_identity;

pub use means::AskMfaCode;
pub use variables::CredentialVariables;

pub(super) use error::{Expired, Malformed, NoCredentials, SourceError, TokenFile, UnreadError};
pub(super) use load::{LOAD_TIMEOUT, Provider};
pub(super) use means::Means;
pub(super) use process::ProcessError;
pub(super) use source::{Instance, Source};

//! Responses that do not match their requests, and dry runs that a server executed.

use std::error::Error;

use super::{Expiry, KeyName, KeyPairId, Reference};

/// A difference between the response to a registration and the request.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    #[error("the tag {} is missing, and the key pair could not be deleted", Expiry::TAG)]
    Expiry { source: Box<dyn Error + Send + Sync> },
    #[error("its fingerprint is that of another key: {found}")]
    Fingerprint { found: String },
    #[error("the name is registered with the key pair ID {found}")]
    Id { found: KeyPairId },
    #[error("it names the key pair `{found}`")]
    Name { found: KeyName },
    #[error("it has no valid key pair ID")]
    NoId,
    #[error("it does not name the key pair")]
    NoName,
    #[error("it has no private key")]
    NoPrivateKey,
    #[error("another public key is registered under that name")]
    PublicKey,
}

/// A change that a registry made in spite of a dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunChange {
    /// The private key of the new pair is lost.
    Created(KeyName),
    Deleted(Reference),
    Registered(KeyName),
    /// The tags of these pairs were changed.
    Tagged(Vec<KeyPairId>),
}

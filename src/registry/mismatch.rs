//! Responses that do not match their requests, and dry runs that were carried out.

use std::error::Error;

use super::{Expiry, KeyName, KeyPairId, Reference};

/// How the response to a registration differs from the request.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The tag with the expiry is missing, and the pair could not be deleted.
    #[error("the tag {} is missing, and the key pair could not be deleted", Expiry::TAG)]
    Expiry {
        /// Why the pair could not be deleted.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The name is registered with another id than the one in the response.
    #[error("that name is registered with the key pair ID {found}")]
    Id {
        /// The id that is registered.
        found: KeyPairId,
    },
    /// The response is about another pair.
    #[error("it names the key pair `{found}`")]
    Name {
        /// The name in the response.
        found: KeyName,
    },
    /// The id is missing or invalid.
    #[error("it has no valid key pair ID")]
    NoId,
    /// The name is missing.
    #[error("it does not name the key pair")]
    NoName,
    /// The private key is missing.
    #[error("it has no private key")]
    NoPrivateKey,
    /// The name is registered with another public key than the one that was sent.
    #[error("another public key is registered under that name")]
    PublicKey,
}

/// What a registry changed although it was asked for a dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DryRunChange {
    /// A pair was created, and its private key is lost.
    Created(KeyName),
    /// A pair was deleted.
    Deleted(Reference),
    /// A public key was registered.
    Registered(KeyName),
}

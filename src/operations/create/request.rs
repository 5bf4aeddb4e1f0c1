//! What a creation is asked for, and what comes of it.

use std::path::PathBuf;

use crate::file::Existing;
use crate::format::{Comment, CostOptions, Encryption, PrivateFormat};
use crate::key::{KeySpecification, PrimeSearch};
use crate::operations::Destination;
use crate::registry::{KeyName, KeyPair, Lifetime, Tags};
use crate::secret::Secret;

/// What to make, and where to put it.
#[derive(Debug)]
pub struct CreateRequest {
    /// The name; without one, a free one is found.
    pub name: Option<KeyName>,
    pub specification: KeySpecification,
    /// How the primes of an RSA key are searched for.
    pub search: PrimeSearch,
    /// Who makes the key.
    pub generator: Generator,
    /// How the private key is written.
    pub format: PrivateFormat,
    /// What encrypts the private key; empty or none leaves it plain.
    pub passphrase: Option<Secret>,
    /// What a guess at the passphrase is to cost.
    pub cost: CostOptions,
    /// The comment in the private key; without one, the name.
    pub comment: Option<Comment>,
    /// Where the private key goes.
    pub destination: Destination,
    /// The agent that is to hold the private key too, or alone, if one is.
    pub agent: Option<AgentRequest>,
    /// Where an OpenSSH public key goes, if anywhere.
    pub public_out: Option<PathBuf>,
    /// Whether files that are in the way may be replaced.
    pub existing: Existing,
    /// The tags of the registered pair.
    pub tags: Tags,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

impl CreateRequest {
    /// Returns what encrypts the private key.
    pub(super) fn encryption(&self) -> Option<Encryption<'_>> {
        Encryption::with(self.passphrase.as_ref(), self.cost)
    }
}

/// An agent that is running, and how it is to hold a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRequest {
    pub socket: PathBuf,
    /// For how long; without a lifetime, for good.
    pub lifetime: Option<Lifetime>,
    /// Whether it asks the user before each use.
    pub confirm: bool,
}

/// Who makes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// We do, and register the public key.
    Here,
    /// The registry does; what it made is written in the format asked for.
    Registry,
    /// The registry does, and what it made is passed on as it is.
    RegistryVerbatim,
}

/// A pair that was made.
#[derive(Debug)]
pub struct Created {
    /// The pair as it is registered.
    pub pair: KeyPair,
    /// Whether the registry's answer tells that it is this key.
    pub is_confirmed: bool,
    /// Whether an agent holds the private key.
    pub in_agent: bool,
    /// Where the private key is, if it went to a file.
    pub private_key_file: Option<PathBuf>,
    /// Where the public key is, if it went to a file.
    pub public_key_file: Option<PathBuf>,
    /// The private key file's contents, if they go to the user.
    pub private_key: Option<Secret>,
}

/// How a creation ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that can be checked without a change was in order.
    Checked,
    /// The pair is there.
    Done,
}

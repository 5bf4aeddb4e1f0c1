//! The requests and responses of `create`.

use std::path::PathBuf;

use crate::file::Existing;
use crate::format::{Comment, CostOptions, Encryption, PrivateFormat};
use crate::key::{KeySpecification, PrimeSearch};
use crate::operations::Destination;
use crate::registry::{KeyName, KeyPair, KmsKeyId, Lifetime, ParameterName, Registered, Tags};
use crate::secret::Secret;

#[derive(Debug)]
pub struct CreateRequest {
    /// `None` chooses a random name.
    pub name: Option<KeyName>,
    pub specification: KeySpecification,
    pub search: PrimeSearch,
    pub generator: Generator,
    pub format: PrivateFormat,
    /// An empty or missing passphrase writes the key unencrypted.
    pub passphrase: Option<Secret>,
    pub cost: CostOptions,
    /// The default is the name of the pair.
    pub comment: Option<Comment>,
    pub destination: Destination,
    /// Adds the private key to this agent.
    pub agent: Option<AgentRequest>,
    /// The path of an OpenSSH public key file.
    pub public_out: Option<PathBuf>,
    pub existing: Existing,
    /// Stores the private key in the parameter store too.
    pub store: Option<Storage>,
    pub tags: Tags,
    /// Checks only.
    pub dry_run: bool,
}

impl CreateRequest {
    pub(super) fn encryption(&self) -> Option<Encryption<'_>> {
        Encryption::with(self.passphrase.as_ref(), self.cost)
    }
}

/// A request to store a private key in the parameter store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// `None` uses CloudFormation's name for the pair.
    pub parameter: Option<ParameterName>,
    /// `None` uses the account's key for Parameter Store.
    pub key_id: Option<KmsKeyId>,
    /// False removes the private key file once the private key is stored.
    pub keeps_file: bool,
}

/// A request to add a key to a running agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRequest {
    pub socket: PathBuf,
    /// `None` keeps the key until the agent exits.
    pub lifetime: Option<Lifetime>,
    /// The agent asks the user before each use.
    pub confirm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// This process.
    Here,
    /// The registry. The private key is written in the requested format.
    Registry,
    /// The registry. The private key is written as received.
    RegistryVerbatim {
        /// The request names the type. The default is RSA.
        names_type: bool,
    },
}

#[derive(Debug)]
pub struct Created {
    pub pair: KeyPair,
    /// True if the response proves that this key was registered.
    pub is_confirmed: bool,
    pub in_agent: bool,
    pub private_key_file: Option<PathBuf>,
    pub public_key_file: Option<PathBuf>,
    /// The parameter with the private key.
    pub parameter: Option<ParameterName>,
    /// Set if the private key goes to the user.
    pub private_key: Option<Secret>,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
    /// The pairs of further regions.
    pub elsewhere: Vec<Registered>,
}

/// The outcome of a successful operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The dry run found no problem.
    Checked,
    Done,
}

//! No built-in agent: it would listen at a named pipe, which std does not make.

use std::path::Path;

use crate::agent::AgentServerError;
use crate::format::Comment;
use crate::key::PrivateKey;

/// A private key for a [`AgentServer`], of which there is none on Windows.
#[derive(Debug)]
pub enum HeldKey {}

impl HeldKey {
    /// Wipes the key, and fails.
    ///
    /// # Errors
    ///
    /// [`AgentServerError::Unsupported`].
    pub fn new(key: PrivateKey, _: &Comment) -> Result<Self, AgentServerError> {
        drop(key);
        Err(AgentServerError::Unsupported)
    }
}

/// An agent that holds one key, of which there is none on Windows.
#[derive(Debug)]
pub enum AgentServer {}

impl AgentServer {
    /// Whether there can be one on this system.
    pub const IS_SUPPORTED: bool = false;

    /// Never called: there is no key to start it with.
    ///
    /// # Errors
    ///
    /// None.
    pub fn start(_: &Path, key: HeldKey) -> Result<Self, AgentServerError> {
        match key {}
    }

    /// Returns the path of the socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        match *self {}
    }

    /// Returns whether the system keeps the key in memory.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        match *self {}
    }
}

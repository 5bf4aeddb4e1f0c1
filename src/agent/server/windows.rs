//! Placeholders for the built-in agent, which does not exist on Windows: std cannot create named
//! pipes.

use std::path::Path;

use crate::agent::AgentServerError;
use crate::format::Comment;
use crate::key::PrivateKey;

/// A private key for an [`AgentServer`], which does not exist on Windows.
#[derive(Debug)]
pub enum HeldKey {}

impl HeldKey {
    /// Wipes the key and fails.
    ///
    /// # Errors
    ///
    /// [`AgentServerError::Unsupported`].
    pub fn new(key: PrivateKey, _: &Comment) -> Result<Self, AgentServerError> {
        drop(key);
        Err(AgentServerError::Unsupported)
    }
}

/// An agent that holds one key, which does not exist on Windows.
#[derive(Debug)]
pub enum AgentServer {}

impl AgentServer {
    /// True if the built-in agent exists on this platform.
    pub const IS_SUPPORTED: bool = false;

    /// Cannot be called, because a key cannot be created.
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

    /// Returns whether the key is in locked memory.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        match *self {}
    }
}

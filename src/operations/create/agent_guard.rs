//! A new key with the agent that is to hold it.

use super::request::AgentRequest;
use crate::agent::{self, AgentError};
use crate::format::Comment;
use crate::key::{PrivateKey, PublicKey};
use crate::operations::OperationError;
use crate::registry::{KeyName, Lifetime};

/// A key that an agent has, until the pair is there or is not.
pub(super) struct AgentKeyGuard<'a> {
    agent: &'a AgentRequest,
    key: PublicKey,
}

impl<'a> AgentKeyGuard<'a> {
    /// Finds out whether the agent is there.
    pub(super) fn check_agent(agent: Option<&AgentRequest>) -> Result<(), OperationError> {
        agent.map_or(Ok(()), |agent| Ok(agent::check(&agent.socket)?))
    }

    /// Hands the key to the agent, if one is to have it. An agent whose answer is not understood is asked to
    /// forget it.
    pub(super) fn add(
        agent: Option<&'a AgentRequest>,
        name: &KeyName,
        key: &PrivateKey,
        comment: &Comment,
    ) -> Result<Option<Self>, OperationError> {
        let Some(agent) = agent else {
            return Ok(None);
        };
        let seconds = agent.lifetime.map(Lifetime::seconds);
        // A lifetime is shorter than that by far.
        let seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
        let guard = Self { agent, key: key.public() };
        match agent::add(&agent.socket, key, comment, seconds, agent.confirm) {
            Ok(()) => Ok(Some(guard)),
            Err(error @ (AgentError::NotRunning { .. } | AgentError::Refused { .. })) => {
                Err(error.into())
            }
            Err(error) => Err(guard.rollback(name, error.into())),
        }
    }

    /// Takes the key back because of an error, which it returns.
    pub(super) fn rollback(self, name: &KeyName, cause: OperationError) -> OperationError {
        match agent::remove(&self.agent.socket, &self.key) {
            // It does not hold the key, or it is gone itself.
            Ok(()) | Err(AgentError::NotRunning { .. } | AgentError::Refused { .. }) => cause,
            Err(source) => {
                let cause = Box::new(cause);
                OperationError::AgentKeyNotRemoved { name: name.clone(), cause, source }
            }
        }
    }
}

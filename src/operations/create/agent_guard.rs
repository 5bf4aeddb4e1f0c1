//! A new key in an ssh-agent.

use super::request::AgentRequest;
use crate::agent::{self, AgentError};
use crate::format::Comment;
use crate::key::{PrivateKey, PublicKey};
use crate::operations::OperationError;
use crate::registry::{KeyName, Lifetime};

/// A key that was added to an agent. The caller must remove it if the registration fails.
pub(super) struct AgentKeyGuard<'a> {
    agent: &'a AgentRequest,
    key: PublicKey,
}

impl<'a> AgentKeyGuard<'a> {
    /// Checks that the agent is running.
    pub(super) fn check_agent(agent: Option<&AgentRequest>) -> Result<(), OperationError> {
        agent.map_or(Ok(()), |agent| Ok(agent::check(&agent.socket)?))
    }

    /// Adds the key to the agent, if there is one. After an unclear response, removes it again.
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
        // The maximum lifetime is far below the limit.
        let seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
        let guard = Self { agent, key: key.public() };
        match agent::add(&agent.socket, key, comment, seconds, agent.confirm) {
            Ok(()) => Ok(Some(guard)),
            Err(error @ (AgentError::NotRunning { .. } | AgentError::Refused { .. })) => {
                Err(error.into())
            }
            Err(error) => Err(Self::rollback(Some(guard), name, error.into())),
        }
    }

    /// Removes the key from the agent after an error, and returns the error to report.
    pub(super) fn rollback(
        guard: Option<Self>,
        name: &KeyName,
        cause: OperationError,
    ) -> OperationError {
        let Some(Self { agent, key }) = guard else { return cause };
        match agent::remove(&agent.socket, &key) {
            // The agent does not hold the key, or has exited.
            Ok(()) | Err(AgentError::NotRunning { .. } | AgentError::Refused { .. }) => cause,
            Err(source) => {
                let cause = Box::new(cause);
                OperationError::AgentKeyNotRemoved { name: name.clone(), cause, source }
            }
        }
    }
}

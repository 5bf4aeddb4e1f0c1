//! A new key with the agent that is to hold it.

use super::request::AgentRequest;
use crate::agent::{self, AgentError};
use crate::format::Comment;
use crate::key::{PrivateKey, PublicKey};
use crate::operations::CommandError;
use crate::registry::{KeyName, Lifetime};

/// A key that an agent has, until the pair is there or is not.
pub(super) struct Loan<'a> {
    agent: &'a AgentRequest,
    key: PublicKey,
}

impl<'a> Loan<'a> {
    /// Finds out whether the agent is there.
    pub(super) fn check(agent: Option<&AgentRequest>) -> Result<(), CommandError> {
        agent.map_or(Ok(()), |agent| Ok(agent::check(&agent.socket)?))
    }

    /// Hands the key to the agent, if one is to have it. An agent whose answer is not understood is asked to
    /// forget it.
    pub(super) fn give(
        agent: Option<&'a AgentRequest>,
        name: &KeyName,
        key: &PrivateKey,
        comment: &Comment,
    ) -> Result<Option<Self>, CommandError> {
        let Some(agent) = agent else {
            return Ok(None);
        };
        let seconds = agent.lifetime.map(Lifetime::seconds);
        // A lifetime is shorter than that by far.
        let seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
        let loan = Self { agent, key: key.public() };
        match agent::add(&agent.socket, key, comment, seconds, agent.confirm) {
            Ok(()) => Ok(Some(loan)),
            Err(error @ (AgentError::NotRunning { .. } | AgentError::Refused { .. })) => {
                Err(error.into())
            }
            Err(error) => Err(loan.take_back(name, error.into())),
        }
    }

    /// Takes the key back because of an error, which it returns.
    pub(super) fn take_back(self, name: &KeyName, cause: CommandError) -> CommandError {
        match agent::remove(&self.agent.socket, &self.key) {
            // It does not hold the key, or it is gone itself.
            Ok(()) | Err(AgentError::NotRunning { .. } | AgentError::Refused { .. }) => cause,
            Err(source) => {
                let cause = Box::new(cause);
                CommandError::AgentKeyStayed { name: name.clone(), cause, source }
            }
        }
    }
}

//! What to say of an agent that does not hold a key.

use super::{ExitStatus, Failure, chain};
use crate::agent::AgentError;
use crate::cli::operation::Operation;
use crate::cli::request::RequestError;
use crate::cli::shell::START_AGENT;
use crate::commands::CommandError;
use crate::registry::KeyName;

impl Failure {
    /// Says that nothing leads to an agent.
    pub(super) fn of_no_agent(error: &RequestError) -> Self {
        Self::new(ExitStatus::Configuration, error.to_string(), error).hint(START_AGENT)
    }

    pub(super) fn of_agent(error: &AgentError) -> Self {
        let failure = |status| Self::new(status, chain(error), error);
        match error {
            AgentError::NotRunning { .. } => failure(ExitStatus::Configuration).hint(START_AGENT),
            AgentError::Io { .. } | AgentError::NotAnAgent { .. } => {
                failure(ExitStatus::Configuration)
                    .hint("SSH_AUTH_SOCK names the socket of the ssh-agent")
            }
            AgentError::Refused { .. } => failure(ExitStatus::Refused)
                .hint("a locked agent takes no keys: `ssh-add -X` unlocks it"),
            _ => failure(ExitStatus::Refused)
                .hint("`ssh-add -l` tells whether it answers anybody else"),
        }
    }

    pub(super) fn of_stayed_key(
        name: &KeyName,
        cause: &CommandError,
        operation: Operation,
    ) -> Self {
        Self::of_command(cause, operation).hint(format!(
            "the agent may still hold the key of `{name}`: `ssh-add -l` lists what it holds"
        ))
    }
}

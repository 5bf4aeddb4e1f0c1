//! Failures of an ssh-agent.

use super::{ExitStatus, Failure, Hint, chain};
use crate::agent::AgentError;
use crate::cli::input::RequestError;
use crate::cli::shell::ShellCommand;
use crate::operations::OperationError;
use crate::registry::KeyName;

impl Failure {
    pub(super) fn of_no_agent(error: &RequestError) -> Self {
        Self::new(ExitStatus::Configuration, error.to_string(), error).hint(start_agent())
    }

    pub(super) fn of_agent(error: &AgentError) -> Self {
        let failure = |status| Self::new(status, chain(error), error);
        match error {
            AgentError::NotRunning { .. } => failure(ExitStatus::Configuration).hint(start_agent()),
            AgentError::Io { .. } | AgentError::NotAnAgent { .. } => {
                failure(ExitStatus::Configuration)
                    .hint("set SSH_AUTH_SOCK to the socket of an ssh-agent")
            }
            AgentError::Refused { .. } => failure(ExitStatus::Refused).hint(
                Hint::from("if the agent is locked, run ")
                    .command(ShellCommand::new("ssh-add").word("-X"))
                    .text(" to unlock it"),
            ),
            _ => failure(ExitStatus::Refused)
                .hint(Hint::run(list_keys()).text(" to check whether the agent responds")),
        }
    }

    pub(super) fn of_stayed_key(name: &KeyName, cause: &OperationError) -> Self {
        Self::from(cause).hint(
            Hint::from(format!("the agent may still hold the key of `{name}`: run "))
                .command(list_keys())
                .text(" to list its keys"),
        )
    }
}

fn list_keys() -> ShellCommand {
    ShellCommand::new("ssh-add").word("-l")
}

/// Advises to start a shell with an agent.
#[cfg(unix)]
fn start_agent() -> Hint {
    let command = ShellCommand::new("ssh-agent").syntax("\"$SHELL\"");
    Hint::run(command).text(" to start a shell with an agent")
}

/// Advises to start the agent of Windows, which is disabled by default.
#[cfg(windows)]
fn start_agent() -> Hint {
    Hint::run(ShellCommand::new("sc.exe").syntax("config ssh-agent start= demand"))
        .text(" and ")
        .command(ShellCommand::new("net").word("start").word("ssh-agent"))
        .text(" as an administrator to start the agent")
}

//! What the running ssh-agent is asked for.

use crate::cli::input::{RequestError, tags};
use crate::cli::options::{AgentArgs, LifetimeArgs};
use crate::cli::settings::Environment;
use crate::operations::create::AgentRequest;

/// Returns what the agent is to hold, if anything: for its own lifetime, else for that of the pair.
pub(super) fn agent(
    arguments: AgentArgs,
    pair: &LifetimeArgs,
    environment: &Environment,
) -> Result<Option<AgentRequest>, RequestError> {
    let AgentArgs { add_to_agent, confirm } = arguments;
    let Some(lifetime) = add_to_agent else {
        return Ok(None);
    };
    let lifetime = match lifetime {
        Some(span) => Some(tags::span_of("--add-to-agent", &span)?),
        None => tags::lifetime(pair)?,
    };
    let socket = environment.agent_socket().ok_or(RequestError::NoAgent)?;
    Ok(Some(AgentRequest { socket, lifetime, confirm }))
}

//! SSH agents, which hold private keys and sign with them, over a Unix socket or a Windows named
//! pipe.
//!
//! [`add`] and [`remove`] use the agent that the user has running. [`AgentServer`] is the built-in
//! agent for Unix, which holds one key while it exists. The protocol is draft-ietf-sshm-ssh-agent
//! (<https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/>), the reference of OpenSSH's
//! PROTOCOL.agent.

mod client;
mod error;
mod message;
mod server;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use client::{add, check, remove};
pub use error::{AgentError, AgentServerError};
pub use server::{AgentServer, HeldKey};

//! The agents of SSH, which hold private keys and sign with them, over a socket; on
//! Windows, over a named pipe.
//!
//! [`add`] and [`remove`] speak to the one that the user has running; a [`AgentServer`] is one of our own, with
//! one key, for as long as it lives, which Unix alone has. The protocol is that of draft-ietf-sshm-ssh-agent
//! (<https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/>), which OpenSSH's PROTOCOL.agent
//! refers to.

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

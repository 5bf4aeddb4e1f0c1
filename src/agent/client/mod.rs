//! The client of the user's running agent.
//!
//! It is hand-written because the existing crates do not fit. ssh-agent-client-rs 1.1 cannot add a
//! key with a lifetime or a confirmation, needs the private key to remove one, and has no
//! time-outs. ssh-agent-lib 0.6 reads responses of any length. Both bring ssh-key 0.6 and with it
//! the previous generation of the cryptographic crates, about eighty crates in all.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

#[cfg(unix)]
use unix::Connection;
#[cfg(windows)]
use windows::Connection;

use super::error::AgentError;
use super::message::{self, AgentResponse};
use crate::format::Comment;
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// Maximum wait for a response. Some agents ask the user in a dialog first.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks whether an agent is running, without changing anything.
///
/// # Errors
///
/// [`AgentError`].
pub fn check(socket: &Path) -> Result<(), AgentError> {
    send(socket, &message::request_identities(), &AgentResponse::Identities, TIMEOUT)
}

/// Adds a key to an agent, for `lifetime` seconds or without limit. With `confirm`, the agent asks
/// the user before each use.
///
/// # Errors
///
/// [`AgentError`]. The agent does not hold the key after [`AgentError::Refused`] and
/// [`AgentError::NotRunning`]. After any other error it may.
pub fn add(
    socket: &Path,
    key: &PrivateKey,
    comment: &Comment,
    lifetime: Option<u32>,
    confirm: bool,
) -> Result<(), AgentError> {
    let request = message::add_identity(key, comment.as_bytes(), lifetime, confirm);
    send(socket, &request, &AgentResponse::Success, TIMEOUT)
}

/// Removes a key from an agent.
///
/// # Errors
///
/// [`AgentError`]; [`AgentError::Refused`] if the agent does not hold the key.
pub fn remove(socket: &Path, key: &PublicKey) -> Result<(), AgentError> {
    send(socket, &message::remove_identity(key), &AgentResponse::Success, TIMEOUT)
}

/// Sends a request and fails unless the response is as expected.
pub(super) fn send(
    socket: &Path,
    request: &Secret,
    expected: &AgentResponse,
    timeout: Duration,
) -> Result<(), AgentError> {
    let connection =
        Connection::open(socket, timeout).map_err(|source| open_error(socket, source))?;
    let response = connection.exchange(request).map_err(|source| exchange_error(socket, source))?;
    let socket = || socket.to_owned();
    match response.as_deref().and_then(AgentResponse::read) {
        Some(response) if response == *expected => Ok(()),
        Some(AgentResponse::Failure) => Err(AgentError::Refused { socket: socket() }),
        _ => Err(AgentError::NotAnAgent { socket: socket() }),
    }
}

fn open_error(socket: &Path, source: io::Error) -> AgentError {
    match source.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::ConnectionRefused
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidFilename => {
            AgentError::NotRunning { socket: socket.to_owned(), source }
        }
        _ => exchange_error(socket, source),
    }
}

fn exchange_error(socket: &Path, source: io::Error) -> AgentError {
    let socket = socket.to_owned();
    match source.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AgentError::TimedOut { socket },
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            AgentError::ConnectionClosed { socket }
        }
        _ => AgentError::Io { socket, source },
    }
}

//! Speaks to the agent that the user has running.

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

/// How long an agent may take for an answer. Some show a window for that, which a person reads.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Finds out, changing nothing, whether an agent is running.
///
/// # Errors
///
/// [`AgentError`].
pub fn check(socket: &Path) -> Result<(), AgentError> {
    ask(socket, &message::request_identities(), &AgentResponse::Identities, TIMEOUT)
}

/// Has an agent hold a key, for so many seconds if not for good; with `confirm` it asks the user before
/// each use.
///
/// # Errors
///
/// [`AgentError`]. After [`AgentError::Refused`] and [`AgentError::NotRunning`] it does not hold the key;
/// after everything else it may.
pub fn add(
    socket: &Path,
    key: &PrivateKey,
    comment: &Comment,
    lifetime: Option<u32>,
    confirm: bool,
) -> Result<(), AgentError> {
    let question = message::add_identity(key, comment.as_bytes(), lifetime, confirm);
    ask(socket, &question, &AgentResponse::Success, TIMEOUT)
}

/// Has an agent hold a key no longer.
///
/// # Errors
///
/// [`AgentError`]; it is [`AgentError::Refused`] if the agent does not hold the key.
pub fn remove(socket: &Path, key: &PublicKey) -> Result<(), AgentError> {
    ask(socket, &message::remove_identity(key), &AgentResponse::Success, TIMEOUT)
}

/// Puts a question, and fails unless it gets that answer.
pub(super) fn ask(
    socket: &Path,
    question: &Secret,
    expected: &AgentResponse,
    timeout: Duration,
) -> Result<(), AgentError> {
    let connection =
        Connection::open(socket, timeout).map_err(|source| unopened(socket, source))?;
    let answer = connection.exchange(question).map_err(|source| failed(socket, source))?;
    let socket = || socket.to_owned();
    match answer.as_deref().and_then(AgentResponse::read) {
        Some(answer) if answer == *expected => Ok(()),
        Some(AgentResponse::Failure) => Err(AgentError::Refused { socket: socket() }),
        _ => Err(AgentError::NotAnAgent { socket: socket() }),
    }
}

fn unopened(socket: &Path, source: io::Error) -> AgentError {
    match source.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::ConnectionRefused
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidFilename => {
            AgentError::NotRunning { socket: socket.to_owned(), source }
        }
        _ => failed(socket, source),
    }
}

fn failed(socket: &Path, source: io::Error) -> AgentError {
    let socket = socket.to_owned();
    match source.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AgentError::TimedOut { socket },
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            AgentError::ConnectionClosed { socket }
        }
        _ => AgentError::Io { socket, source },
    }
}

//! Speaks to the agent that the user has running.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::AgentError;
use super::message::{self, Answer};
use crate::format::Comment;
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// How long an agent may take for an answer. Some show a window for that, which a person reads.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds out, changing nothing, whether an agent is running.
///
/// # Errors
///
/// [`AgentError`].
pub fn check(socket: &Path) -> Result<(), AgentError> {
    ask(socket, &message::request_identities(), &Answer::Identities, PATIENCE)
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
    ask(socket, &question, &Answer::Success, PATIENCE)
}

/// Has an agent hold a key no longer.
///
/// # Errors
///
/// [`AgentError`]; it is [`AgentError::Refused`] if the agent does not hold the key.
pub fn remove(socket: &Path, key: &PublicKey) -> Result<(), AgentError> {
    ask(socket, &message::remove_identity(key), &Answer::Success, PATIENCE)
}

/// Puts a question, and fails unless it gets that answer.
pub(super) fn ask(
    socket: &Path,
    question: &Secret,
    expected: &Answer,
    patience: Duration,
) -> Result<(), AgentError> {
    let mut connection = Connection::open(socket, patience)?;
    let answer = connection.exchange(question).map_err(|source| failed(socket, source))?;
    let socket = || socket.to_owned();
    match answer.as_deref().and_then(Answer::read) {
        Some(answer) if answer == *expected => Ok(()),
        Some(Answer::Failure) => Err(AgentError::Refused { socket: socket() }),
        _ => Err(AgentError::NotAnAgent { socket: socket() }),
    }
}

/// A connection for one question.
struct Connection {
    stream: UnixStream,
    deadline: Instant,
}

impl Connection {
    fn open(socket: &Path, patience: Duration) -> Result<Self, AgentError> {
        let deadline = Instant::now() + patience;
        let stream = connect(socket, patience).map_err(|source| match source.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::ConnectionRefused
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename => {
                AgentError::NotRunning { socket: socket.to_owned(), source }
            }
            _ => failed(socket, source),
        })?;
        Ok(Self { stream, deadline })
    }

    /// Returns the answer, or `None` if its length is none.
    fn exchange(&mut self, question: &Secret) -> io::Result<Option<Vec<u8>>> {
        let mut rest = question.expose();
        while !rest.is_empty() {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match self.stream.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut prefix = [0; message::LENGTH_BYTES];
        self.fill(&mut prefix)?;
        let Some(length) = message::length(prefix) else {
            return Ok(None);
        };
        let mut answer = vec![0; length];
        self.fill(&mut answer)?;
        Ok(Some(answer))
    }

    fn fill(&mut self, mut rest: &mut [u8]) -> io::Result<()> {
        while !rest.is_empty() {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(rest) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Connects; an agent that hangs may have so many who wait that there is no room for another.
#[cfg(target_os = "linux")]
fn connect(socket: &Path, patience: Duration) -> io::Result<UnixStream> {
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

    let address = SocketAddrUnix::new(socket)?;
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let stream = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&stream, Timeout::Send, Some(patience))?;
    rustix::net::connect(&stream, &address)?;
    Ok(stream.into())
}

/// Connects; where there is no room for another who waits, that is refused.
#[cfg(not(target_os = "linux"))]
fn connect(socket: &Path, _: Duration) -> io::Result<UnixStream> {
    UnixStream::connect(socket)
}

fn failed(socket: &Path, source: io::Error) -> AgentError {
    let socket = socket.to_owned();
    match source.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AgentError::TimedOut { socket },
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            AgentError::HungUp { socket }
        }
        _ => AgentError::Io { socket, source },
    }
}

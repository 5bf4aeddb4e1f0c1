//! A connection to an agent over a Unix socket.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::agent::message;
use crate::secret::Secret;

/// A connection for one request.
pub(super) struct Connection {
    stream: UnixStream,
    deadline: Instant,
}

impl Connection {
    pub(super) fn open(socket: &Path, timeout: Duration) -> io::Result<Self> {
        let deadline = Instant::now() + timeout;
        Ok(Self { stream: connect(socket, timeout)?, deadline })
    }

    /// Sends a request. Returns the response, or `None` if its length is invalid.
    pub(super) fn exchange(mut self, request: &Secret) -> io::Result<Option<Vec<u8>>> {
        let mut rest = request.expose();
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
        let mut response = vec![0; length];
        self.fill(&mut response)?;
        Ok(Some(response))
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

/// Connects with a time-out, because a hanging agent may have a full backlog.
#[cfg(target_os = "linux")]
fn connect(socket: &Path, timeout: Duration) -> io::Result<UnixStream> {
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

    let address = SocketAddrUnix::new(socket)?;
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let stream = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&stream, Timeout::Send, Some(timeout))?;
    rustix::net::connect(&stream, &address)?;
    Ok(stream.into())
}

/// Connects. Fails if the agent's backlog is full.
#[cfg(not(target_os = "linux"))]
fn connect(socket: &Path, _: Duration) -> io::Result<UnixStream> {
    UnixStream::connect(socket)
}

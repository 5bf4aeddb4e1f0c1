//! A connection to an agent over a Windows named pipe.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::agent::message;
use crate::file;
use crate::secret::Secret;

/// A connection for one request.
pub(super) struct Connection<Pipe> {
    pipe: Pipe,
    deadline: Instant,
}

impl Connection<()> {
    /// Connects, waiting while all instances of the pipe are busy.
    pub(super) fn open(
        pipe: &Path,
        timeout: Duration,
    ) -> io::Result<Connection<impl Read + Write + Send + 'static>> {
        let deadline = Instant::now() + timeout;
        loop {
            match file::open_pipe(pipe) {
                Ok(pipe) => return Ok(Connection { pipe, deadline }),
                Err(error) if error.raw_os_error() != Some(ERROR_PIPE_BUSY) => return Err(error),
                Err(_) if Instant::now() >= deadline => return Err(ErrorKind::TimedOut.into()),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}

impl<Pipe: Read + Write + Send + 'static> Connection<Pipe> {
    /// Sends a request. Returns the response, or `None` if its length is invalid.
    ///
    /// Pipe reads and writes have no time-out, so they run on a separate thread. If the agent
    /// hangs, that thread stays until the process ends.
    pub(super) fn exchange(self, request: &Secret) -> io::Result<Option<Vec<u8>>> {
        let Self { mut pipe, deadline } = self;
        let request = Secret::copy_of(request.expose());
        let (done, response) = mpsc::channel();
        thread::Builder::new().name("agent".into()).spawn(move || {
            // After a time-out, the receiver no longer exists.
            done.send(speak(&mut pipe, request)).ok();
        })?;
        match response.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Err(error)) if error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED) => {
                Err(ErrorKind::BrokenPipe.into())
            }
            Ok(response) => response,
            Err(RecvTimeoutError::Timeout) => Err(ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(ErrorKind::Other.into()),
        }
    }
}

fn speak(pipe: &mut (impl Read + Write), request: Secret) -> io::Result<Option<Vec<u8>>> {
    pipe.write_all(request.expose())?;
    drop(request);
    let mut prefix = [0; message::LENGTH_BYTES];
    pipe.read_exact(&mut prefix)?;
    let Some(length) = message::length(prefix) else {
        return Ok(None);
    };
    let mut response = vec![0; length];
    pipe.read_exact(&mut response)?;
    Ok(Some(response))
}

/// All instances of the pipe are in use.
const ERROR_PIPE_BUSY: i32 = 231;
/// The agent has closed the connection.
const ERROR_PIPE_NOT_CONNECTED: i32 = 233;

const PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::super::super::{AgentError, check};
    use super::*;

    #[test]
    fn check_without_pipe_reports_no_agent() {
        for path in [r"\\.\pipe\keypair-no-such-agent", r"C:\no-such-file", "agent", ""] {
            let error = check(Path::new(path)).unwrap_err();
            assert!(matches!(error, AgentError::NotRunning { .. }), "{path}: {error:?}");
        }
    }
}

//! A connection to an agent over a named pipe of Windows.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::agent::message;
use crate::file;
use crate::secret::Secret;

/// A connection for one question.
pub(super) struct Connection<Pipe> {
    pipe: Pipe,
    deadline: Instant,
}

impl Connection<()> {
    /// Connects, once the agent has room for another.
    pub(super) fn open(
        pipe: &Path,
        timeout: Duration,
    ) -> io::Result<Connection<impl Read + Write + Send + 'static>> {
        let deadline = Instant::now() + timeout;
        loop {
            match file::open_pipe(pipe) {
                Ok(pipe) => return Ok(Connection { pipe, deadline }),
                Err(error) if error.raw_os_error() != Some(PIPE_BUSY) => return Err(error),
                Err(_) if Instant::now() >= deadline => return Err(ErrorKind::TimedOut.into()),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}

impl<Pipe: Read + Write + Send + 'static> Connection<Pipe> {
    /// Returns the answer, or `None` if its length is none.
    ///
    /// Reads and writes of a pipe have no time-out. They are done on a thread of their own, which is left
    /// behind if the agent hangs, and ends with the process.
    pub(super) fn exchange(self, question: &Secret) -> io::Result<Option<Vec<u8>>> {
        let Self { mut pipe, deadline } = self;
        let question = Secret::copy_of(question.expose());
        let (done, answer) = mpsc::channel();
        thread::Builder::new().name("agent".into()).spawn(move || {
            // Nobody waits any more for what comes too late.
            done.send(speak(&mut pipe, question)).ok();
        })?;
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Err(error)) if error.raw_os_error() == Some(PIPE_NOT_CONNECTED) => {
                Err(ErrorKind::BrokenPipe.into())
            }
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(ErrorKind::Other.into()),
        }
    }
}

fn speak(pipe: &mut (impl Read + Write), question: Secret) -> io::Result<Option<Vec<u8>>> {
    pipe.write_all(question.expose())?;
    drop(question);
    let mut prefix = [0; message::LENGTH_BYTES];
    pipe.read_exact(&mut prefix)?;
    let Some(length) = message::length(prefix) else {
        return Ok(None);
    };
    let mut answer = vec![0; length];
    pipe.read_exact(&mut answer)?;
    Ok(Some(answer))
}

/// All instances of the pipe have somebody (`ERROR_PIPE_BUSY`).
const PIPE_BUSY: i32 = 231;
/// The agent has hung up (`ERROR_PIPE_NOT_CONNECTED`).
const PIPE_NOT_CONNECTED: i32 = 233;

const PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::super::super::{AgentError, check};
    use super::*;

    #[test]
    fn where_no_pipe_is_no_agent_is_running() {
        for path in [r"\\.\pipe\keypair-no-such-agent", r"C:\no-such-file", "agent", ""] {
            let error = check(Path::new(path)).unwrap_err();
            assert!(matches!(error, AgentError::NotRunning { .. }), "{path}: {error:?}");
        }
    }
}

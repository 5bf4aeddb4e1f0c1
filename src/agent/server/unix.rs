//! The built-in agent at a socket of Unix.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::event_loop;
use super::key::HeldKey;
use crate::agent::AgentServerError;
use crate::file;

/// An agent that holds one key, in locked memory, until it is dropped.
///
/// It tells of the key and signs with it; all else it refuses. It listens to the user that it runs as and to
/// root.
#[derive(Debug)]
pub struct AgentServer {
    socket: Socket,
    is_locked: bool,
    /// Closed, it stops the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl AgentServer {
    /// Whether there can be one on this system.
    pub const IS_SUPPORTED: bool = true;

    /// Makes a socket, which must not be there yet, in a folder that is the user's alone, and answers on a
    /// thread of its own. That thread begins with the registers of the calling one, which should have had nothing
    /// to do with the key.
    ///
    /// # Errors
    ///
    /// [`AgentServerError`].
    pub fn start(socket: &Path, key: HeldKey) -> Result<Self, AgentServerError> {
        Self::start_with(socket, key, event_loop::TIMEOUT)
    }

    /// As [`AgentServer::start`], with another timeout with those who are slow.
    pub(in crate::agent) fn start_with(
        socket: &Path,
        key: HeldKey,
        timeout: Duration,
    ) -> Result<Self, AgentServerError> {
        let is_locked = key.is_locked();
        let failed = |source| AgentServerError::Bind { socket: socket.to_owned(), source };
        let listener = UnixListener::bind(socket).map_err(failed)?;
        let socket = Socket(socket.to_owned());
        file::restrict_to_owner(&socket.0)?;
        listener.set_nonblocking(true).map_err(AgentServerError::Thread)?;
        let (stop, stopped) = UnixStream::pair().map_err(AgentServerError::Thread)?;
        let serve = move || event_loop::serve(&listener, &stopped, &key, timeout);
        let thread = thread::Builder::new().name("agent".into()).spawn(serve);
        let thread = thread.map_err(AgentServerError::Thread)?;
        Ok(Self { socket, is_locked, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the path of the socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket.0
    }

    /// Returns whether the system keeps the key in memory; if not, the key may go to where the system swaps
    /// to, because the user may lock no more (`RLIMIT_MEMLOCK`).
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.is_locked
    }
}

impl Drop for AgentServer {
    /// Ends all connections, and returns when the key is wiped.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that has failed has wiped the key too.
            thread.join().ok();
        }
    }
}

/// The path of a socket that goes with the value.
#[derive(Debug)]
struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever has removed it already has done what was wanted.
        file::remove(&self.0).ok();
    }
}

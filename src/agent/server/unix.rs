//! The built-in agent on a Unix socket.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::event_loop;
use super::key::HeldKey;
use crate::agent::AgentServerError;
use crate::file;

/// An agent that holds one key in locked memory until it is dropped.
///
/// It lists the key, signs with it, and refuses all other requests. It accepts connections from the
/// current user and from root.
#[derive(Debug)]
pub struct AgentServer {
    socket: Socket,
    is_locked: bool,
    /// Closing it stops the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl AgentServer {
    /// True if the built-in agent exists on this platform.
    pub const IS_SUPPORTED: bool = true;

    /// Creates a socket at a path that must not exist yet, and serves it on a new thread. The
    /// directory must be accessible only to the user. The thread starts with the registers of the
    /// caller, which should not have processed the key.
    ///
    /// # Errors
    ///
    /// [`AgentServerError`].
    pub fn start(socket: &Path, key: HeldKey) -> Result<Self, AgentServerError> {
        Self::start_with(socket, key, event_loop::TIMEOUT)
    }

    /// Same as [`AgentServer::start`], with a different time-out.
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

    /// Returns whether the key is in locked memory. Otherwise it may be swapped out, because the
    /// user may not lock more memory (`RLIMIT_MEMLOCK`).
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.is_locked
    }
}

impl Drop for AgentServer {
    /// Closes all connections, and returns after the key has been wiped.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has wiped the key too.
            thread.join().ok();
        }
    }
}

/// The path of a socket, which is deleted on drop.
#[derive(Debug)]
struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        // An error usually means that the socket has already been removed.
        file::remove(&self.0).ok();
    }
}

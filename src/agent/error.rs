//! Errors of agents.

use std::io;
use std::path::PathBuf;

use crate::file::FileError;

/// Why a request to an agent failed.
#[expect(missing_docs, reason = "the messages describe the variants")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The connection ended before the response.
    #[error("the agent at {} closed the connection", .socket.display())]
    ConnectionClosed { socket: PathBuf },
    #[error("cannot communicate with the agent at {}", .socket.display())]
    Io { socket: PathBuf, source: io::Error },
    #[error("{} is not an ssh-agent socket (unexpected response)", .socket.display())]
    NotAnAgent { socket: PathBuf },
    /// The socket does not exist, or no process listens on it.
    #[error("no agent is running at {}", .socket.display())]
    NotRunning { socket: PathBuf, source: io::Error },
    #[error("the agent at {} refused the request", .socket.display())]
    Refused { socket: PathBuf },
    /// The agent may or may not have processed the request.
    #[error("the agent at {} did not respond in time", .socket.display())]
    TimedOut { socket: PathBuf },
}

/// Why the built-in agent cannot be used.
#[expect(missing_docs, reason = "the messages describe the variants")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentServerError {
    #[error("cannot create the socket {}", .socket.display())]
    Bind { socket: PathBuf, source: io::Error },
    /// The permissions of the socket cannot be restricted.
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the built-in agent is not available on this platform")]
    Unsupported,
    /// The RSA key is too unusual for signatures.
    #[error("cannot sign with this RSA key")]
    Key,
    #[error("cannot start the built-in agent")]
    Thread(#[source] io::Error),
}

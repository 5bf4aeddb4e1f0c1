//! What can go wrong with an agent.

use std::io;
use std::path::PathBuf;

use crate::file::FileError;

/// Why an agent did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// It ended the connection instead of an answer.
    #[error("the agent at {} hangs up", .socket.display())]
    ConnectionClosed {
        /// Its socket.
        socket: PathBuf,
    },
    /// The connection broke.
    #[error("cannot speak to the agent at {}", .socket.display())]
    Io {
        /// Its socket.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something else than an agent answers.
    #[error("what answers at {} is no agent", .socket.display())]
    NotAnAgent {
        /// Its socket.
        socket: PathBuf,
    },
    /// There is no such socket, or nobody who listens there.
    #[error("no agent is running at {}", .socket.display())]
    NotRunning {
        /// The socket.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It answered that it does not.
    #[error("the agent at {} refuses", .socket.display())]
    Refused {
        /// Its socket.
        socket: PathBuf,
    },
    /// It did not answer in time, and may have done it or not.
    #[error("the agent at {} does not answer", .socket.display())]
    TimedOut {
        /// Its socket.
        socket: PathBuf,
    },
}

/// Why there is no agent of our own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentServerError {
    /// The socket cannot be made.
    #[error("cannot make the socket {}", .socket.display())]
    Bind {
        /// Its path.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The socket cannot be left to its owner.
    #[error(transparent)]
    File(#[from] FileError),
    /// This system has none.
    #[error("on this system there is no agent but the user's own")]
    Unsupported,
    /// An RSA key that is too unusual to sign with.
    #[error("no signature can be made with this RSA key")]
    Key,
    /// There can be no thread that answers.
    #[error("cannot start the agent")]
    Thread(#[source] io::Error),
}

//! One who has connected to an agent of our own.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::key::HeldKey;
use crate::agent::message;
use crate::secret::Secret;

/// A connection that never waits, with what has come of a message and what has not gone of an answer.
pub(super) struct Peer {
    pub(super) stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Secret,
    /// How much of the answer has gone.
    sent: usize,
    /// When it connected, or last began a message or took an answer.
    since: Instant,
}

impl Peer {
    /// Takes a connection; one of another user is none.
    pub(super) fn new(stream: UnixStream) -> Option<Self> {
        let is_taken = is_own(&stream) && stream.set_nonblocking(true).is_ok();
        is_taken.then(|| Self {
            stream,
            incoming: Vec::new(),
            outgoing: Secret::default(),
            sent: 0,
            since: Instant::now(),
        })
    }

    /// Returns what it can be asked for next.
    pub(super) fn awaits(&self) -> PollFlags {
        if self.is_answered() { PollFlags::IN } else { PollFlags::OUT }
    }

    /// Returns whether it is between two messages.
    pub(super) fn is_idle(&self) -> bool {
        self.incoming.is_empty() && self.is_answered()
    }

    /// Returns how long it has neither begun a message nor taken an answer.
    pub(super) fn silence(&self) -> Duration {
        self.since.elapsed()
    }

    /// Reads and answers what there is.
    ///
    /// # Errors
    ///
    /// Whatever ends the connection.
    pub(super) fn serve(&mut self, key: &HeldKey) -> io::Result<()> {
        self.send()?;
        if self.is_answered() {
            self.receive()?;
        }
        while self.is_answered() {
            let Some(message) = self.take_message()? else {
                break;
            };
            self.outgoing = key.answer(&message);
            self.sent = 0;
            self.send()?;
        }
        Ok(())
    }

    fn is_answered(&self) -> bool {
        self.sent >= self.outgoing.len()
    }

    fn send(&mut self) -> io::Result<()> {
        while !self.is_answered() {
            let rest = self.outgoing.expose().get(self.sent..).unwrap_or_default();
            match unless_waiting(self.stream.write(rest))? {
                Some(count) => self.sent += count,
                None => break,
            }
            self.since = Instant::now();
        }
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK_BYTES];
        match unless_waiting(self.stream.read(&mut chunk))? {
            Some(0) => Err(ErrorKind::UnexpectedEof.into()),
            Some(count) => {
                if self.incoming.is_empty() {
                    self.since = Instant::now();
                }
                self.incoming.extend_from_slice(chunk.get(..count).unwrap_or_default());
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes the next message if all of it has come.
    fn take_message(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(prefix) = self.incoming.first_chunk() else {
            return Ok(None);
        };
        let length = message::length(*prefix).ok_or(ErrorKind::InvalidData)?;
        let end = message::LENGTH_BYTES + length;
        if self.incoming.len() < end {
            return Ok(None);
        }
        let message = self.incoming.drain(..end).skip(message::LENGTH_BYTES).collect();
        Ok(Some(message))
    }
}

fn unless_waiting(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Returns whether a connection is that of the user whom the socket belongs to, or of root.
#[cfg(target_os = "linux")]
fn is_own(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid.is_root() || peer.uid == rustix::process::geteuid())
}

/// Elsewhere the modes of the socket and of its folder say who may connect.
#[cfg(not(target_os = "linux"))]
fn is_own(_: &UnixStream) -> bool {
    true
}

const CHUNK_BYTES: usize = 1 << 14;

//! Connections to the built-in agent.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::key::HeldKey;
use crate::agent::message;
use crate::secret::Secret;

/// A non-blocking connection, with a partially received request and a partially sent response.
pub(super) struct Peer {
    pub(super) stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Secret,
    /// The number of bytes sent of the response.
    sent: usize,
    /// When the peer connected, began its last request, or last accepted part of a response.
    since: Instant,
}

impl Peer {
    /// Accepts a connection, or returns `None` if the peer is another user.
    pub(super) fn new(stream: UnixStream) -> Option<Self> {
        let is_accepted = is_same_user(&stream) && stream.set_nonblocking(true).is_ok();
        is_accepted.then(|| Self {
            stream,
            incoming: Vec::new(),
            outgoing: Secret::default(),
            sent: 0,
            since: Instant::now(),
        })
    }

    /// Returns the next event to wait for.
    pub(super) fn next_event(&self) -> PollFlags {
        if self.is_response_sent() { PollFlags::IN } else { PollFlags::OUT }
    }

    /// Returns whether the peer is between two requests.
    pub(super) fn is_idle(&self) -> bool {
        self.incoming.is_empty() && self.is_response_sent()
    }

    /// Returns the time since the peer last made progress.
    pub(super) fn silence(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sends and receives without blocking, and responds to complete requests. Errors end the
    /// connection.
    pub(super) fn serve(&mut self, key: &HeldKey) -> io::Result<()> {
        self.send()?;
        if self.is_response_sent() {
            self.receive()?;
        }
        while self.is_response_sent() {
            let Some(message) = self.take_message()? else {
                break;
            };
            self.outgoing = key.respond(&message);
            self.sent = 0;
            self.send()?;
        }
        Ok(())
    }

    fn is_response_sent(&self) -> bool {
        self.sent >= self.outgoing.len()
    }

    fn send(&mut self) -> io::Result<()> {
        while !self.is_response_sent() {
            let rest = self.outgoing.expose().get(self.sent..).unwrap_or_default();
            match unless_would_block(self.stream.write(rest))? {
                Some(count) => self.sent += count,
                None => break,
            }
            self.since = Instant::now();
        }
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK_BYTES];
        match unless_would_block(self.stream.read(&mut chunk))? {
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

    /// Returns the next request once it is complete.
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

fn unless_would_block(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Returns whether the peer runs as the current user or as root.
#[cfg(target_os = "linux")]
fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid.is_root() || peer.uid == rustix::process::geteuid())
}

/// Other systems rely on the permissions of the socket and its directory.
#[cfg(not(target_os = "linux"))]
fn is_same_user(_: &UnixStream) -> bool {
    true
}

const CHUNK_BYTES: usize = 1 << 14;

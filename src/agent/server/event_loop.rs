//! Serves all connections on one thread, without blocking on any of them.

use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::key::HeldKey;
use super::peer::Peer;

/// Maximum number of concurrent connections. Further ones wait in the backlog.
const MAX_PEERS: usize = 64;
/// Maximum time for receiving a request or sending a response.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves connections until the other end of `stop` is closed.
pub(super) fn serve(listener: &UnixListener, stop: &UnixStream, key: &HeldKey, timeout: Duration) {
    let mut peers: Vec<Peer> = Vec::new();
    loop {
        let is_full = peers.len() >= MAX_PEERS;
        // When the server is full, idle peers time out like incomplete requests.
        peers.retain(|peer| (peer.is_idle() && !is_full) || peer.silence() < timeout);
        let Some(ready) = wait(listener, stop, &peers, timeout) else {
            return;
        };
        let mut ready = ready.into_iter();
        let is_called = ready.next().unwrap_or_default();
        peers.retain_mut(|peer| !ready.next().unwrap_or_default() || peer.serve(key).is_ok());
        if is_called {
            match listener.accept() {
                Ok((stream, _)) => peers.extend(Peer::new(stream)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Usually too many open files, which is temporary.
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}

/// Waits for events. Returns whether the listener and each peer are ready, or `None` if the server
/// must stop.
fn wait(
    listener: &UnixListener,
    stop: &UnixStream,
    peers: &[Peer],
    timeout: Duration,
) -> Option<Vec<bool>> {
    let is_full = peers.len() >= MAX_PEERS;
    let calls = if is_full { PollFlags::empty() } else { PollFlags::IN };
    let mut descriptors = vec![PollFd::new(stop, PollFlags::IN), PollFd::new(listener, calls)];
    descriptors.extend(peers.iter().map(|peer| PollFd::new(&peer.stream, peer.next_event())));
    let is_timed = is_full || peers.iter().any(|peer| !peer.is_idle());
    let limit = Timespec::try_from(timeout).ok().filter(|_| is_timed);
    match rustix::event::poll(&mut descriptors, limit.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(_) => thread::sleep(PAUSE),
    }
    let mut ready = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty());
    if ready.next()? { None } else { Some(ready.collect()) }
}

const PAUSE: Duration = Duration::from_millis(50);

//! Serves all connections on one thread, without blocking on any of them.

use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::key::HeldKey;
use super::peer::Peer;

/// Maximum number of concurrent connections. A further one replaces the one that has been idle for
/// longest: a program that forgets to close its connections must not lock out the others.
const MAX_PEERS: usize = 64;
/// Maximum time for receiving a request or sending a response.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves connections until the other end of `stop` is closed.
pub(super) fn serve(listener: &UnixListener, stop: &UnixStream, key: &HeldKey, timeout: Duration) {
    let mut peers: Vec<Peer> = Vec::new();
    loop {
        peers.retain(|peer| peer.is_idle() || peer.silence() < timeout);
        let Some(ready) = wait(listener, stop, &peers, timeout) else {
            return;
        };
        let mut ready = ready.into_iter();
        let is_called = ready.next().unwrap_or_default();
        peers.retain_mut(|peer| !ready.next().unwrap_or_default() || peer.serve(key).is_ok());
        if is_called {
            match listener.accept() {
                Ok((stream, _)) => {
                    // Without an idle peer, the new one is disconnected.
                    if peers.len() < MAX_PEERS || close_idle(&mut peers) {
                        peers.extend(Peer::new(stream));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Usually too many open files.
                Err(_) if close_idle(&mut peers) => {}
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}

/// Disconnects the peer that has been idle for longest. Returns whether there is an idle one.
fn close_idle(peers: &mut Vec<Peer>) -> bool {
    let idle = peers.iter().enumerate().filter(|(_, peer)| peer.is_idle());
    let longest = idle.max_by_key(|(_, peer)| peer.silence()).map(|(index, _)| index);
    longest.map(|index| peers.remove(index)).is_some()
}

/// Waits for events. Returns whether the listener and each peer are ready, or `None` if the server
/// must stop.
fn wait(
    listener: &UnixListener,
    stop: &UnixStream,
    peers: &[Peer],
    timeout: Duration,
) -> Option<Vec<bool>> {
    let mut descriptors =
        vec![PollFd::new(stop, PollFlags::IN), PollFd::new(listener, PollFlags::IN)];
    descriptors.extend(peers.iter().map(|peer| PollFd::new(&peer.stream, peer.next_event())));
    let is_timed = peers.iter().any(|peer| !peer.is_idle());
    let limit = Timespec::try_from(timeout).ok().filter(|_| is_timed);
    match rustix::event::poll(&mut descriptors, limit.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(_) => thread::sleep(PAUSE),
    }
    let mut ready = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty());
    if ready.next()? { None } else { Some(ready.collect()) }
}

const PAUSE: Duration = Duration::from_millis(50);

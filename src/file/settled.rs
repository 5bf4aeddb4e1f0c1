//! Waiting for a file that another process has just made.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// Waits until a new file is there to stay, or gone: whoever has given it its name keeps it locked until
/// the work that it belongs to has ended, and may take it back. Waits no longer than `patience`.
pub fn wait_until_settled(path: &Path, patience: Duration) {
    let start = Instant::now();
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    // What cannot be opened is no new file of this user's, or gone.
    let Ok(descriptor) = rustix::fs::open(path, flags, Mode::empty()) else {
        return;
    };
    // Some file systems know no locks.
    while rustix::fs::flock(&descriptor, FlockOperation::NonBlockingLockShared)
        == Err(Errno::WOULDBLOCK)
        && start.elapsed() < patience
    {
        thread::sleep(TICK);
    }
}

const TICK: Duration = Duration::from_millis(5);

//! Waiting for a file that another process has just made.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::system::{self, Links};

/// Waits until a new file is there to stay, or gone: whoever has given it its name keeps it locked until
/// the work that it belongs to has ended, and may take it back. Waits no longer than `patience`.
pub fn wait_until_settled(path: &Path, patience: Duration) {
    let start = Instant::now();
    // What cannot be opened is no new file of this user's, or gone.
    let Ok(handle) = system::open_to_look(path, Links::Follow) else {
        return;
    };
    while !system::try_lock_shared(&handle) && start.elapsed() < patience {
        thread::sleep(TICK);
    }
}

const TICK: Duration = Duration::from_millis(5);

//! A real ssh-agent for the duration of a test.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::home::Home;
use super::run::kill_session;

/// An ssh-agent that starts without keys.
pub(crate) struct SshAgent {
    child: Child,
}

impl SshAgent {
    /// Starts an agent. All programs started later in this home use it.
    #[track_caller]
    pub(crate) fn start(home: &mut Home) -> Self {
        let socket: PathBuf = home.path("agent");
        let arguments = ["-D".as_ref(), "-a".as_ref(), socket.as_os_str()];
        let mut launch = home.launch("ssh-agent").args(arguments);
        launch.command.stdin(Stdio::null()).stdout(Stdio::null());
        let agent = Self { child: launch.spawn(false) };
        let start = Instant::now();
        // The socket file exists before the agent listens.
        while UnixStream::connect(&socket).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "ssh-agent does not start");
            thread::sleep(Duration::from_millis(1));
        }
        home.set("SSH_AUTH_SOCK", socket);
        agent
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        kill_session(&mut self.child);
    }
}

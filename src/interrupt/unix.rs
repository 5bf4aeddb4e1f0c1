//! Signal handlers on Unix.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use super::{PENDING_SIGNAL, TERMINATE_NOW, pending_signal};

/// Installs handlers that end the process unless signals are deferred. Skips signals in `ignored`:
/// one bit each, the lowest for signal 1.
pub fn handle_signals(ignored: u64) {
    let is_ignored = |signal: &i32| ignored >> (signal - 1) & 1 == 1;
    for signal in [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(signal)) {
        let number = usize::try_from(signal).unwrap_or_default();
        // Without the handlers a signal ends the process at any time, as it does by default.
        flag::register_conditional_default(signal, &TERMINATE_NOW)
            .and_then(|_| flag::register_usize(signal, &PENDING_SIGNAL, number))
            .ok();
    }
}

/// Ends the process with the default action of the pending signal, if there is one. Returns whether
/// the caller still has to exit with the status of an interrupted process.
pub fn terminate_if_pending() -> bool {
    if let Some(signal) = pending_signal() {
        signal_hook::low_level::emulate_default_handler(signal).ok();
    }
    false
}

/// Keeps memory out of core dumps. On Linux other processes of the user cannot read it either, as
/// with ssh-agent(1), and the program that `exec` runs is not restricted. Elsewhere that program
/// starts with a core dump limit of 0, which it can raise.
pub fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).ok();
    #[cfg(not(target_os = "linux"))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current: _, maximum } = getrlimit(Resource::Core);
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum }).ok();
    }
}

/// Makes a write beyond the file size limit fail with an error instead of ending the process.
pub fn survive_file_size_limits() {
    // Without the handler the limit still holds, and no partial file stays.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).ok();
}

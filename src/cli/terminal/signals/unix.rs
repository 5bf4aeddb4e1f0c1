//! The signals of Unix.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::interrupt;

/// Lets the signals that end a process do so only while [`interrupt`] says so, but for those that are
/// ignored: a bit for each, the lowest for signal 1.
pub fn hold_signals_back_on_request(ignored: u64) {
    let is_ignored = |signal: &i32| ignored >> (signal - 1) & 1 == 1;
    for signal in [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(signal)) {
        let number = usize::try_from(signal).unwrap_or_default();
        // Without the handlers a signal ends the process at any time, as it does by default.
        flag::register_conditional_default(signal, &interrupt::DEADLY)
            .and_then(|_| flag::register_usize(signal, &interrupt::NOTED, number))
            .ok();
    }
}

/// Ends the process by the signal that came while signals were held back, if one came. Returns whether the
/// process has yet to end as one that was interrupted.
pub fn end_if_interrupted() -> bool {
    if let Some(signal) = interrupt::requested() {
        signal_hook::low_level::emulate_default_handler(signal).ok();
    }
    false
}

/// Keeps what is in memory out of core dumps and, on Linux, out of the reach of other processes of the
/// user, as ssh-agent(1) does. There a command that is run is not kept from either; elsewhere it begins
/// with a limit of nothing on its core dumps, which it can raise again.
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

/// Makes writing past a limit on file sizes an error of that write, instead of the end of the
/// process.
pub fn survive_file_size_limits() {
    // Without the handler the limit still holds, and nothing half written is left behind.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).ok();
}

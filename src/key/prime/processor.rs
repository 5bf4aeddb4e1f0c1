//! On which processor a thread runs. A scheduler may leave a new thread on the processor of the one that
//! started it for as long as making a key takes.

#[cfg(target_os = "linux")]
pub(super) use linux::{all_but_this, move_to};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{all_but_this, move_to};

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Returns the processors that this process may use, less the one that this thread is on.
    pub(in super::super) fn all_but_this() -> Option<CpuSet> {
        let mut allowed = sched_getaffinity(None).ok()?;
        let this = sched_getcpu();
        if this < CpuSet::MAX_CPU {
            allowed.unset(this);
        }
        (allowed.count() > 0).then_some(allowed)
    }

    /// Moves this thread to some of these processors; if that cannot be, it stays where it is.
    pub(in super::super) fn move_to(processors: &CpuSet) {
        sched_setaffinity(None, processors).ok();
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// No processors are known.
    pub(in super::super) enum Never {}

    pub(in super::super) fn all_but_this() -> Option<Never> {
        None
    }

    pub(in super::super) fn move_to(processors: &Never) {
        match *processors {}
    }
}

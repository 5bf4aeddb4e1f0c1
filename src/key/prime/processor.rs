//! On which processor a thread runs. A scheduler may leave a new thread on the processor of the one that
//! started it for as long as making a key takes.

#[cfg(target_os = "linux")]
pub(super) use linux::{all_but_this, count, move_to};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{all_but_this, count, move_to};

#[cfg(target_os = "linux")]
mod linux {
    use std::num::NonZero;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Returns how many processors this process may use. What share of their time it has (cgroups(7)) is
    /// not looked up: that costs a tenth of a millisecond, and a key takes less than such a share's period.
    pub(in super::super) fn count() -> NonZero<usize> {
        let allowed = sched_getaffinity(None).map_or(1, |allowed| allowed.count());
        usize::try_from(allowed).ok().and_then(NonZero::new).unwrap_or(NonZero::<usize>::MIN)
    }

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
    use std::num::NonZero;
    use std::thread;

    /// Returns how many processors this process may use.
    pub(in super::super) fn count() -> NonZero<usize> {
        thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
    }

    /// No processors are known.
    #[derive(Clone, Copy)]
    pub(in super::super) enum Never {}

    pub(in super::super) fn all_but_this() -> Option<Never> {
        None
    }

    pub(in super::super) fn move_to(processors: &Never) {
        match *processors {}
    }
}

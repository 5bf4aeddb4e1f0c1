//! Places threads on processors. Otherwise a scheduler may leave a new thread on its parent's
//! processor for as long as generating a key takes.

#[cfg(target_os = "linux")]
pub(super) use linux::{all_but_this, count, move_to};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{all_but_this, count, move_to};

#[cfg(target_os = "linux")]
mod linux {
    use std::num::NonZero;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Returns the number of processors that this process may use. CPU quotas (cgroups(7)) are
    /// ignored: reading them takes a tenth of a millisecond, and a key takes less than a quota's
    /// period.
    pub(in super::super) fn count() -> NonZero<usize> {
        let allowed = sched_getaffinity(None).map_or(1, |allowed| allowed.count());
        usize::try_from(allowed).ok().and_then(NonZero::new).unwrap_or(NonZero::<usize>::MIN)
    }

    /// Returns the processors that this process may use, except the current one.
    pub(in super::super) fn all_but_this() -> Option<CpuSet> {
        let mut allowed = sched_getaffinity(None).ok()?;
        let this = sched_getcpu();
        if this < CpuSet::MAX_CPU {
            allowed.unset(this);
        }
        (allowed.count() > 0).then_some(allowed)
    }

    /// Moves this thread to one of these processors. Failure is harmless.
    pub(in super::super) fn move_to(processors: &CpuSet) {
        sched_setaffinity(None, processors).ok();
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::num::NonZero;
    use std::thread;

    /// Returns the number of processors that this process may use.
    pub(in super::super) fn count() -> NonZero<usize> {
        thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
    }

    /// The set of processors, which cannot be determined here.
    #[derive(Clone, Copy)]
    pub(in super::super) enum Never {}

    pub(in super::super) fn all_but_this() -> Option<Never> {
        None
    }

    pub(in super::super) fn move_to(processors: &Never) {
        match *processors {}
    }
}

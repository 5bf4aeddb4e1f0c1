//! Runs computations and erases their traces from the stack and the registers.

use std::panic;
use std::thread;

use zeroize::zeroize_stack;

/// The number of stack bytes to overwrite. No computation with secrets uses more, except passphrase
/// key derivation.
const STACK: usize = 64 << 10;

/// Runs `work` and overwrites the stack that it used.
///
/// Moves and spilled registers leave copies of secrets on the stack. `work` must return its secrets
/// by pointer, because the result itself is not overwritten.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let result = call_in_own_frame(work);
    zeroize_stack::<STACK>();
    result
}

/// Runs `work` on a new thread and overwrites its stack; the registers end with the thread. If the
/// system refuses the thread, runs `work` on this one, where registers keep their values until they
/// are reused.
///
/// As with [`wiping_stack`], `work` must return its secrets by pointer. A thread starts with
/// the registers of the thread that spawned it, so `work` must not start a thread that outlives it.
pub fn on_wiped_thread<T: Send>(work: impl Fn() -> T + Sync) -> T {
    let work = &work;
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, || wiping_stack(work)) {
        Ok(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
        Err(_) => wiping_stack(work),
    })
}

/// Keeps the frame of `work` separate from the caller's frame, which is not overwritten.
#[inline(never)]
fn call_in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn wiped_thread_runs_work_once_elsewhere() {
        let this = thread::current().id();
        let counted = std::sync::atomic::AtomicUsize::new(0);
        let other = on_wiped_thread(|| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            thread::current().id()
        });
        assert_ne!(this, other);
        assert_eq!(counted.into_inner(), 1);
        assert_eq!(wiping_stack(|| thread::current().id()), this);
    }

    #[test]
    fn wiped_thread_propagates_panics() {
        let cause =
            catch_unwind(|| on_wiped_thread(|| -> () { panic!("{}", black_box("a fault")) }));
        assert_eq!(cause.unwrap_err().downcast_ref::<String>().unwrap(), "a fault");
    }
}

//! Work that leaves nothing on the stack or in registers.

use std::panic;
use std::thread;

use zeroize::zeroize_stack;

/// The part of the stack that is overwritten. No work with secrets uses more, except the functions that
/// derive a key from a passphrase.
const STACK: usize = 64 << 10;

/// Runs `work` and overwrites the stack that it used.
///
/// Values that are moved leave copies on the stack, and so do registers that a compiler saves there. `work`
/// must return its secrets behind pointers: the result is not overwritten.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    zeroize_stack::<STACK>();
    result
}

/// Runs `work` on a thread of its own and overwrites its stack; the registers end with the thread. If the
/// system refuses the thread, `work` runs on this one, and the registers keep their values until they are
/// used again.
///
/// As with [`wiping_stack`], secrets must be returned behind pointers. A thread begins with the registers of the thread
/// that starts it, so `work` must not start one that outlives it.
pub fn on_wiped_thread<T: Send>(work: impl Fn() -> T + Sync) -> T {
    let work = &work;
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, || wiping_stack(work)) {
        Ok(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
        Err(_) => wiping_stack(work),
    })
}

/// Keeps the frame of `work` out of the caller's, which is not overwritten.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn wiped_thread_runs_on_another_thread_once() {
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
    fn wiped_thread_passes_panics_on() {
        let cause =
            catch_unwind(|| on_wiped_thread(|| -> () { panic!("{}", black_box("a fault")) }));
        assert_eq!(cause.unwrap_err().downcast_ref::<String>().unwrap(), "a fault");
    }
}

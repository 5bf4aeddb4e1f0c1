//! Requests to several regions at the same time.

use std::sync::Mutex;
use std::thread;

use super::{MAX_REQUESTS, Regions};
use crate::registry::{Registry, RegistryError};

impl Regions {
    /// Calls `work` with each registry, and returns the results in order.
    pub(super) fn in_each<T: Send>(
        &mut self,
        work: impl Fn(&mut dyn Registry) -> Result<T, RegistryError> + Sync,
    ) -> Vec<Result<T, RegistryError>> {
        self.in_each_indexed(|_, registry| work(registry))
    }

    /// Like [`Regions::in_each`], with the number of the region.
    pub(super) fn in_each_indexed<T: Send>(
        &mut self,
        work: impl Fn(usize, &mut dyn Registry) -> Result<T, RegistryError> + Sync,
    ) -> Vec<Result<T, RegistryError>> {
        let count = self.members.len();
        let waiting = Mutex::new(self.members.iter_mut().enumerate());
        let work = || {
            let mut done = Vec::new();
            loop {
                // The lock is released before the request.
                let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
                let Some((index, (_, registry))) = next else { return done };
                done.push((index, work(index, &mut **registry)));
            }
        };
        let mut done = thread::scope(|scope| {
            let start = || thread::Builder::new().spawn_scoped(scope, work).ok();
            let threads: Vec<_> = (1..count.min(MAX_REQUESTS)).map_while(|_| start()).collect();
            // Without threads, this one does all the work.
            let mut done = work();
            for thread in threads {
                match thread.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

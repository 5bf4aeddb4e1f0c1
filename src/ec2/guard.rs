//! The SDK panics at settings that it cannot use; here that is an error like any other.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use crate::registry::RegistryError;

/// Does what may panic, and returns its words if it does.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, RegistryError> {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(loud);
    done.map_err(|panic| match words(panic.as_ref()) {
        words if words.starts_with(NO_THREAD) => {
            RegistryError::Unreachable("cannot start a thread".into())
        }
        words => RegistryError::Settings(words.into()),
    })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_default();
    // What follows is the insides of a value.
    let text = text.split([':', '\n']).next().unwrap_or_default();
    text.chars().take(MOST_CHARACTERS).collect()
}

/// Tokio looks up names on a thread of its own, and panics if there can be none.
const NO_THREAD: &str = "OS can't spawn worker thread";

const MOST_CHARACTERS: usize = 80;

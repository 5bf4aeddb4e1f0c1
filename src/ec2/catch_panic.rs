//! Converts panics of the SDK, which panics at unusable settings, into errors.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use super::server_text;
use crate::registry::RegistryError;

/// Runs code that may panic. Converts a panic into an error with its message.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, RegistryError> {
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
    if text.starts_with("called `") {
        // The message of `unwrap` contains internals of the SDK.
        return "one of them is invalid".to_owned();
    }
    let text = text.lines().next().unwrap_or_default();
    // A value follows a colon. A path contains two colons.
    let is_end = |at: usize| {
        !text.get(..at).is_some_and(|text| text.ends_with(':'))
            && !text.get(at..).is_some_and(|text| text.starts_with("::"))
    };
    let end = text.match_indices(':').map(|(at, _)| at).find(|at| is_end(*at));
    server_text::words(text.get(..end.unwrap_or(text.len())).unwrap_or_default(), MAX_CHARACTERS)
}

/// Tokio resolves names on a separate thread and panics if it cannot start one.
const NO_THREAD: &str = "OS can't spawn worker thread";

const MAX_CHARACTERS: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_text_is_cut_after_whole_word() {
        for (text, shown) in [
            ("max_attempts must be valid", "max_attempts must be valid"),
            ("invalid value: hunter2", "invalid value"),
            ("invalid value:hunter2", "invalid value"),
            ("a::b failed: hunter2\nhunter2", "a::b failed"),
            ("called `Result::unwrap()` on an `Err` value: hunter2", "one of them is invalid"),
        ] {
            assert_eq!(words(&text), shown);
        }
        let long = format!("{}cut", "word ".repeat(40));
        assert_eq!(words(&long), format!("{} …", "word ".repeat(32).trim_end()));
    }
}

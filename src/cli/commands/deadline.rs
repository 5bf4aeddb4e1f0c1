//! The time limit of `--wait`.

use std::thread;
use std::time::{Duration, Instant};

use crate::cli::error::Failure;
use crate::registry::Lifetime;

/// The end of a wait.
pub struct Deadline {
    start: Instant,
    span: Duration,
}

impl Deadline {
    pub fn after(span: Duration) -> Self {
        Self { start: Instant::now(), span }
    }

    /// Sleeps until the next request is due. Returns false after the deadline.
    pub fn pause(&self) -> bool {
        let left = self.span.saturating_sub(self.start.elapsed());
        thread::sleep(left.min(DELAY));
        !left.is_zero()
    }
}

/// Reads the value of `--wait`.
pub fn span_of(text: Option<&str>) -> Result<Duration, Failure> {
    let text = text.unwrap_or("15m");
    let invalid = || Failure::usage("invalid value for --wait: expected 1s to 24h, such as 15m");
    let span = Lifetime::parse(text).map_err(|_| invalid())?;
    let seconds = u64::try_from(span.seconds()).unwrap_or(u64::MAX);
    if seconds > MAX_WAIT { Err(invalid()) } else { Ok(Duration::from_secs(seconds)) }
}

const DELAY: Duration = Duration::from_secs(5);

/// A day, in seconds.
const MAX_WAIT: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_limited_to_one_day() {
        for (text, seconds) in [
            (None, 900),
            (Some("1s"), 1),
            (Some("1h30m"), 5400),
            (Some("24h"), 86400),
            (Some("1d"), 86400),
        ] {
            assert_eq!(span_of(text).unwrap(), Duration::from_secs(seconds));
        }
        for text in ["", "0", "0s", "2d", "25h", "-1s", "15", "1x", "99999999999999999999h"] {
            assert!(span_of(Some(text)).is_err(), "{text}");
        }
    }
}

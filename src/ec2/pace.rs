//! The rate of requests that change something.
//!
//! EC2 counts the requests of an account for each action and region in a bucket of 50 tokens, which
//! gains 5 tokens a second
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>). A client that waits
//! for its tokens does not depend on retries.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// Delays the requests of one action.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the bucket is full again. `None` if the server may have no limit.
    full: Mutex<Option<Instant>>,
}

impl Pace {
    /// AWS has a limit; another server has one if it throttles a request.
    pub(super) fn new(is_aws: bool) -> Self {
        Self { full: Mutex::new(is_aws.then(Instant::now)) }
    }

    /// Waits for a token, or until a deferred signal arrives.
    pub(super) fn wait(&self) {
        let mut left = self.take(Instant::now());
        while !left.is_zero() && !interrupt::is_pending() {
            let pause = left.min(SIGNAL_POLL);
            thread::sleep(pause);
            left -= pause;
        }
    }

    /// Records that a request was throttled.
    pub(super) fn throttled(&self) {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        *full = Instant::now().checked_add(REFILL * TOKENS);
    }

    /// Takes a token and returns the time until it exists.
    fn take(&self, now: Instant) -> Duration {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = full.and_then(|full| full.max(now).checked_add(REFILL)) else {
            return Duration::ZERO;
        };
        *full = Some(next);
        next.saturating_duration_since(now).saturating_sub(REFILL * TOKENS)
    }
}

const TOKENS: u32 = 50;

/// The time in which the bucket gains a token.
const REFILL: Duration = Duration::from_millis(200);

const SIGNAL_POLL: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_beyond_the_bucket_wait() {
        let pace = Pace::new(true);
        let now = Instant::now() + REFILL;
        for _ in 0..TOKENS {
            assert_eq!(pace.take(now), Duration::ZERO);
        }
        let waits: Vec<_> = (0..3).map(|_| pace.take(now).as_millis()).collect();
        assert_eq!(waits, [200, 400, 600]);
        assert_eq!(pace.take(now + Duration::from_secs(60)), Duration::ZERO);
    }

    #[test]
    fn other_server_is_delayed_once_it_throttles() {
        let pace = Pace::new(false);
        let now = Instant::now();
        for _ in 0..=TOKENS {
            assert_eq!(pace.take(now), Duration::ZERO);
        }
        pace.throttled();
        assert!(pace.take(now) >= REFILL);
    }
}

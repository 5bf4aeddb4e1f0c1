//! Generates the primes of RSA keys (FIPS 186-5 appendix A.1.3): drawn, sieved, filtered,
//! certified.
//!
//! # Method
//!
//! Every candidate is drawn independently and uniformly from the odd numbers in range
//! (`candidate`). Candidates with a prime factor below 2^16 or 2^17 are discarded (`sieve`), then
//! those that fail a base-2 test (`filter`), the fastest that the CPU can run. Survivors must pass
//! the rounds of FIPS 186-5 table B.1 (`certify`). The first two that do are the pair, unless they
//! are too close (`pair`).
//!
//! Walking from one random start to the next prime needs a third fewer tests. But it prefers primes
//! after large gaps (Fouque and Tibouchi, <https://arxiv.org/abs/1406.7078>), and the length of the
//! walk reveals information about the prime (Finke, Gebhardt and Schindler, CHES 2009). Independent
//! candidates reveal nothing when they are rejected, so they may be rejected as early as possible.
//! An accepted candidate goes through every step.
//!
//! # Trust
//!
//! The filter is not trusted. It is this project's own vector code, and it can only discard. Any
//! composite that it lets pass by mistake meets the full number of Miller-Rabin rounds with random
//! bases in `crypto-primes`, which shares no code with the filter.
//!
//! A uniformly drawn candidate of 1024, 1536 or 2048 bits must pass 5, 4 or 4 rounds. So a number
//! that leaves this module is composite with a probability of at most 2^−123, 2^−137 or 2^−160,
//! even if the filter lets everything pass. These bounds follow from FIPS 186-5 section C.1
//! (Damgård, Landrock and Pomerance, <https://doi.org/10.1090/S0025-5718-1993-1189518-9>). For all
//! numbers of these lengths they are 2^−124.25, 2^−137.85 and 2^−161.59. Candidates are drawn from
//! a fraction of 2 − √2 of these numbers, so the bounds are divided by it, and rounded up.
//!
//! A filter that discarded primes by mistake would only be slow, unless its choice depended on
//! their values. Its tests therefore compare it with an independent library, number by number.
//!
//! # Secrets
//!
//! Candidates, the numbers of a test, the seeds and the generators are overwritten after their last
//! use. The stack of each thread, which has copies from moves and spilled registers, is overwritten
//! when the search ends. Registers keep their values until they are reused. A caller that waits
//! after the search, as `exec` does, runs it on a thread that ends
//! ([`crate::secret::on_wiped_thread`]).
//!
//! # Timing
//!
//! The time spent on rejected candidates reveals nothing about the pair, because each candidate is
//! drawn independently. For the accepted two, no branch or address in this project's source depends
//! on their bits; the rounds of `crypto-primes` use the constant-time exponentiation of
//! `crypto-bigint`. This was reviewed in the source. The compiled code was not checked, and no
//! claim is made about caches, power or emanations.

mod candidate;
mod certify;
mod euler;
mod exponent;
mod filter;
mod limbs;
mod pair;
mod processor;
mod search;
mod sieve;
mod small_primes;
#[cfg(target_arch = "x86_64")]
mod vector;

use std::num::NonZero;

use rand::rngs::SysError;

pub(super) use exponent::{PUBLIC_EXPONENT, inverse};
pub use filter::PrimeFilter;
pub(super) use pair::Pair;
use search::Seeds;
pub(super) use small_primes::SMALL_PRIMES;

/// Options of the search for the primes of an RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrimeSearch {
    filter: Option<PrimeFilter>,
    threads: Option<NonZero<usize>>,
}

impl PrimeSearch {
    /// Selects a filter other than the fastest.
    #[must_use]
    pub fn with_filter(self, filter: PrimeFilter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Sets the number of threads, including the caller's. The default is one per processor, up to
    /// four.
    #[must_use]
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Finds two primes of 64 L bits each, with generators seeded by the operating system. The
    /// calling thread runs `before_joining` before it joins the search; if that returns false,
    /// cancels the search and returns `None`.
    ///
    /// # Errors
    ///
    /// [`SysError`] if the system provides no seed. In that case `before_joining` has not run.
    pub(super) fn find<const L: usize>(
        &self,
        before_joining: impl FnOnce() -> bool,
    ) -> Result<Option<Pair<L>>, SysError> {
        let threads = self.threads.unwrap_or_else(|| processor::count().min(MAX_THREADS));
        let filter = self.filter.unwrap_or_else(PrimeFilter::fastest);
        Ok(search::find(&filter, &Seeds::draw(threads)?, before_joining))
    }
}

/// More threads spend their time on batches that come too late.
const MAX_THREADS: NonZero<usize> = NonZero::new(4).expect("four is not zero");

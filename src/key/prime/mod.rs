//! The primes of RSA keys (FIPS 186-5 appendix A.1.3): drawn, sieved, filtered, certified.
//!
//! # Method
//!
//! Every candidate is drawn afresh, uniformly from the odd numbers in range (`candidate`). One with a
//! prime factor below 2^16 or 2^17 is discarded (`sieve`), then one that fails a base-2 test (`filter`), the
//! fastest that the CPU can run. What is left passes the rounds of FIPS 186-5 table B.1 (`certify`), and
//! the first two that do are the pair, if they are not too close (`pair`).
//!
//! Walking from one random start to the next prime needs a third fewer tests, but prefers primes after
//! large gaps (Fouque and Tibouchi, <https://arxiv.org/abs/1406.7078>), and the length of the walk tells
//! something of the prime (Finke, Gebhardt and Schindler, CHES 2009). Of fresh candidates the rejected
//! ones are independent of the one that is kept, so that they may be rejected as early as can be: the
//! time that this takes says nothing. The one that is kept goes through all of it.
//!
//! # What is trusted
//!
//! The filter is not. It is vector code of our own, and can only discard: whatever it lets pass by
//! mistake meets the full number of Miller-Rabin rounds with random bases, of `crypto-primes`, which
//! shares no code with it. With 5, 4 and 4 rounds of a uniformly drawn candidate of 1024, 1536 and 2048
//! bits, the probability that a number which leaves this module is composite is at most 2^−123, 2^−137 and
//! 2^−160, even if the filter lets everything pass. These are the bounds of FIPS 186-5 section C.1 (Damgård,
//! Landrock and Pomerance, <https://doi.org/10.1090/S0025-5718-1993-1189518-9>), which are 2^−124.25, 2^−137.85 and
//! 2^−161.59 for all numbers of these lengths, divided by the 2 − √2 of them that are drawn, and rounded up. A filter
//! that discarded primes by mistake would only be slow, unless it chose them by what they are: that it
//! agrees with an independent library, number by number, is what its tests hold it to.
//!
//! # Secrets
//!
//! Candidates, the numbers of a test, the seeds and the generators are overwritten after their last use, and the
//! stack of each thread when the search ends: values that were moved, and registers that the compiler saved, are
//! on it. Registers keep their values until they are used again. A caller that waits after the search, as `exec`
//! does, runs it on a thread that ends ([`crate::secret::on_wiped_thread`]).
//!
//! # Time
//!
//! The time that rejected candidates take says nothing about the pair, because each candidate is drawn
//! independently. For the two that are kept, no branch and no address depends on their bits in our own code as
//! written; the rounds of `crypto-primes` use the constant-time exponentiation of `crypto-bigint`. This was
//! reviewed in the source. The compiled code was not checked, and no claim is made about caches, power or
//! emanations.

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

/// How the primes of an RSA key are searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrimeSearch {
    filter: Option<PrimeFilter>,
    threads: Option<NonZero<usize>>,
}

impl PrimeSearch {
    /// Returns this search with a filter other than the fastest.
    #[must_use]
    pub fn with_filter(self, filter: PrimeFilter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Returns this search on so many threads, of which the caller's is one, instead of as many as there
    /// are processors, up to four.
    #[must_use]
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Finds two primes of 64 L bits each, on generators that the operating system seeds. This thread
    /// does something else `meanwhile`, before it joins in; if that says no, nothing is found.
    ///
    /// # Errors
    ///
    /// [`SysError`] if there is no seed; then nothing has been done meanwhile.
    pub(super) fn find<const L: usize>(
        &self,
        before_joining: impl FnOnce() -> bool,
    ) -> Result<Option<Pair<L>>, SysError> {
        let threads = self.threads.unwrap_or_else(|| processor::count().min(MAX_THREADS));
        let filter = self.filter.unwrap_or_else(PrimeFilter::fastest);
        Ok(search::find(&filter, &Seeds::draw(threads)?, before_joining))
    }
}

/// More threads than this spend their time on batches that come too late.
const MAX_THREADS: NonZero<usize> = NonZero::new(4).expect("four is not zero");

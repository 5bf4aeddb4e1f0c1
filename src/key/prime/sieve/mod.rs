//! Trial division: most candidates have a small factor, which is found without an exponentiation.
//!
//! Primes are grouped such that their product M fits a word or a limb. An exact division by M
//! leaves a value c. It is 0 modulo a prime of the group exactly if the candidate is, which one
//! multiplication per prime shows (Granlund and Montgomery,
//! <https://doi.org/10.1145/773473.178249>, section 9). The division stops at the first factor.
//! The candidate is discarded, and reveals nothing about the next one, which is independent. A
//! candidate without a factor always goes through all groups.

mod portable;

use super::limbs::sum;
use super::small_primes::Divisor;
#[cfg(target_arch = "x86_64")]
use super::vector::{self, Divisions};

/// Trial division by the primes up to a bound.
#[derive(Clone, Copy)]
pub(super) enum Sieve {
    /// Word by word, on any CPU.
    Portable(portable::Groups),
    /// With vector instructions.
    #[cfg(target_arch = "x86_64")]
    Vector(Divisions),
}

impl Sieve {
    /// Returns a sieve of the primes up to about `bound`, at most 2^16.
    pub(super) fn up_to(bound: usize) -> Self {
        Self::Portable(portable::Groups::up_to(bound))
    }

    /// Returns a vectorized sieve of the primes up to about `bound`, at most 2^17.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn in_lanes_up_to(bound: usize) -> Self {
        Self::Vector(Divisions::up_to(bound))
    }

    /// Returns whether no prime of the sieve divides the number, which must be larger than all of
    /// them.
    pub(super) fn passes(&self, words: &[u64]) -> bool {
        // Half of all odd numbers have one of these factors, which the sum of their words reveals.
        let sum = sum(words);
        if FACTORS_BY_SUM.iter().any(|divisor| divisor.divides(sum)) {
            return false;
        }
        match self {
            Self::Portable(groups) => groups.pass(words),
            #[cfg(target_arch = "x86_64")]
            Self::Vector(divisions) => !vector::has_factor(words, divisions),
        }
    }
}

/// The small prime factors of 2^64 − 1.
static FACTORS_BY_SUM: [Divisor; 5] =
    [Divisor::by(3), Divisor::by(5), Divisor::by(17), Divisor::by(257), Divisor::by(641)];

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use num_bigint::BigUint;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::key::prime::limbs::tests_support::big;
    use crate::key::prime::small_primes::SMALL_PRIMES;

    /// Returns each sieve with the number of its primes.
    fn sieves() -> Vec<(Sieve, usize)> {
        let bounds = [10_000, 30_000, 60_000, 1 << 17];
        let words = bounds.map(|bound| portable::Groups::up_to(bound.min(1 << 16)));
        let sieves = words.map(|groups| (Sieve::Portable(groups), groups.primes())).into_iter();
        #[cfg(target_arch = "x86_64")]
        let sieves = sieves.chain(bounds.into_iter().filter(|_| vector::has_ifma()).map(|bound| {
            let divisions = Divisions::up_to(bound);
            (Sieve::Vector(divisions), divisions.primes())
        }));
        sieves.collect()
    }

    fn agrees<const L: usize>(random: &mut ChaCha20Rng) {
        let sieves = sieves();
        let mut passed = 0;
        for round in 0..1000 {
            let mut words: [u64; L] = std::array::from_fn(|_| random.next_u64());
            // Long runs of ones and zeros provoke lost borrows.
            match round % 4 {
                0 => words[L / 2..].fill(u64::MAX),
                1 => words[1..L - 1].fill(0),
                _ => {}
            }
            words[0] |= 1;
            words[L - 1] |= 1 << 63;
            let number = big(&words);
            let mut primes = SMALL_PRIMES.iter();
            let factor = primes.position(|&prime| &number % prime == BigUint::ZERO);
            for (sieve, primes) in &sieves {
                assert_eq!(sieve.passes(&words), factor.is_none_or(|place| place >= *primes));
                passed += usize::from(sieve.passes(&words));
            }
        }
        assert!(passed > 100 * sieves.len());
    }

    #[test]
    fn sieve_matches_division_by_every_prime() {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        agrees::<16>(&mut random);
        agrees::<24>(&mut random);
        agrees::<32>(&mut random);
    }

    /// Tests numbers with a single small factor.
    #[test]
    fn every_prime_is_detected() {
        // 2^1279 − 1 and 2^521 − 1 are primes.
        for (exponent, bits) in [(521_u32, 1024), (1279, 1536), (1279, 2048)] {
            let large = (BigUint::from(1_u8) << exponent) - 1_u8;
            let passes = |sieve: &Sieve, number: &BigUint| {
                let mut words = number.to_u64_digits();
                words.resize(bits / 64, 0);
                sieve.passes(&words)
            };
            for (sieve, primes) in &sieves() {
                assert!(passes(sieve, &large));
                for prime in &SMALL_PRIMES[..*primes] {
                    assert!(!passes(sieve, &(&large * *prime)), "{prime}");
                }
            }
        }
    }

    #[test]
    fn prime_count_is_close_to_bound() {
        let expected = [1228, 3244, 6056];
        for ((_, primes), expected) in sieves().into_iter().zip(expected) {
            assert!(primes.abs_diff(expected) < expected / 5, "{expected}: {primes}");
        }
        for ((_, primes), expected) in sieves().into_iter().skip(4).zip(expected) {
            assert!(primes.abs_diff(expected) < expected / 5, "{expected}: {primes}");
        }
    }
}

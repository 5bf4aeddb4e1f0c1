//! Trial division: most candidates have a small factor, which is found without an exponentiation.
//!
//! The primes are taken in groups whose product M fits a word or a limb. An exact division by M leaves a c
//! that is 0 modulo a prime of the group where the candidate is, and one multiplication tells for each
//! prime (Granlund and Montgomery, <https://doi.org/10.1145/773473.178249>, section 9). It stops at the
//! first factor: the candidate is thrown away then, and says nothing about the next one, which is fresh.
//! A candidate without a factor has been through all of it, whatever it is.

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
    /// In the lanes of vectors.
    #[cfg(target_arch = "x86_64")]
    Vector(Divisions),
}

impl Sieve {
    /// Returns the division by the primes up to about `bound`, 2^16 at most.
    pub(super) fn up_to(bound: usize) -> Self {
        Self::Portable(portable::Groups::up_to(bound))
    }

    /// Returns the division by the primes up to about `bound`, 2^17 at most, in lanes.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn in_lanes_up_to(bound: usize) -> Self {
        Self::Vector(Divisions::up_to(bound))
    }

    /// Returns whether none of the primes divides the number, which is larger than they are.
    pub(super) fn passes(&self, words: &[u64]) -> bool {
        // Half of all odd numbers have one of these factors, which their words' sum shows.
        let sum = sum(words);
        if SUMMED.iter().any(|divisor| divisor.divides(sum)) {
            return false;
        }
        match self {
            Self::Portable(groups) => groups.pass(words),
            #[cfg(target_arch = "x86_64")]
            Self::Vector(divisions) => !vector::has_factor(words, divisions),
        }
    }
}

/// The small factors of 2^64 − 1.
static SUMMED: [Divisor; 5] =
    [Divisor::by(3), Divisor::by(5), Divisor::by(17), Divisor::by(257), Divisor::by(641)];

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use num_bigint::BigUint;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::key::prime::limbs::tests_support::big;
    use crate::key::prime::small_primes::SMALL_PRIMES;

    /// Each sieve, with how many of the odd primes it divides by.
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
            // Runs of ones and zeros are where a borrow can get lost.
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
    fn agrees_with_a_division_by_every_prime() {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        agrees::<16>(&mut random);
        agrees::<24>(&mut random);
        agrees::<32>(&mut random);
    }

    /// A number whose only small factor is the prime in question.
    #[test]
    fn every_prime_is_looked_for() {
        // 2^1279 − 1 is a prime, and so is 2^521 − 1.
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
    fn a_bound_is_kept_about() {
        let expected = [1228, 3244, 6056];
        for ((_, primes), expected) in sieves().into_iter().zip(expected) {
            assert!(primes.abs_diff(expected) < expected / 5, "{expected}: {primes}");
        }
        for ((_, primes), expected) in sieves().into_iter().skip(4).zip(expected) {
            assert!(primes.abs_diff(expected) < expected / 5, "{expected}: {primes}");
        }
    }
}

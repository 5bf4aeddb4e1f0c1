//! Trial division: most candidates have a small factor, which is found without an exponentiation.
//!
//! The primes are taken in groups whose product M fits a word. An exact division by M leaves a c that is
//! 0 modulo a prime of the group where the candidate is, and one multiplication tells for each prime
//! (Granlund and Montgomery, <https://doi.org/10.1145/773473.178249>, section 9). It stops at the first
//! factor: the candidate is thrown away then, and says nothing about the next one, which is fresh. A
//! candidate without a factor has been through all of it, whatever it is.

use super::words::{self, negated_inverse};

/// The odd primes below 2^16; how many of them pay depends on what they save (see [`Sieve`]).
const PRIMES: usize = 6541;
const MOST: usize = 1 << 16;

/// How many groups go together, so that their chains of multiplications overlap.
const TOGETHER: usize = 8;

/// A prime p as a divisor of words.
#[derive(Clone, Copy)]
struct Divisor {
    /// 1 / p modulo 2^64.
    inverse: u64,
    /// ⌊(2^64 − 1) / p⌋, the largest quotient.
    most: u64,
}

impl Divisor {
    fn divides(&self, word: u64) -> bool {
        word.wrapping_mul(self.inverse) <= self.most
    }
}

/// Consecutive primes with a product M of one word.
#[derive(Clone, Copy)]
struct Group {
    product: u64,
    /// 1 / M modulo 2^64.
    inverse: u64,
    /// The place of its first prime in [`DIVISORS`], and the place after its last.
    first: u16,
    end: u16,
}

/// Trial division by so many groups of primes, from the smallest on.
#[derive(Clone, Copy)]
pub(super) struct Sieve {
    groups: &'static [[Group; TOGETHER]],
}

impl Sieve {
    /// Returns the division by the primes up to about `bound`.
    pub(super) fn up_to(bound: usize) -> Self {
        let (groups, _) = GROUPS.as_chunks::<TOGETHER>();
        // Of the primes up to x there are about x / ln x, four to five in a group.
        let primes = bound / usize::try_from(bound.max(2).ilog2()).unwrap_or(1) * 3 / 2;
        let last = groups.iter().position(|[group, ..]| usize::from(group.first) >= primes);
        Self { groups: groups.get(..last.unwrap_or(groups.len())).unwrap_or(groups) }
    }

    /// Returns whether none of the primes divides the number, which is larger than they are.
    pub(super) fn passes(&self, words: &[u64]) -> bool {
        self.groups.iter().all(|groups| {
            let rests = rests(words, groups);
            groups.iter().zip(rests).all(|(group, rest)| {
                let divisors = DIVISORS.get(group.first.into()..group.end.into());
                !divisors.unwrap_or_default().iter().any(|divisor| divisor.divides(rest))
            })
        })
    }
}

/// Returns a c for each group, such that n + c · 2^(64 L) is a multiple of M.
fn rests(words: &[u64], groups: &[Group; TOGETHER]) -> [u64; TOGETHER] {
    let mut rests = [0; TOGETHER];
    for &word in words {
        for (rest, group) in rests.iter_mut().zip(groups) {
            let (difference, borrow) = word.overflowing_sub(*rest);
            let quotient = difference.wrapping_mul(group.inverse);
            let product = u128::from(quotient) * u128::from(group.product);
            *rest = words::low(product >> 64) + u64::from(borrow);
        }
    }
    rests
}

static DIVISORS: [Divisor; PRIMES] = divisors();
static GROUPS: [Group; count_groups()] = groups();

const PRIME_TABLE: [u16; PRIMES] = primes();

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn primes() -> [u16; PRIMES] {
    let mut composite = [false; MOST];
    let mut primes = [0; PRIMES];
    let mut count = 0;
    let mut number = 3;
    while number < MOST {
        if !composite[number] {
            primes[count] = number as u16;
            count += 1;
            let mut multiple = number * number;
            while multiple < MOST {
                composite[multiple] = true;
                multiple += 2 * number;
            }
        }
        number += 2;
    }
    assert!(count == PRIMES);
    primes
}

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn divisors() -> [Divisor; PRIMES] {
    let mut divisors = [Divisor { inverse: 0, most: 0 }; PRIMES];
    let mut place = 0;
    while place < PRIMES {
        let prime = PRIME_TABLE[place] as u64;
        let inverse = negated_inverse(prime).wrapping_neg();
        divisors[place] = Divisor { inverse, most: u64::MAX / prime };
        place += 1;
    }
    divisors
}

/// Returns the product of as many primes from `place` on as fit a word, and the place after them.
#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn group(mut place: usize) -> (u64, usize) {
    let mut product = 1_u64;
    while place < PRIMES {
        match product.checked_mul(PRIME_TABLE[place] as u64) {
            Some(larger) => product = larger,
            None => break,
        }
        place += 1;
    }
    (product, place)
}

const fn count_groups() -> usize {
    let (mut place, mut count) = (0, 0);
    while place < PRIMES {
        (_, place) = group(place);
        count += 1;
    }
    count
}

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn groups() -> [Group; count_groups()] {
    let mut groups = [Group { product: 0, inverse: 0, first: 0, end: 0 }; count_groups()];
    let (mut place, mut count) = (0, 0);
    while place < PRIMES {
        let (product, end) = group(place);
        let inverse = negated_inverse(product).wrapping_neg();
        groups[count] = Group { product, inverse, first: place as u16, end: end as u16 };
        place = end;
        count += 1;
    }
    groups
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use num_bigint::BigUint;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::key::prime::words::tests_support::big;

    #[test]
    fn the_table_is_the_primes_in_order() {
        assert_eq!(PRIME_TABLE[..6], [3, 5, 7, 11, 13, 17]);
        assert_eq!(PRIME_TABLE[PRIMES - 1], 65521);
        for (place, prime) in PRIME_TABLE.into_iter().map(u64::from).enumerate() {
            assert!((2..).take_while(|d| d * d <= prime).all(|d| prime % d != 0));
            let divisor = DIVISORS[place];
            assert!(divisor.divides(prime) && !divisor.divides(prime + 1));
        }
        assert!(PRIME_TABLE.is_sorted());
        let ends: Vec<_> = GROUPS.iter().map(|group| group.end).collect();
        assert_eq!(GROUPS[0].first, 0);
        assert!(GROUPS[1..].iter().zip(&ends).all(|(group, &end)| group.first == end));
        assert_eq!(usize::from(*ends.last().unwrap()), PRIMES);
    }

    #[test]
    fn agrees_with_a_division_by_every_prime() {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        let sieve = Sieve::up_to(MOST);
        let [first, .., last] = sieve.groups else { panic!("there are groups") };
        let divisors = usize::from(first[0].first)..usize::from(last[TOGETHER - 1].end);
        let mut passed = 0;
        for _ in 0..2000 {
            let mut words: [u64; 16] = std::array::from_fn(|_| random.next_u64());
            words[0] |= 1;
            let number = big(&words);
            let mut primes = PRIME_TABLE[divisors.clone()].iter();
            let has_factor = primes.any(|&prime| &number % prime == BigUint::ZERO);
            assert_eq!(sieve.passes(&words), !has_factor);
            passed += usize::from(!has_factor);
        }
        assert!(passed > 100);
    }

    /// A number whose only small factor is the prime in question.
    #[test]
    fn every_prime_is_looked_for() {
        let sieve = Sieve::up_to(MOST);
        let last = sieve.groups.last().unwrap()[TOGETHER - 1].end;
        // 2^521 − 1 is a prime.
        let large = (BigUint::from(1_u8) << 521_u32) - 1_u8;
        let words = |number: &BigUint| number.to_u64_digits();
        assert!(sieve.passes(&words(&large)));
        for prime in &PRIME_TABLE[..last.into()] {
            assert!(!sieve.passes(&words(&(&large * *prime))), "{prime}");
        }
    }

    #[test]
    fn a_bound_is_kept_about() {
        for (bound, primes) in [(30_000, 3244), (10_000, 1228), (60_000, 6056)] {
            let last = Sieve::up_to(bound).groups.last().unwrap()[TOGETHER - 1].end;
            assert!(usize::from(last).abs_diff(primes) < primes / 5, "{bound}: {last}");
        }
    }
}

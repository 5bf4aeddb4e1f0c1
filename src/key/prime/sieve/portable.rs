//! Trial division word by word, for any CPU.

use crate::key::prime::limbs::{self, negated_inverse};
use crate::key::prime::small_primes::{Divisor, SMALL_PRIMES};

/// Number of primes in the groups: the odd primes below 2^16.
const PRIMES: usize = 6541;

/// Number of groups processed together, which lets their multiplication chains overlap.
const BATCH: usize = 8;

/// Consecutive primes with a product M that fits one word.
#[derive(Clone, Copy)]
struct Group {
    product: u64,
    /// 1 / M modulo 2^64.
    inverse: u64,
    /// The index of its first prime in [`DIVISORS`], and the index after its last.
    first: u16,
    end: u16,
}

/// The groups to divide by, in ascending order.
#[derive(Clone, Copy)]
pub(in crate::key::prime) struct Groups(&'static [[Group; BATCH]]);

impl Groups {
    /// Returns the groups of the primes up to about `bound`.
    pub(super) fn up_to(bound: usize) -> Self {
        let (groups, _) = GROUPS.as_chunks::<BATCH>();
        let last = groups.iter().position(|[group, ..]| {
            let prime = SMALL_PRIMES.get(usize::from(group.first)).copied().unwrap_or(u32::MAX);
            usize::try_from(prime).is_ok_and(|prime| prime > bound)
        });
        Self(groups.get(..last.unwrap_or(groups.len())).unwrap_or(groups))
    }

    /// Returns whether no prime divides the number.
    pub(super) fn pass(&self, words: &[u64]) -> bool {
        self.0.iter().all(|groups| {
            let rests = rests(words, groups);
            groups.iter().zip(rests).all(|(group, rest)| {
                let divisors = DIVISORS.get(group.first.into()..group.end.into());
                !divisors.unwrap_or_default().iter().any(|divisor| divisor.divides(rest))
            })
        })
    }

    #[cfg(test)]
    pub(super) fn primes(&self) -> usize {
        self.0.last().map_or(0, |groups| groups[BATCH - 1].end.into())
    }
}

/// Returns for each group a c such that n + c · 2^(64 L) is a multiple of M.
fn rests(words: &[u64], groups: &[Group; BATCH]) -> [u64; BATCH] {
    let mut rests = [0; BATCH];
    for &word in words {
        for (rest, group) in rests.iter_mut().zip(groups) {
            let (difference, borrow) = word.overflowing_sub(*rest);
            let quotient = difference.wrapping_mul(group.inverse);
            let product = u128::from(quotient) * u128::from(group.product);
            *rest = limbs::low(product >> 64) + u64::from(borrow);
        }
    }
    rests
}

static DIVISORS: [Divisor; PRIMES] = divisors();
static GROUPS: [Group; count_groups()] = groups();

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn divisors() -> [Divisor; PRIMES] {
    let mut divisors = [Divisor::by(3); PRIMES];
    let mut place = 0;
    while place < PRIMES {
        divisors[place] = Divisor::by(SMALL_PRIMES[place] as u64);
        place += 1;
    }
    divisors
}

/// Returns the product of as many primes from index `place` as fit a word, and the index after
/// them.
#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn group(mut place: usize) -> (u64, usize) {
    let mut product = 1_u64;
    while place < PRIMES {
        match product.checked_mul(SMALL_PRIMES[place] as u64) {
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
    use super::*;

    #[test]
    fn every_prime_is_in_one_group() {
        let ends: Vec<_> = GROUPS.iter().map(|group| group.end).collect();
        assert_eq!(GROUPS[0].first, 0);
        assert!(GROUPS[1..].iter().zip(&ends).all(|(group, &end)| group.first == end));
        assert_eq!(usize::from(*ends.last().unwrap()), PRIMES);
    }
}

//! The tables for trial division in eight lanes, with products of 52 bits.

use crate::key::prime::limbs::negated_inverse;
use crate::key::prime::small_primes::SMALL_PRIMES;

/// Number of groups per vector.
pub(super) const LANES: usize = 8;

/// Number of vectors processed together, which lets their multiplication chains overlap.
pub(super) const BATCH: usize = 4;

const LIMB: u64 = 1 << 52;

/// A group of K primes with the product M in each lane.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Division<const K: usize> {
    pub(super) products: [u64; LANES],
    /// 1 / M modulo 2^52.
    pub(super) inverses: [u64; LANES],
    pub(super) primes: [Primes; K],
}

/// One prime p per lane.
#[derive(Clone, Copy)]
pub(super) struct Primes {
    /// 1 / p modulo 2^52.
    pub(super) inverses: [u64; LANES],
    /// ⌊(2^52 − 1) / p⌋.
    pub(super) max_quotient: [u64; LANES],
}

/// The vectors to divide by, in ascending order of their primes.
#[derive(Clone, Copy)]
pub(in crate::key::prime) struct Divisions {
    pub(super) small: &'static [[Division<4>; BATCH]],
    pub(super) large: &'static [[Division<3>; BATCH]],
}

impl Divisions {
    /// Returns the divisions by the primes up to about `bound`.
    pub(in crate::key::prime) fn up_to(bound: usize) -> Self {
        let reaches = |place: usize| {
            let prime = SMALL_PRIMES.get(place).copied().unwrap_or(u32::MAX);
            usize::try_from(prime).is_ok_and(|prime| prime > bound)
        };
        let large = (0..LARGE.len()).find(|chunk| reaches(FOUR_PRIME_COUNT + 3 * CHUNK * chunk));
        Self { small: &SMALL, large: LARGE.get(..large.unwrap_or(LARGE.len())).unwrap_or(&LARGE) }
    }

    #[cfg(test)]
    pub(in crate::key::prime) fn primes(&self) -> usize {
        CHUNK * (4 * self.small.len() + 3 * self.large.len())
    }
}

/// Number of groups processed together.
const CHUNK: usize = LANES * BATCH;

/// Number of primes in groups of four. Four primes below 2^13 have a product of 52 bits, and so
/// have three below 2^17.
const FOUR_PRIME_COUNT: usize = 1024;
static SMALL: [[Division<4>; BATCH]; FOUR_PRIME_COUNT / (4 * CHUNK)] = divisions(0);
static LARGE: [[Division<3>; BATCH]; (SMALL_PRIMES.len() - FOUR_PRIME_COUNT) / (3 * CHUNK)] =
    divisions(FOUR_PRIME_COUNT);

/// Fills vectors with the primes from index `place`.
#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn divisions<const K: usize, const N: usize>(mut place: usize) -> [[Division<K>; BATCH]; N] {
    let none = Primes { inverses: [0; LANES], max_quotient: [0; LANES] };
    let none = Division { products: [0; LANES], inverses: [0; LANES], primes: [none; K] };
    let mut divisions = [[none; BATCH]; N];
    let mut group = 0;
    while group < N * CHUNK {
        let division = &mut divisions[group / CHUNK][group / LANES % BATCH];
        let lane = group % LANES;
        let mut product = 1;
        let mut prime = 0;
        while prime < K {
            let divisor = SMALL_PRIMES[place] as u64;
            product *= divisor;
            division.primes[prime].inverses[lane] = inverse(divisor);
            division.primes[prime].max_quotient[lane] = (LIMB - 1) / divisor;
            place += 1;
            prime += 1;
        }
        assert!(product < LIMB);
        division.products[lane] = product;
        division.inverses[lane] = inverse(product);
        group += 1;
    }
    divisions
}

/// Returns 1 / `odd` modulo 2^52.
const fn inverse(odd: u64) -> u64 {
    negated_inverse(odd).wrapping_neg() % LIMB
}

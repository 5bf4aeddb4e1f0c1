//! The primes for trial division.

use crate::key::prime::limbs::negated_inverse;

/// The odd primes below 2^17, the source of tables built at compile time.
pub(in crate::key) static SMALL_PRIMES: [u32; COUNT] = primes();

const COUNT: usize = 12_250;
const END: usize = 1 << 17;

/// A prime p as a divisor of words.
#[derive(Clone, Copy)]
pub(super) struct Divisor {
    /// 1 / p modulo 2^64.
    inverse: u64,
    /// ⌊(2^64 − 1) / p⌋.
    max_quotient: u64,
}

impl Divisor {
    pub(super) const fn by(prime: u64) -> Self {
        Self { inverse: negated_inverse(prime).wrapping_neg(), max_quotient: u64::MAX / prime }
    }

    pub(super) fn divides(&self, word: u64) -> bool {
        word.wrapping_mul(self.inverse) <= self.max_quotient
    }
}

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs in the compiler")]
const fn primes() -> [u32; COUNT] {
    let mut composite = [false; END];
    let mut primes = [0; COUNT];
    let mut count = 0;
    let mut number = 3;
    while number < END {
        if !composite[number] {
            primes[count] = number as u32;
            count += 1;
            let mut multiple = number * number;
            while multiple < END {
                composite[multiple] = true;
                multiple += 2 * number;
            }
        }
        number += 2;
    }
    assert!(count == COUNT);
    primes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_all_primes_in_order() {
        assert_eq!(SMALL_PRIMES[..6], [3, 5, 7, 11, 13, 17]);
        assert_eq!(SMALL_PRIMES[COUNT - 1], 131_071);
        for prime in SMALL_PRIMES.into_iter().map(u64::from) {
            assert!((2..).take_while(|d| d * d <= prime).all(|d| prime % d != 0));
            let divisor = Divisor::by(prime);
            assert!(divisor.divides(prime) && !divisor.divides(prime + 1));
        }
        assert!(SMALL_PRIMES.is_sorted());
    }
}

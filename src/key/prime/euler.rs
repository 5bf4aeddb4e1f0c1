//! The test that every filter makes: 2^((n − 1) / 2) is the Jacobi symbol (2 / n) modulo a prime n.
//!
//! The symbol is 1 if n is ±1 modulo 8, and −1 otherwise. Of the composites that trial division lets
//! through, next to none pass (Euler-Jacobi pseudoprimes), and every prime does.
//!
//! The power is reckoned by Montgomery's multiplication with R = 2^(64 L + s), where s is the *slack* of
//! the limbs that a filter has. A Montgomery form to begin with costs nothing: n is above 2^(64 L − 1), so
//! that y = 2^(64 L) − n is below n, and y · 2^(s − g) stands for 2^−g, where R itself would have to be
//! reduced to stand for 1. So what is reckoned is the inverse, which is the same if it is ±1: from 2^−g
//! in m squarings to 2^(−(n − 1) / 2), where g = ⌈((n − 1) / 2) / 2^m⌉ and the digits of
//! g · 2^m − (n − 1) / 2, of which three bits are shifted in after every third squaring.
//!
//! Nothing is reduced to below n on the way. A number c · n becomes at most (c² / 2^s + 1) · n when it
//! is squared. It begins with at most 2^(s − g), and a shift multiplies it by 128 at most; with the slacks
//! of our filters, the least of which is 12, it stays below 2^s (a test reckons it through), so that
//! every number fits its limbs.

use zeroize::Zeroize;

use crate::key::prime::limbs;

/// How many bits of the exponent go into one shift.
pub(super) const DIGIT: usize = 3;

/// Returns m: the least multiple of three for which g is not above the slack.
pub(super) const fn squarings(bits: usize, slack: usize) -> usize {
    let mut squarings = bits - 1;
    let mut max = slack;
    while max > 1 {
        squarings -= 1;
        max /= 2;
    }
    squarings.next_multiple_of(DIGIT)
}

/// What a test needs to know of one candidate; it is wiped when it is dropped.
pub(super) struct Plan<const L: usize> {
    /// y = 2^(64 L) − n.
    pub(super) start: [u64; L],
    /// s − g: how far y is shifted to the left.
    pub(super) shift: u64,
    /// Below bit m, the digits.
    digits: [u64; L],
    /// Whether the power is −1 if the candidate is a prime.
    pub(super) is_minus_one: bool,
}

impl<const L: usize> Plan<L> {
    pub(super) fn new(candidate: &[u64; L], slack: usize) -> Self {
        let bits = 64 * L;
        let squarings = squarings(bits, slack);
        // −⌊n / 2⌋ modulo 2^(64 L): its low m bits are the digits, and g is what the others lack.
        let digits = limbs::negated(&limbs::halved(candidate));
        let others = limbs::bits(&digits, squarings, bits - squarings);
        let leap = (1 << (bits - squarings)) - others;
        let slack = u64::try_from(slack).unwrap_or_default();
        Self {
            start: limbs::negated(candidate),
            shift: slack.saturating_sub(leap),
            digits,
            is_minus_one: matches!(limbs::bits(candidate, 0, 3), 3 | 5),
        }
    }

    /// Returns the digit that is shifted in when so many digits are left after it.
    pub(super) fn digit(&self, left: usize) -> u64 {
        limbs::bits(&self.digits, DIGIT * left, DIGIT)
    }
}

impl<const L: usize> Drop for Plan<L> {
    fn drop(&mut self) {
        self.start.zeroize();
        self.digits.zeroize();
        self.shift.zeroize();
        self.is_minus_one.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::*;
    use crate::key::prime::limbs::tests_support::big;

    /// What the plan says, with numbers of any length: from 2^−g to the inverse of the power.
    #[test]
    fn the_digits_lead_from_the_start_to_the_exponent() {
        for slack in [12, 13, 16, 24, 32, 50, 52] {
            for candidate in [[1, 0, 1 << 63], [u64::MAX; 3], [5, 7, 0xb504_f333_f9de_6485]] {
                let (bits, plan) = (192, Plan::new(&candidate, slack));
                let squarings = squarings(bits, slack);
                let leap = u64::try_from(slack).unwrap() - plan.shift;
                let mut exponent = BigUint::from(leap) << squarings;
                for digit in 0..squarings / DIGIT {
                    exponent -= BigUint::from(plan.digit(digit)) << (DIGIT * digit);
                }
                assert_eq!(exponent, big(&candidate) >> 1_u8);
                assert_eq!(big(&plan.start) + big(&candidate), BigUint::from(1_u8) << bits);
            }
        }
    }

    /// The bound of the module's doc, for the least candidate, whose c is largest.
    #[test]
    fn no_number_outgrows_the_slack() {
        for (bits, slack) in [
            (1024, 16),
            (1536, 24),
            (2048, 32),
            (1024, 12),
            (1536, 32),
            (2048, 24),
            (1024, 13),
            (1536, 50),
            (2048, 52),
        ] {
            let power = |exponent: usize| 2_f64.powi(i32::try_from(exponent).unwrap());
            let min_leap = (power(bits - 2 - squarings(bits, slack))).ceil();
            let mut max = power(slack) / 2_f64.powf(min_leap);
            for _ in 0..4 {
                assert!(max < power(slack));
                for _ in 0..3 {
                    max = max * max / power(slack) + 1.0;
                }
                max *= 128.0;
                assert!(max < power(slack), "{bits} {slack}: {max}");
            }
            assert!(max < 128.1, "{bits} {slack}: {max}");
        }
    }
}

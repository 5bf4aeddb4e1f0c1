//! The test behind every filter: 2^((n − 1) / 2) is the Jacobi symbol (2 / n) modulo a prime n.
//!
//! The symbol is 1 if n is ±1 modulo 8, and −1 otherwise. Every prime passes. Hardly any composites
//! that survive trial division pass (Euler-Jacobi pseudoprimes).
//!
//! The power is computed by Montgomery multiplication with R = 2^(64 L + s), where s is the *slack*
//! of a filter's limbs. Converting a starting value costs nothing: n is above 2^(64 L − 1), so y =
//! 2^(64 L) − n is below n, and y · 2^(s − g) is the Montgomery form of 2^−g. R, the form of 1,
//! would have to be reduced. So the filters compute the inverse of the power, which is the same if
//! it is ±1. They go from 2^−g in m squarings to 2^(−(n − 1) / 2), where g = ⌈((n − 1) / 2) / 2^m⌉.
//! After every third squaring they shift in the next three bits of g · 2^m − (n − 1) / 2.
//!
//! No intermediate value is reduced below n. Squaring turns c · n into at most (c² / 2^s + 1) · n.
//! The first value is at most 2^(s − g) · n, and a shift multiplies by at most 128. With the slacks
//! of these filters, at least 12, c stays below 2^s, so every value fits its limbs. A test verifies
//! this.

use zeroize::Zeroize;

use crate::key::prime::limbs;

/// Number of exponent bits per shift.
pub(super) const DIGIT: usize = 3;

/// Returns m, the smallest multiple of three such that g does not exceed the slack.
pub(super) const fn squarings(bits: usize, slack: usize) -> usize {
    let mut squarings = bits - 1;
    let mut max = slack;
    while max > 1 {
        squarings -= 1;
        max /= 2;
    }
    squarings.next_multiple_of(DIGIT)
}

/// The precomputed values for testing one candidate, wiped when dropped.
pub(super) struct Plan<const L: usize> {
    /// y = 2^(64 L) − n.
    pub(super) start: [u64; L],
    /// The initial left shift of y: s − g.
    pub(super) shift: u64,
    /// The bits to shift in, below bit m.
    digits: [u64; L],
    /// True if the power of a prime candidate is −1, else it is 1.
    pub(super) is_minus_one: bool,
}

impl<const L: usize> Plan<L> {
    pub(super) fn new(candidate: &[u64; L], slack: usize) -> Self {
        let bits = 64 * L;
        let squarings = squarings(bits, slack);
        // The low m bits of −⌊n / 2⌋ modulo 2^(64 L) are the digits; the bits above are 2^(64 L −
        // m) − g.
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

    /// Returns the digit to shift in when `left` digits remain after it.
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

    /// Replays the plan with big integers, from 2^−g to the inverse of the power.
    #[test]
    fn plan_yields_the_exponent() {
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

    /// Checks the bound in the module's documentation for the smallest candidate, which has the
    /// largest c.
    #[test]
    fn intermediate_values_fit_the_slack() {
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

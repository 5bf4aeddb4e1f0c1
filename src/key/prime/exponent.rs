//! Arithmetic with the public exponent e = 65537 = 2^16 + 1, a prime.
//!
//! No division instruction has a secret operand: e is a constant, so divisions by e compile to
//! multiplications.

use zeroize::Zeroizing;

use super::limbs::{low, negated_inverse, sum};

pub(in crate::key) const PUBLIC_EXPONENT: u64 = 65537;

/// Returns the number modulo e, which is a factor of 2^64 − 1.
pub(super) fn remainder(words: &[u64]) -> u64 {
    sum(words) % PUBLIC_EXPONENT
}

/// Returns the inverse of e modulo `modulus`, in as many words. e must not divide `modulus`.
///
/// The inverse is (1 + k m) / e, with the k below e that makes the division exact: k = −1 / m
/// modulo e.
pub(in crate::key) fn inverse(modulus: &[u64]) -> Zeroizing<Vec<u64>> {
    let remainder = remainder(modulus);
    // The exponent of 1 / m = m^(e − 2) = m^65535 has sixteen one bits.
    let power = (0..15)
        .fold(remainder, |power, _| power * power % PUBLIC_EXPONENT * remainder % PUBLIC_EXPONENT);
    let factor = PUBLIC_EXPONENT - power;
    let inverse = negated_inverse(PUBLIC_EXPONENT).wrapping_neg();
    let mut quotient = Zeroizing::new(Vec::with_capacity(modulus.len()));
    let mut carry = 1;
    let mut borrow = 0;
    for &word in modulus {
        let product = u128::from(factor) * u128::from(word) + u128::from(carry);
        carry = low(product >> 64);
        let (rest, underflow) = low(product).overflowing_sub(borrow);
        let digit = rest.wrapping_mul(inverse);
        let taken = u128::from(digit) * u128::from(PUBLIC_EXPONENT);
        borrow = low(taken >> 64) + u64::from(underflow);
        quotient.push(digit);
    }
    quotient
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use num_bigint::BigUint;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::key::prime::limbs::tests_support::big;

    fn numbers() -> impl Iterator<Item = [u64; 16]> {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let extremes = [[0; 16], [u64::MAX; 16], [0x0001_0000_0001_0000; 16], [0xffff_0000; 16]];
        let drawn = (0..1000).map(move |_| std::array::from_fn(|_| random.next_u64()));
        extremes.into_iter().chain(drawn)
    }

    #[test]
    fn remainder_matches_num_bigint() {
        for words in numbers() {
            assert_eq!(BigUint::from(remainder(&words)), big(&words) % PUBLIC_EXPONENT);
        }
    }

    #[test]
    fn inverse_times_exponent_is_one() {
        for words in numbers().filter(|words| remainder(words) != 0) {
            let (modulus, inverse) = (big(&words), big(&inverse(&words)));
            assert!(inverse < modulus);
            assert_eq!(inverse * PUBLIC_EXPONENT % modulus, BigUint::from(1_u8));
        }
    }
}

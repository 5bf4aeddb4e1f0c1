//! Arithmetic on integers of fixed length, as 64-bit limbs with the least significant first. They
//! are called words here, because the filters split numbers into limbs of other lengths.

/// Returns `count` bits starting at bit `at`, at most 63. Bits beyond the end are zero.
pub(super) fn bits(words: &[u64], at: usize, count: usize) -> u64 {
    let (word, bit) = (at / 64, at % 64);
    let below = words.get(word).map_or(0, |word| word >> bit);
    let above = words.get(word + 1).map_or(0, |word| word.unbounded_shl(64 - low_u32(bit)));
    (below | above) & ((1 << count) - 1)
}

/// Returns 2^(64 L) minus the number, which must not be 0.
pub(super) fn negated<const L: usize>(words: &[u64; L]) -> [u64; L] {
    let mut carry = true;
    words.map(|word| {
        let (sum, overflow) = (!word).overflowing_add(u64::from(carry));
        carry = overflow;
        sum
    })
}

/// Returns the sum of the words modulo 2^64 − 1. It is congruent to the number modulo each factor
/// of 2^64 − 1: 3, 5, 17, 257, 641, 65537 and 6700417.
pub(super) fn sum(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum, &word| {
        let (sum, carry) = sum.overflowing_add(word);
        sum + u64::from(carry)
    })
}

/// Returns half of the number, rounded down.
pub(super) fn halved<const L: usize>(words: &[u64; L]) -> [u64; L] {
    let mut above = words.iter().skip(1);
    words.map(|word| word >> 1 | above.next().map_or(0, |above| above << 63))
}

/// Returns −1 / `odd` modulo 2^64. Newton's iteration doubles the correct bits each time.
pub(super) const fn negated_inverse(odd: u64) -> u64 {
    let mut inverse = odd.wrapping_mul(3) ^ 2;
    let mut right = 5;
    while right < 64 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        right *= 2;
    }
    inverse.wrapping_neg()
}

/// Returns the low 64 bits.
pub(super) fn low(number: u128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = number.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Converts a small number, such as a bit position, to the type of shift counts.
pub(super) fn low_u32(small: usize) -> u32 {
    u32::try_from(small).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(super) mod tests_support {
    use num_bigint::BigUint;

    /// Converts the number for the reference library.
    pub(in crate::key::prime) fn big(words: &[u64]) -> BigUint {
        let bytes: Vec<_> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        BigUint::from_bytes_le(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_cross_words_and_the_end() {
        let words = [0x8000_0000_0000_0001, 0x3];
        assert_eq!(bits(&words, 0, 52), 1);
        assert_eq!(bits(&words, 63, 3), 0b111);
        assert_eq!(bits(&words, 65, 61), 1);
        assert_eq!(bits(&words, 128, 8), 0);
    }

    #[test]
    fn halved_and_negated_are_exact() {
        assert_eq!(halved(&[0x5, 0x3]), [0x8000_0000_0000_0002, 1]);
        assert_eq!(negated(&[0, 1]), [0, u64::MAX]);
        assert_eq!(negated(&[1, 0]), [u64::MAX, u64::MAX]);
    }

    #[test]
    fn sum_is_congruent_modulo_each_factor() {
        for words in [[7, 0, 0], [u64::MAX, 1, 0], [u64::MAX; 3], [u64::MAX - 1, 2, u64::MAX]] {
            for factor in [3, 5, 17, 257, 641, 65537, 6_700_417_u64] {
                let expected = tests_support::big(&words) % factor;
                assert_eq!(num_bigint::BigUint::from(sum(&words) % factor), expected);
            }
        }
    }

    #[test]
    fn negated_inverse_times_number_is_minus_one() {
        for odd in [1, 3, 0xb504_f333_f9de_6485, u64::MAX] {
            assert_eq!(odd.wrapping_mul(negated_inverse(odd)), u64::MAX);
        }
    }
}

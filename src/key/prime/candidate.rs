//! Draws uniform candidates (FIPS 186-5 A.1.3, steps 4.2 to 4.5 and 5.2 to 5.6).

use rand::Rng;
use zeroize::Zeroize;

use super::exponent;

/// An odd number p of 64 L bits, uniform among those with gcd(p − 1, e) = 1 and a top word of at
/// least [`MIN_TOP_WORD`]. FIPS 186-5 allows √2 · 2^(64 L − 1) < p. This leaves out less than one
/// in 2^62 of those numbers, next to the bound.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::key) struct Candidate<const L: usize>(pub(in crate::key) [u64; L]);

impl<const L: usize> Candidate<L> {
    /// Draws a candidate independently of all others, so a rejected one reveals nothing about the
    /// next.
    pub(super) fn draw(random: &mut impl Rng) -> Self {
        loop {
            let mut candidate = Self([0; L]);
            for word in &mut candidate.0 {
                *word = random.next_u64();
            }
            if let Some(top) = candidate.0.last_mut() {
                while *top < MIN_TOP_WORD {
                    *top = random.next_u64();
                }
            }
            if let Some(bottom) = candidate.0.first_mut() {
                *bottom |= 1;
            }
            if exponent::remainder(&candidate.0) != 1 {
                return candidate;
            }
        }
    }
}

impl<const L: usize> Drop for Candidate<L> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The minimum top word: ⌊√2 · 2^63⌋ + 1. With it, every candidate is above √2 · 2^(64 L − 1), and
/// the product of two has its full length.
pub(super) const MIN_TOP_WORD: u64 = 0xb504_f333_f9de_6485;

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn min_top_word_is_root_of_two() {
        let square = |top: u64| u128::from(top) * u128::from(top);
        assert!(square(MIN_TOP_WORD - 1) < 1 << 127);
        assert!(square(MIN_TOP_WORD) > 1 << 127);
    }

    /// Checks 100 000 draws: every free bit is set half of the time, and the top word is uniform.
    #[test]
    fn draws_are_uniform() {
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let draws = 100_000;
        let mut set = [[0_u32; 64]; 4];
        let mut buckets = [0_u32; 16];
        for _ in 0..draws {
            let candidate = Candidate::<4>::draw(&mut random);
            assert_eq!(candidate.0[0] % 2, 1);
            assert!(candidate.0[3] >= MIN_TOP_WORD);
            assert_ne!(exponent::remainder(&candidate.0), 1);
            for (word, set) in candidate.0.iter().zip(&mut set) {
                for (bit, set) in set.iter_mut().enumerate() {
                    *set += u32::from(word >> bit & 1 == 1);
                }
            }
            let place = u128::from(candidate.0[3] - MIN_TOP_WORD) * 16;
            buckets[usize::try_from(place / u128::from(u64::MAX - MIN_TOP_WORD + 1)).unwrap()] += 1;
        }
        // Bounds of six standard deviations: √(100 000 / 4) = 158, and √(100 000 · 15 / 256) = 77.
        for (word, set) in set[..3].iter().enumerate() {
            for (bit, &set) in set.iter().enumerate().skip(usize::from(word == 0)) {
                assert!(set.abs_diff(draws / 2) < 950, "bit {bit} of word {word}: {set}");
            }
        }
        for (bucket, &count) in buckets.iter().enumerate() {
            assert!(count.abs_diff(draws / 16) < 460, "bucket {bucket}: {count}");
        }
    }
}

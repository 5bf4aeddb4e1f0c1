//! Certifies survivors of the filter as primes, with the Miller-Rabin rounds of `crypto-primes`.

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::MillerRabin;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::candidate::Candidate;
use super::limbs::low_u32;

/// Returns the number of rounds of FIPS 186-5 table B.1 for a prime of this length. The error is
/// 2^−112, 2^−128 and 2^−144 for the three lengths of the modulus.
pub(super) const fn rounds(bits: usize) -> u32 {
    if bits <= 1024 { 5 } else { 4 }
}

/// Runs one round with a base drawn from `random`, and returns whether the candidate passes.
///
/// The numbers are on the heap: at 1536 and 2048 bits, the library's Montgomery multiplication is
/// an eighth faster there than on the stack. It leaves copies. Those on the stack are overwritten
/// when the search ends, those on the heap by the program's allocator.
pub(super) fn round<const L: usize>(candidate: &Candidate<L>, random: &mut impl CryptoRng) -> bool {
    let bytes: Zeroizing<Vec<u8>> =
        Zeroizing::new(candidate.0.iter().flat_map(|word| word.to_le_bytes()).collect());
    let number = BoxedUint::from_le_slice_truncated(&bytes, low_u32(64 * L));
    Odd::new(number)
        .into_option()
        .is_some_and(|odd| MillerRabin::new(odd).test_random_base(random).is_probably_prime())
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use num_bigint::BigUint;
    use rand::SeedableRng;

    use super::*;
    use crate::key::composites;
    use crate::key::prime::filter::PrimeFilter;

    /// The library computes the number of rounds as in FIPS 186-5 section C.1.
    #[test]
    fn rounds_match_fips_table_b_1() {
        for (bits, error) in [(1024, 112), (1536, 128), (2048, 144)] {
            let least = crypto_primes::hazmat::minimum_mr_iterations(bits, error).unwrap();
            assert_eq!(usize::try_from(rounds(bits.try_into().unwrap())).unwrap(), least);
        }
    }

    /// The formula of FIPS 186-5 section C.1, for the bounds stated in the documentation of
    /// `prime`.
    #[test]
    fn error_is_within_stated_bounds() {
        for (bits, all, drawn) in
            [(1024, -124.25, -123.0), (1536, -137.85, -137.0), (2048, -161.59, -160.0)]
        {
            let length = f64::from(bits);
            let passes = f64::from(rounds(bits.try_into().unwrap()));
            let term = |m: f64, j: f64| (m - (m - 1.0) * passes - j - (length - 1.0) / j).exp2();
            let upto = |last: u32| (3..=last).map(f64::from);
            let sum = |last: u32| -> f64 {
                let of = |m: f64| (2..).map(f64::from).take_while(move |&j| j <= m);
                upto(last).map(|m| of(m).map(|j| term(m, j)).sum::<f64>()).sum()
            };
            let squared = std::f64::consts::PI.powi(2);
            let bound = |last: u32| {
                let first = (-f64::from(last) * passes).exp2();
                let all = first + 8.0 * (squared - 6.0) / 3.0 * sum(last);
                2.00743 * std::f64::consts::LN_2 * length / 4.0 * all
            };
            let least = (3..60).map(bound).fold(1.0, f64::min).log2();
            assert!((least - all).abs() < 0.01, "{bits}: 2^{least}");
            // The fraction of the numbers of this length that are above √2 · 2^(bits − 1) is 2 −
            // √2.
            let least = least - (2.0 - std::f64::consts::SQRT_2).log2();
            assert!(least < drawn && least > drawn - 1.0, "{bits}: 2^{least}");
        }
    }

    /// Tests composites that pass a quarter of the rounds, the maximum for any composite (Rabin),
    /// or three sixteenths and the base-2 test of each filter. The rounds of table B.1 rely on
    /// random bases.
    #[test]
    fn worst_composites_pass_few_rounds() {
        let mut random = ChaCha20Rng::seed_from_u64(5);
        let arnault = candidate::<24>(&composites::arnault());
        assert_few(&arnault, &mut random);
        assert_few(&candidate::<16>(&composites::of_1024_bits()), &mut random);
        assert_few(&candidate::<24>(&composites::of_1536_bits()), &mut random);
        for filter in PrimeFilter::available() {
            let small = candidate::<16>(&composites::of_1024_bits()).0;
            assert_eq!(filter.test(&[small]) & 1, 1, "{}", filter.name());
            let large = candidate::<24>(&composites::of_1536_bits()).0;
            assert_eq!(filter.test(&[large]) & 1, 1, "{}", filter.name());
        }
    }

    #[track_caller]
    fn assert_few<const L: usize>(candidate: &Candidate<L>, random: &mut ChaCha20Rng) {
        let passed = (0..96).filter(|_| round(candidate, random)).count();
        // The expected counts are 24 and 18; the bounds are four standard deviations away.
        assert!((3..=41).contains(&passed), "{passed} of 96");
        assert!(!(0..rounds(64 * L)).all(|_| round(candidate, random)));
    }

    fn candidate<const L: usize>(number: &BigUint) -> Candidate<L> {
        let mut digits = number.iter_u64_digits();
        Candidate(std::array::from_fn(|_| digits.next().unwrap_or_default()))
    }

    #[test]
    fn composites_fail() {
        let mut random = ChaCha20Rng::seed_from_u64(4);
        // The Mersenne number 2^1024 − 1 is divisible by 3, and so are 2^1536 − 1 and 2^2048 − 1.
        assert!(!round(&Candidate([u64::MAX; 16]), &mut random));
        assert!(!round(&Candidate([u64::MAX; 24]), &mut random));
        assert!(!round(&Candidate([u64::MAX; 32]), &mut random));
    }
}

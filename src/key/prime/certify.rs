//! What makes a prime of a survivor: the Miller-Rabin rounds of `crypto-primes`.

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::MillerRabin;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::candidate::Candidate;
use super::limbs::low_u32;

/// The rounds of FIPS 186-5 table B.1 for a prime of so many bits, at the error of 2^−112, 2^−128 and
/// 2^−144 that goes with the three lengths of the modulus.
pub(super) const fn rounds(bits: usize) -> u32 {
    if bits <= 1024 { 5 } else { 4 }
}

/// Passes one round with a base that is drawn from `random`, and returns whether the candidate passes.
///
/// The numbers are on the heap, whose Montgomery multiplication is an eighth faster in the library at 1536
/// and 2048 bits than that of numbers on the stack. It leaves copies of them: those on the stack are
/// overwritten when the search ends, those on the heap by the allocator of the program.
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

    /// The library's own reckoning of the rounds, which is that of FIPS 186-5 section C.1.
    #[test]
    fn the_rounds_are_those_of_table_b_1() {
        for (bits, error) in [(1024, 112), (1536, 128), (2048, 144)] {
            let least = crypto_primes::hazmat::minimum_mr_iterations(bits, error).unwrap();
            assert_eq!(usize::try_from(rounds(bits.try_into().unwrap())).unwrap(), least);
        }
    }

    /// The formula of FIPS 186-5 section C.1, for the bounds that the documentation of the module above states.
    #[test]
    fn the_error_is_within_the_stated_bounds() {
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
            // The numbers above √2 · 2^(bits − 1) are 2 − √2 of those that have all bits.
            let least = least - (2.0 - std::f64::consts::SQRT_2).log2();
            assert!(least < drawn && least > drawn - 1.0, "{bits}: 2^{least}");
        }
    }

    /// Composites that pass a quarter of the rounds, more than which none passes (Rabin), or three sixteenths and the
    /// base-2 test of each filter. The rounds of table B.1 rely on bases that are drawn at random.
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
        // 24 or 18 are expected; the bounds are four standard deviations away.
        assert!((3..=41).contains(&passed), "{passed} of 96");
        assert!(!(0..rounds(64 * L)).all(|_| round(candidate, random)));
    }

    fn candidate<const L: usize>(number: &BigUint) -> Candidate<L> {
        let mut digits = number.iter_u64_digits();
        Candidate(std::array::from_fn(|_| digits.next().unwrap_or_default()))
    }

    #[test]
    fn composites_do_not_pass() {
        let mut random = ChaCha20Rng::seed_from_u64(4);
        // The Mersenne number 2^1024 − 1 is divisible by 3, and so is 2^1536 − 1.
        assert!(!round(&Candidate([u64::MAX; 16]), &mut random));
        assert!(!round(&Candidate([u64::MAX; 24]), &mut random));
        assert!(!round(&Candidate([u64::MAX; 32]), &mut random));
    }
}

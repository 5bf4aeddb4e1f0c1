//! Compares the filters with an independent library, `num-bigint`: single squarings and whole
//! tests.
//!
//! A filter is tested only on a CPU that has its instructions; stderr names the untested ones. The
//! portable filter is always tested. Tests that take minutes need optimized builds, and `.ci/run`
//! runs them.

#![expect(clippy::print_stderr, reason = "prints the filters that this CPU cannot test")]

mod squaring;

use std::sync::atomic::AtomicBool;

use chacha20::ChaCha20Rng;
use num_bigint::BigUint;
use rand::{Rng, SeedableRng};

use super::{Filter, PrimeFilter};
use crate::key::prime::limbs::tests_support::big;
use crate::key::prime::sieve::Sieve;

/// Returns the filters to test, and prints the others.
fn filters() -> Vec<PrimeFilter> {
    let available: Vec<_> = PrimeFilter::available().collect();
    for filter in [PrimeFilter::Ifma, PrimeFilter::Avx2] {
        if !available.contains(&filter) {
            eprintln!(
                "NOT TESTED: this CPU lacks the instructions of the filter {}",
                filter.name()
            );
        }
    }
    available
}

/// Asserts the verdict of each filter on each candidate.
#[track_caller]
fn assert_all<const L: usize>(candidates: &[[u64; L]], expected: impl Fn(usize) -> bool) {
    for filter in filters() {
        for (batch, some) in candidates.chunks(filter.lanes()).enumerate() {
            let passed = filter.pass(some, &AtomicBool::new(false));
            for (lane, candidate) in some.iter().enumerate() {
                let place = batch * filter.lanes() + lane;
                assert_eq!(
                    passed >> lane & 1 == 1,
                    expected(place),
                    "{} of {:x}",
                    filter.name(),
                    big(candidate)
                );
            }
        }
    }
}

/// Runs the same test with `num-bigint`: 2^((n − 1) / 2) is the Jacobi symbol.
fn passes(words: &[u64]) -> bool {
    let number = big(words);
    let one = BigUint::from(1_u8);
    let symbol = if matches!(words[0] % 8, 1 | 7) { one.clone() } else { &number - &one };
    BigUint::from(2_u8).modpow(&(&number >> 1_u8), &number) == symbol
}

/// Same for random numbers. Most of them have a small factor and must not pass.
fn random_passes(words: &[u64]) -> bool {
    Sieve::up_to(usize::MAX).passes(words) && passes(words)
}

fn random_odd<const L: usize>(random: &mut ChaCha20Rng) -> [u64; L] {
    let mut words: [u64; L] = std::array::from_fn(|_| random.next_u64());
    words[0] |= 1;
    words[L - 1] |= 1 << 63;
    words
}

fn compare_random<const L: usize>(count: usize) {
    let mut random = ChaCha20Rng::seed_from_u64(L.try_into().unwrap());
    let numbers: Vec<[u64; L]> = (0..count).map(|_| random_odd(&mut random)).collect();
    let expected: Vec<_> = numbers.iter().map(|words| random_passes(words)).collect();
    assert_all(&numbers, |place| expected[place]);
}

/// Compares survivors of trial division, primes and composites, to find false negatives.
fn compare_sieved<const L: usize>(primes: usize) {
    let mut random = ChaCha20Rng::seed_from_u64(u64::MAX - u64::try_from(L).unwrap());
    let sieve = Sieve::up_to(usize::MAX);
    let mut numbers: Vec<[u64; L]> = Vec::new();
    let mut expected = Vec::new();
    let mut found = 0;
    while found < primes {
        let number = random_odd(&mut random);
        if sieve.passes(&number) {
            numbers.push(number);
            expected.push(passes(&number));
            found += usize::from(expected[expected.len() - 1]);
        }
    }
    assert_all(&numbers, |place| expected[place]);
}

/// Compares numbers just above 2^(k − 1), just below 2^k, and next to √2 · 2^(k − 1).
fn compare_extremes<const L: usize>(count: u64) {
    let mut numbers = Vec::new();
    for i in 0..count {
        let mut low = [0; L];
        low[0] = 2 * i + 1;
        low[L - 1] = 1 << 63;
        let mut high = [u64::MAX; L];
        high[0] -= 2 * i;
        let mut middle = [0; L];
        middle[0] = 2 * i + 1;
        middle[L - 1] = crate::key::prime::candidate::MIN_TOP_WORD;
        numbers.extend([low, high, middle]);
    }
    let expected: Vec<_> = numbers.iter().map(|number| passes(number)).collect();
    assert_all(&numbers, |place| expected[place]);
}

/// Compares numbers p (2 p − 1) with p = 1 modulo 12 and two prime factors. Some of them are strong
/// pseudoprimes to base 2, which every filter must let pass.
fn compare_pseudoprimes<const L: usize>() {
    let mut random = ChaCha20Rng::seed_from_u64(12);
    let mut numbers: Vec<[u64; L]> = Vec::new();
    let half = 64 * L / 2;
    while numbers.len() < 3 {
        let words: Vec<_> = (0..L / 2).map(|_| random.next_u64()).collect();
        let mut prime = big(&words);
        prime.set_bit((half - 1).try_into().unwrap(), true);
        // These bits make p (2 p − 1) exactly as long as the candidates.
        prime.set_bit((half - 2).try_into().unwrap(), false);
        prime.set_bit((half - 3).try_into().unwrap(), false);
        let prime = &prime - &prime % 12_u8 + 1_u8;
        let other = &prime * 2_u8 - 1_u8;
        let is_prime = |number: &BigUint| {
            let one = BigUint::from(1_u8);
            Sieve::up_to(usize::MAX).passes(&number.to_u64_digits())
                && BigUint::from(3_u8).modpow(&(number - &one), number) == one
        };
        if is_prime(&prime) && is_prime(&other) {
            let digits = (prime * other).to_u64_digits();
            numbers.push(digits.try_into().unwrap());
        }
    }
    let expected: Vec<_> = numbers.iter().map(|number| passes(number)).collect();
    assert!(expected.contains(&true));
    assert_all(&numbers, |place| expected[place]);
}

#[test]
fn filters_match_num_bigint() {
    compare_random::<16>(100);
    compare_sieved::<16>(2);
    compare_extremes::<16>(8);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_match_num_bigint_at_1024_bits() {
    compare_random::<16>(100_000);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_match_num_bigint_at_1536_bits() {
    compare_random::<24>(100_000);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_match_num_bigint_at_2048_bits() {
    compare_random::<32>(100_000);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_discard_no_prime() {
    compare_sieved::<16>(200);
    compare_sieved::<24>(100);
    compare_sieved::<32>(50);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_match_num_bigint_at_range_ends() {
    compare_extremes::<16>(1000);
    compare_extremes::<24>(500);
    compare_extremes::<32>(250);
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn filters_pass_pseudoprimes() {
    compare_pseudoprimes::<16>();
    compare_pseudoprimes::<24>();
    compare_pseudoprimes::<32>();
}

#[test]
fn abandoned_batch_passes_nothing() {
    // 2^1024 − 105 is the largest prime of 1024 bits.
    let mut prime = [u64::MAX; 16];
    prime[0] -= 104;
    assert!(passes(&prime));
    for filter in filters() {
        assert_eq!(filter.pass(&[prime], &AtomicBool::new(false)) & 1, 1);
        assert_eq!(filter.pass(&[prime], &AtomicBool::new(true)) & 1, 0);
    }
}

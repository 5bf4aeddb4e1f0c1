//! Compares single squarings, the core of every filter, with `num-bigint`.
//!
//! A few dozen tests miss a fault that occurs once in a hundred thousand squarings. So there are a
//! million per length and filter, with operands of extreme values at the top, at the bottom and in
//! between.

use chacha20::ChaCha20Rng;
use num_bigint::BigUint;
use rand::{Rng, SeedableRng};

use super::super::{PrimeFilter, portable};
use super::filters;
use crate::key::prime::limbs::tests_support::big;

/// Squares in every lane: takes moduli, numbers and a shift, returns the limbs of the results.
type Square<const L: usize, const W: usize> = fn(&[[u64; L]], &[[u64; W]], u64) -> Vec<Vec<u64>>;

/// Returns words with extreme values in some places.
fn words<const W: usize>(random: &mut ChaCha20Rng) -> [u64; W] {
    let kind = random.next_u64();
    let place = usize::try_from(random.next_u64()).unwrap() % W;
    let mut words = std::array::from_fn(|i| match kind % 8 {
        0 => random.next_u64(),
        1 if i >= place => u64::MAX,
        2 if i < place => u64::MAX,
        3 if i == place => 1 << (kind >> 8 & 63),
        4 => [0, u64::MAX][usize::from(random.next_u64().is_multiple_of(2))],
        5 if i >= place => random.next_u64(),
        6 if i < place => random.next_u64(),
        7 => u64::MAX,
        _ => 0,
    });
    words[0] ^= kind >> 60;
    words
}

fn modulus<const L: usize>(random: &mut ChaCha20Rng) -> [u64; L] {
    let mut words: [u64; L] = words(random);
    words[0] |= 1;
    words[L - 1] |= 1 << 63;
    words
}

/// Returns a number below 2^(64 L + 7), of W = L + 1 words: often a multiple of the modulus, or
/// next to one.
fn number<const L: usize, const W: usize>(
    random: &mut ChaCha20Rng,
    modulus: &[u64; L],
) -> [u64; W] {
    if random.next_u64().is_multiple_of(4) {
        let factor = random.next_u64() % 64;
        let offset = random.next_u64() % 3;
        return fixed(&(big(modulus) * factor + offset));
    }
    let mut words: [u64; W] = words(random);
    words[W - 1] &= 0x7f;
    words
}

fn fixed<const W: usize>(number: &BigUint) -> [u64; W] {
    let mut digits = number.iter_u64_digits();
    std::array::from_fn(|_| digits.next().unwrap_or(0))
}

/// Joins limbs into words.
fn joined<const W: usize>(limbs: &[u64], bits: usize) -> [u64; W] {
    let mut words = [0; W];
    for (i, &limb) in limbs.iter().enumerate() {
        let (word, bit) = (bits * i / 64, bits * i % 64);
        assert!(limb >> bits == 0, "limb {i} is {limb:x}");
        let wide = u128::from(limb) << bit;
        words[word] |= u64::try_from(wide & u128::from(u64::MAX)).unwrap();
        let above = u64::try_from(wide >> 64).unwrap();
        if above != 0 {
            words[word + 1] |= above;
        }
    }
    words
}

fn compare<const L: usize, const W: usize>(
    square: Square<L, W>,
    lanes: usize,
    (limbs, bits): (usize, usize),
    count: usize,
) {
    let mut random = ChaCha20Rng::seed_from_u64(u64::try_from(L * bits).unwrap());
    let radix = limbs * bits;
    let mut done = 0;
    while done < count {
        let moduli: Vec<_> = (0..lanes).map(|_| modulus::<L>(&mut random)).collect();
        let bigs: Vec<_> = moduli.iter().map(|modulus| big(modulus)).collect();
        for _ in 0..8 {
            let mut numbers: Vec<[u64; W]> =
                moduli.iter().map(|modulus| number(&mut random, modulus)).collect();
            // Same as in a filter: three squarings, with a shift after the third.
            for step in 0..6 {
                let shift = if step % 3 == 2 { random.next_u64() % 8 } else { 0 };
                let squares = square(&moduli, &numbers, shift);
                for (lane, number) in numbers.iter_mut().enumerate() {
                    let result: [u64; W] = joined(&squares[lane], bits);
                    let square = big(number);
                    let expected = (&square * &square) << shift;
                    let given = big(&result) << radix;
                    let difference =
                        if expected > given { expected - given } else { given - expected };
                    assert_eq!(
                        difference % &bigs[lane],
                        BigUint::ZERO,
                        "{square:x} squared modulo {:x}, shifted by {shift}",
                        bigs[lane]
                    );
                    *number = result;
                }
                done += lanes;
            }
        }
    }
}

fn compare_all(filter: PrimeFilter, count: usize) {
    #[cfg(target_arch = "x86_64")]
    use super::super::vector::{squared_by_avx2, squared_by_ifma};
    match filter {
        #[cfg(target_arch = "x86_64")]
        PrimeFilter::Ifma => {
            compare::<16, 17>(squared_by_ifma::<16, 17, 20, 40>, 8, (20, 52), count);
            compare::<24, 25>(squared_by_ifma::<24, 25, 30, 60>, 8, (30, 52), count);
            compare::<32, 33>(squared_by_ifma::<32, 33, 40, 80>, 8, (40, 52), count);
        }
        #[cfg(target_arch = "x86_64")]
        PrimeFilter::Avx2 => {
            compare::<16, 17>(squared_by_avx2::<16, 17, 37, 74>, 4, (37, 28), count);
            compare::<24, 25>(squared_by_avx2::<24, 25, 56, 112>, 4, (56, 28), count);
            compare::<32, 33>(squared_by_avx2::<32, 33, 74, 148>, 4, (74, 28), count);
        }
        _ => {
            compare::<16, 17>(squared::<16, 17, 17, 34>, 1, (17, 61), count);
            compare::<24, 25>(squared::<24, 25, 26, 52>, 1, (26, 61), count);
            compare::<32, 33>(squared::<32, 33, 35, 70>, 1, (35, 60), count);
        }
    }
}

fn squared<const L: usize, const W: usize, const N: usize, const D: usize>(
    moduli: &[[u64; L]],
    numbers: &[[u64; W]],
    shift: u64,
) -> Vec<Vec<u64>> {
    vec![portable::squared::<L, W, N, D>(&moduli[0], &numbers[0], shift)]
}

#[test]
fn squares_match_num_bigint() {
    for filter in filters() {
        compare_all(filter, 2000);
    }
}

#[test]
#[ignore = "takes minutes; .ci/run runs it optimized"]
fn a_million_squares_match_num_bigint() {
    for filter in filters() {
        compare_all(filter, 1_000_000);
    }
}

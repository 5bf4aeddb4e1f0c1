//! What makes a prime of a survivor: the Miller-Rabin rounds of `crypto-primes`.

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::MillerRabin;
use rand::CryptoRng;
use zeroize::{Zeroizing, zeroize_stack};

use super::candidate::Candidate;
use super::words::low_u32;

/// The rounds of FIPS 186-5 table B.1 for a prime of so many bits, at the error of 2^−112, 2^−128 and
/// 2^−144 that goes with the three lengths of the modulus.
pub(super) const fn rounds(bits: usize) -> u32 {
    if bits <= 1024 { 5 } else { 4 }
}

/// Passes one round with a base that is drawn from `random`, and returns whether the candidate passes.
///
/// The numbers are on the heap, whose Montgomery multiplication is an eighth faster in the library at 1536
/// and 2048 bits than that of numbers on the stack. It leaves copies of them: those on the stack are
/// overwritten here as far down as it goes, those on the heap by the allocator of the program.
pub(super) fn round<const L: usize>(candidate: &Candidate<L>, random: &mut impl CryptoRng) -> bool {
    let passes = round_of(candidate, random);
    zeroize_stack::<STACK>();
    passes
}

/// More than the library needs, whose numbers are elsewhere.
const STACK: usize = 16 << 10;

#[inline(never)]
fn round_of<const L: usize>(candidate: &Candidate<L>, random: &mut impl CryptoRng) -> bool {
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
    use rand::SeedableRng;

    use super::*;

    /// The library's own reckoning of the rounds, which is that of FIPS 186-5 section C.1.
    #[test]
    fn the_rounds_are_those_of_table_b_1() {
        for (bits, error) in [(1024, 112), (1536, 128), (2048, 144)] {
            let least = crypto_primes::hazmat::minimum_mr_iterations(bits, error).unwrap();
            assert_eq!(usize::try_from(rounds(bits.try_into().unwrap())).unwrap(), least);
        }
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

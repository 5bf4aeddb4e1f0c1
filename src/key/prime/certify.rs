//! What makes a prime of a survivor: the Miller-Rabin rounds of `crypto-primes`.

use crypto_bigint::{Odd, RandomMod, U1024, U1536, U2048, Uint, UnsignedWithMontyForm};
use crypto_primes::hazmat::MillerRabin;
use rand::CryptoRng;
use zeroize::{Zeroizing, zeroize_stack};

use super::candidate::Candidate;

/// The rounds of FIPS 186-5 table B.1 for a prime of so many bits, at the error of 2^−112, 2^−128 and
/// 2^−144 that goes with the three lengths of the modulus.
pub(super) const fn rounds(bits: usize) -> u32 {
    if bits <= 1024 { 5 } else { 4 }
}

/// Passes one round with a base that is drawn from `random`, and returns whether the candidate passes.
///
/// The library keeps copies of the candidate on the stack, which is overwritten afterwards as far down
/// as it goes.
pub(super) fn round<const L: usize>(candidate: &Candidate<L>, random: &mut impl CryptoRng) -> bool {
    let bytes: Zeroizing<Vec<u8>> =
        Zeroizing::new(candidate.0.iter().flat_map(|word| word.to_le_bytes()).collect());
    let passes = match L {
        16 => round_of::<{ U1024::LIMBS }>(&bytes, random),
        24 => round_of::<{ U1536::LIMBS }>(&bytes, random),
        32 => round_of::<{ U2048::LIMBS }>(&bytes, random),
        _ => false,
    };
    zeroize_stack::<STACK>();
    passes
}

/// More than the library needs: sixteen powers of 256 bytes, and some dozens of numbers.
const STACK: usize = 32 << 10;

#[inline(never)]
fn round_of<const LIMBS: usize>(bytes: &[u8], random: &mut impl CryptoRng) -> bool
where
    Uint<LIMBS>: UnsignedWithMontyForm + RandomMod,
{
    let odd = Odd::new(Uint::from_le_slice(bytes)).into_option();
    odd.is_some_and(|odd| MillerRabin::new(odd).test_random_base(random).is_probably_prime())
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

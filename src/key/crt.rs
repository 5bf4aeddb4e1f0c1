//! Computes the RSA private numbers, including the CRT parameters, from two primes (RFC 8017
//! section 3.2).
//!
//! No branch or address depends on these numbers in the source, and the functions used from
//! `crypto-bigint` are documented as constant-time. The compiled code was not checked.

use crypto_bigint::{NonZero, Odd, U1024, U1536, U2048, Uint};
use zeroize::Zeroizing;

use super::prime::{self, Pair};
use crate::secret::Secret;

/// RSA private numbers, big-endian, possibly with leading zeros.
pub(super) struct CrtNumbers {
    pub(super) modulus: Secret,
    pub(super) private_exponent: Secret,
    pub(super) prime1: Secret,
    pub(super) prime2: Secret,
    pub(super) exponent1: Secret,
    pub(super) exponent2: Secret,
    pub(super) coefficient: Secret,
}

/// Returns the numbers for a pair of primes. Returns `None` if d is not above 2^(64 L), as FIPS
/// 186-5 A.1.1 item 3 requires; the probability of that is negligible.
pub(super) fn from_primes<const L: usize>(pair: &Pair<L>) -> Option<CrtNumbers> {
    match L {
        16 => from_primes_of::<L, { U1024::LIMBS }>(pair),
        24 => from_primes_of::<L, { U1536::LIMBS }>(pair),
        32 => from_primes_of::<L, { U2048::LIMBS }>(pair),
        _ => None,
    }
}

fn from_primes_of<const L: usize, const LIMBS: usize>(pair: &Pair<L>) -> Option<CrtNumbers> {
    let number = |words: &[u64; L]| {
        let bytes: Zeroizing<Vec<u8>> =
            Zeroizing::new(words.iter().flat_map(|word| word.to_le_bytes()).collect());
        Zeroizing::new(Uint::<LIMBS>::from_le_slice(&bytes))
    };
    let (p, q) = (number(&pair.larger.0), number(&pair.smaller.0));
    let (order1, order2) =
        (Zeroizing::new(p.wrapping_sub(&Uint::ONE)), Zeroizing::new(q.wrapping_sub(&Uint::ONE)));
    let common = NonZero::new(order1.gcd(&order2)).into_option()?;
    let share = Zeroizing::new(order1.div_rem(&common).0);
    let least_multiple = product(&share, &order2);
    let private_exponent = prime::inverse(&least_multiple);
    // d is odd, so it cannot be 2^(64 L) itself.
    if private_exponent.get(L..)?.iter().all(|&word| word == 0) {
        return None;
    }
    let coefficient = Zeroizing::new(q.invert_odd_mod(&Odd::new(*p).into_option()?).into_option()?);
    let exponent = |order: &Uint<LIMBS>| big_endian(&prime::inverse(&words(order)));
    Some(CrtNumbers {
        modulus: big_endian(&product(&p, &q)),
        private_exponent: big_endian(&private_exponent),
        prime1: big_endian(&pair.larger.0),
        prime2: big_endian(&pair.smaller.0),
        exponent1: exponent(&order1),
        exponent2: exponent(&order2),
        coefficient: big_endian(&words(&coefficient)),
    })
}

type Words = Zeroizing<Vec<u64>>;

fn product<const LIMBS: usize>(one: &Uint<LIMBS>, other: &Uint<LIMBS>) -> Words {
    let (low, high) = one.widening_mul(other);
    let (low, high) = (Zeroizing::new(low), Zeroizing::new(high));
    Zeroizing::new([words(&low).as_slice(), &words(&high)].concat())
}

fn words<const LIMBS: usize>(number: &Uint<LIMBS>) -> Words {
    let bytes = number.as_words().iter().flat_map(|word| word.to_le_bytes());
    let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.collect());
    let (words, _) = bytes.as_chunks();
    Zeroizing::new(words.iter().map(|&word| u64::from_le_bytes(word)).collect())
}

fn big_endian(words: &[u64]) -> Secret {
    let mut bytes = Secret::with_capacity(8 * words.len());
    for word in words.iter().rev() {
        bytes.push(&word.to_be_bytes());
    }
    bytes
}

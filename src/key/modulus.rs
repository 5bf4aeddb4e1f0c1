//! Detects RSA moduli that anyone can factor, or that are known to be weak.
//!
//! A public key does not reveal its factors, so passing these checks does not prove a modulus
//! sound. They find known generator faults: composite, equal or close primes, and the primes of one
//! smart card library.

use std::fmt;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Gcd, Limb, NonZero, Odd, Word};

use super::RsaPublicKey;
use super::prime::SMALL_PRIMES;

/// A flaw of an RSA modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModulusFlaw {
    /// A prime factor below 2^16.
    SmallFactor {
        /// The smallest such factor.
        factor: u32,
    },
    /// Two factors so close that Fermat's method finds them.
    CloseFactors,
    /// The modulus is prime, or at least 2^(n − 1) is 1 modulo n.
    Prime,
    /// The modulus is a square or a prime power, or 2^(n − 1) reveals a factor for another reason.
    PrimePower,
    /// The primes have the form of Infineon's RSALib, CVE-2017-15361 (Nemec and others, CCS 2017,
    /// <https://doi.org/10.1145/3133956.3133969>).
    Roca,
}

impl ModulusFlaw {
    /// Returns the first flaw found in a key's modulus.
    ///
    /// One exponentiation takes most of the time: some milliseconds at 2048 bits, eight times as
    /// long at twice the length.
    #[must_use]
    pub fn of(key: &RsaPublicKey) -> Option<Self> {
        Self::quick_check(key).or_else(|| {
            let modulus = BoxedUint::from_be_slice_vartime(key.modulus());
            of_power(&Odd::new(modulus).into_option()?)
        })
    }

    /// Returns the first flaw found without an exponentiation. This misses primes and prime powers
    /// other than squares.
    #[must_use]
    pub fn quick_check(key: &RsaPublicKey) -> Option<Self> {
        let digits = digits(key.modulus());
        if let Some(factor) = small_factor(&digits) {
            return Some(Self::SmallFactor { factor });
        }
        if is_of_rsalib(&digits) {
            return Some(Self::Roca);
        }
        let modulus = BoxedUint::from_be_slice_vartime(key.modulus());
        let root = modulus.floor_sqrt_vartime();
        if root.wrapping_mul(&root) == modulus {
            return Some(Self::PrimePower);
        }
        has_close_factors(&modulus, &root).then_some(Self::CloseFactors)
    }

    /// Returns whether the number is not an RSA modulus at all, that is, not a product of distinct
    /// primes (RFC 8017 section 3.1).
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Self::Prime | Self::PrimePower => true,
            Self::SmallFactor { .. } | Self::CloseFactors | Self::Roca => false,
        }
    }
}

impl fmt::Display for ModulusFlaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SmallFactor { factor } => {
                write!(formatter, "the RSA modulus is divisible by {factor}")
            }
            Self::CloseFactors => formatter
                .write_str("the factors of the RSA modulus are so close that anyone can find them"),
            Self::Prime => formatter.write_str("the RSA modulus is a prime number"),
            Self::PrimePower => {
                formatter.write_str("the RSA modulus is a square or the power of a prime number")
            }
            Self::Roca => formatter
                .write_str("the RSA key comes from a faulty generator (ROCA, CVE-2017-15361)"),
        }
    }
}

/// Returns the digits of a big-endian number in base 2³², most significant first.
fn digits(number: &[u8]) -> Vec<u32> {
    let word = |chunk: &[u8]| chunk.iter().fold(0, |word, &byte| (word << 8) | u32::from(byte));
    number.rchunks(4).rev().map(word).collect()
}

/// Returns the number modulo `divisor`, which must not be zero.
fn remainder(digits: &[u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor.max(1));
    let rest = digits.iter().fold(0, |rest, &word| ((rest << 32) | u64::from(word)) % divisor);
    u32::try_from(rest).unwrap_or_default()
}

/// Returns the smallest odd prime factor below 2^16.
fn small_factor(digits: &[u32]) -> Option<u32> {
    let end = SMALL_PRIMES.partition_point(|&prime| prime < 1 << 16);
    // The product of two such primes fits in 32 bits.
    SMALL_PRIMES.get(..end)?.chunks(2).find_map(|pair| {
        let rest = remainder(digits, pair.iter().product());
        pair.iter().copied().find(|&prime| rest.is_multiple_of(prime))
    })
}

/// Returns whether Fermat's method (n = a² − b²) finds two factors within [`FERMAT_STEPS`]. The
/// modulus must not be a square; `root` is its integer square root.
fn has_close_factors(modulus: &BoxedUint, root: &BoxedUint) -> bool {
    let one = BoxedUint::one();
    let mut half_sum = root.wrapping_add(&one);
    let mut square = half_sum.wrapping_mul(&half_sum).wrapping_sub(modulus);
    for _ in 0..FERMAT_STEPS {
        if is_square(&square) {
            return true;
        }
        square = square.wrapping_add(&half_sum).wrapping_add(&half_sum).wrapping_add(&one);
        half_sum = half_sum.wrapping_add(&one);
    }
    false
}

/// More steps find only moduli that a generator is unlikely to produce.
const FERMAT_STEPS: u32 = 300;

fn is_square(number: &BoxedUint) -> bool {
    // The low bits and small remainders rule out all but one in two thousand non-squares.
    let low = number.as_words().first().copied().unwrap_or_default() % 64;
    let is_residue =
        |rest: Word, number: Word| (0..number).any(|root| root * root % number == rest);
    if !is_residue(low, 64) {
        return false;
    }
    let Some(product) = NonZero::new(Limb(RESIDUES.iter().product())).into_option() else {
        return false;
    };
    let rest = number.rem_limb(product).0;
    RESIDUES.iter().all(|&prime| is_residue(rest % prime, prime))
        && number.checked_sqrt_vartime().is_some()
}

const RESIDUES: [Word; 8] = [9, 7, 5, 13, 11, 17, 19, 23];

/// Finds a flaw with 2^(n − 1) modulo n. It is 1 if n is prime, and 1 modulo p if n is a power of
/// p.
fn of_power(modulus: &Odd<BoxedUint>) -> Option<ModulusFlaw> {
    let parameters = BoxedMontyParams::new_vartime(modulus.clone());
    let one = BoxedUint::one_with_precision(modulus.bits_precision());
    let two = BoxedMontyForm::new(one.wrapping_add(&one), &parameters);
    let power = two.pow(&modulus.wrapping_sub(&one)).retrieve();
    if power == one {
        return Some(ModulusFlaw::Prime);
    }
    let common = modulus.gcd_vartime(&power.wrapping_sub(&one));
    (*common != one).then_some(ModulusFlaw::PrimePower)
}

/// Returns whether the modulus is a power of 65537 modulo each of the first primes. By chance, one
/// modulus in 2^27 is.
fn is_of_rsalib(digits: &[u32]) -> bool {
    SMALL_PRIMES.iter().take_while(|&&prime| prime <= 167).all(|&prime| {
        let rest = remainder(digits, prime);
        let mut power = 1;
        for _ in 0..prime {
            if power == rest {
                return true;
            }
            power = power * 65537 % prime;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use crypto_bigint::ConcatenatingSquare;

    use super::*;
    use crate::format::read_public;
    use crate::key::{PrimeSearch, PublicKey, RsaBits, RsaPrivateKey};
    use crate::vectors;

    fn flaw(file: &str) -> Option<ModulusFlaw> {
        match read_public(&vectors::read(file)).unwrap().key {
            PublicKey::Rsa(key) => ModulusFlaw::of(&key),
            PublicKey::Ed25519(_) => None,
        }
    }

    #[test]
    fn flawed_modulus_is_detected() {
        let small = |factor| Some(ModulusFlaw::SmallFactor { factor });
        for (name, expected) in [
            ("small_factor_3", small(3)),
            ("small_factor_65521", small(65521)),
            ("small_factors", small(3)),
            ("small_factor_of_composite", small(7)),
            ("square", Some(ModulusFlaw::PrimePower)),
            ("close_primes", Some(ModulusFlaw::CloseFactors)),
            ("close_primes_32_steps", Some(ModulusFlaw::CloseFactors)),
            ("prime", Some(ModulusFlaw::Prime)),
            ("cube", Some(ModulusFlaw::PrimePower)),
            ("roca", Some(ModulusFlaw::Roca)),
            ("exponent_65_bits", None),
            ("sound", None),
        ] {
            assert_eq!(flaw(&format!("moduli/{name}.pub")), expected, "{name}");
        }
    }

    #[test]
    fn sound_modulus_has_no_flaw() {
        for name in ["rsa1024", "rsa2048", "rsa4096"] {
            assert_eq!(flaw(&format!("keys/{name}.pem.pub")), None, "{name}");
        }
        for bits in [RsaBits::Bits2048, RsaBits::Bits3072] {
            let key = RsaPrivateKey::generate(bits, PrimeSearch::default()).unwrap();
            assert_eq!(ModulusFlaw::of(key.public()), None);
        }
    }

    #[test]
    fn remainder_matches_crypto_bigint() {
        let number = [0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 0x0f, 0x1e, 0x2d];
        let boxed = BoxedUint::from_be_slice_vartime(&number);
        for divisor in [1, 2, 3, 65521, 0xffff_fffb] {
            let limb = NonZero::new(Limb(u64::from(divisor))).unwrap();
            let expected = u32::try_from(boxed.rem_limb(limb).0).unwrap();
            assert_eq!(remainder(&digits(&number), divisor), expected);
        }
    }

    #[test]
    fn is_square_rejects_neighbors_of_squares() {
        let mut root = BoxedUint::from_be_slice_vartime(&[0x5a; 40]);
        for _ in 0..200 {
            let square = root.concatenating_square();
            assert!(is_square(&square));
            assert!(!is_square(&square.wrapping_add(BoxedUint::one())));
            assert!(!is_square(&square.wrapping_sub(BoxedUint::one())));
            root = root.wrapping_add(BoxedUint::from(0x0123_4567_89ab_u64));
        }
        assert!(is_square(&BoxedUint::zero()));
    }
}

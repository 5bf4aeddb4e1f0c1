//! Checks the consistency of the numbers of an RSA private key from elsewhere (RFC 8017 section
//! 3.2).

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, ConcatenatingMul, Resize};
use crypto_primes::{Flavor, is_prime};
use zeroize::Zeroizing;

use super::KeyError;
use crate::secret::Secret;

/// The numbers of an RSA private key as read from a file: big-endian, possibly with leading zeros. A
/// missing number is zero.
#[derive(Clone, Copy)]
pub struct RsaNumbers<'a> {
    /// The modulus n.
    pub modulus: &'a [u8],
    /// The public exponent e.
    pub public_exponent: &'a [u8],
    /// The private exponent d.
    pub private_exponent: &'a [u8],
    /// The first prime p.
    pub prime1: &'a [u8],
    /// The second prime q.
    pub prime2: &'a [u8],
    /// d mod (p − 1) and d mod (q − 1). The formats of OpenSSH and PuTTY omit them.
    pub exponents: Option<[&'a [u8]; 2]>,
    /// q⁻¹ mod p.
    pub coefficient: &'a [u8],
}

impl RsaNumbers<'_> {
    /// Returns the numbers without leading zeros.
    pub(super) fn trimmed(&self) -> Self {
        let Self {
            modulus,
            public_exponent,
            private_exponent,
            prime1,
            prime2,
            exponents,
            coefficient,
        } = *self;
        Self {
            modulus: without_leading_zeros(modulus),
            public_exponent: without_leading_zeros(public_exponent),
            private_exponent: without_leading_zeros(private_exponent),
            prime1: without_leading_zeros(prime1),
            prime2: without_leading_zeros(prime2),
            exponents: exponents.map(|exponents| exponents.map(without_leading_zeros)),
            coefficient: without_leading_zeros(coefficient),
        }
    }
}

pub(super) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    number.get(first..).unwrap_or_default()
}

/// The CRT numbers of a key with consistent other numbers, and its private exponent.
pub(super) struct CheckedCrt {
    /// d, modulo φ(n) if it is larger in the file.
    pub(super) private_exponent: Secret,
    /// d mod (p − 1).
    pub(super) exponent1: Secret,
    /// d mod (q − 1).
    pub(super) exponent2: Secret,
    /// q⁻¹ mod p.
    pub(super) coefficient: Secret,
    /// The first of these numbers that is wrong in the file.
    pub(super) flaw: Option<KeyError>,
}

/// Checks that the private numbers are consistent with each other and with the public ones, and
/// that the primes are prime. Computes the CRT numbers.
///
/// The caller has checked the bounds of the public numbers. The primality tests are slow, so they
/// come last. By then each prime has at least a quarter of the bits of the modulus (real primes
/// have half), because the cost depends on the longer one.
pub(super) fn check(given: &RsaNumbers<'_>) -> Result<CheckedCrt, KeyError> {
    if given.prime1.is_empty() && given.prime2.is_empty() {
        return Err(fault_without_primes(given));
    }
    let crt = check_consistency(given)?;
    if !is_prime(Flavor::Any, &*number(given.prime1)) {
        return Err(KeyError::RsaPrime1Composite);
    }
    if !is_prime(Flavor::Any, &*number(given.prime2)) {
        return Err(KeyError::RsaPrime2Composite);
    }
    Ok(crt)
}

/// Returns [`KeyError::RsaPrimesMissing`] if d belongs to n and e. Without the primes, the only
/// evidence is a power.
fn fault_without_primes(given: &RsaNumbers<'_>) -> KeyError {
    let modulus = number(given.modulus);
    let exponent = number(given.private_exponent);
    let is_long = given.private_exponent.len() > max_exponent_bytes(given);
    let Some(odd) = modulus.to_odd().into_option().filter(|_| !is_long) else {
        return KeyError::RsaPrivateExponentWrong;
    };
    let parameters = BoxedMontyParams::new_vartime(odd);
    let two = BoxedUint::from(2_u8).resize(modulus.bits_precision());
    let power = BoxedMontyForm::new(two.clone(), &parameters).pow(&number(given.public_exponent));
    match Number::new(power.pow(&exponent).retrieve()) == Number::new(two) {
        true => KeyError::RsaPrimesMissing,
        false => KeyError::RsaPrivateExponentWrong,
    }
}

/// Returns the maximum length of d. Other programs read a d that is not reduced modulo φ(n).
fn max_exponent_bytes(given: &RsaNumbers<'_>) -> usize {
    given.modulus.len().saturating_mul(2)
}

/// Same as [`check`], without the primality tests.
pub(super) fn check_consistency(given: &RsaNumbers<'_>) -> Result<CheckedCrt, KeyError> {
    let modulus = number(given.modulus);
    let prime1 = number(given.prime1);
    let prime2 = number(given.prime2);
    let width = given.modulus.len();
    if given.prime1.len() > width
        || given.prime2.len() > width
        || product(&prime1, &prime2) != modulus
    {
        return Err(KeyError::RsaModulusNotProduct);
    }
    if prime1 == prime2 {
        return Err(KeyError::RsaPrimesEqual);
    }
    for prime in [&prime1, &prime2] {
        let bits = prime.bit_width();
        if bits < modulus.bit_width() / 4 {
            return Err(KeyError::RsaPrimeTooShort { bits });
        }
    }

    let exponent = number(given.private_exponent);
    if given.private_exponent.len() > max_exponent_bytes(given) {
        return Err(KeyError::RsaPrivateExponentWrong);
    }
    let both_exponents = product(&exponent, &number(given.public_exponent));
    let order1 = Number::new(prime1.wrapping_sub(BoxedUint::one()));
    let order2 = Number::new(prime2.wrapping_sub(BoxedUint::one()));
    for order in [&order1, &order2] {
        if !leaves_one(&both_exponents, order) {
            return Err(KeyError::RsaPrivateExponentWrong);
        }
    }

    let reduced = remainder(&exponent, &product(&order1, &order2));
    let private_exponent = reduced.ok_or(KeyError::RsaPrivateExponentWrong)?;
    let exponent1 = remainder(&exponent, &order1).ok_or(KeyError::RsaPrime1Composite)?;
    let exponent2 = remainder(&exponent, &order2).ok_or(KeyError::RsaPrime2Composite)?;
    let coefficient = number(given.coefficient);
    let is_right = *coefficient < *prime1 && leaves_one(&product(&coefficient, &prime2), &prime1);
    let coefficient = match is_right {
        true => coefficient,
        false => inverse(&prime2, &prime1).ok_or(KeyError::RsaPrime1Composite)?,
    };
    let flaw = match given.exponents.map(|given| given.map(number)) {
        Some([given1, _]) if given1 != exponent1 => Some(KeyError::RsaExponent1Wrong),
        Some([_, given2]) if given2 != exponent2 => Some(KeyError::RsaExponent2Wrong),
        _ => (!is_right).then_some(KeyError::RsaCoefficientWrong),
    };
    Ok(CheckedCrt {
        private_exponent: bytes(&private_exponent),
        exponent1: bytes(&exponent1),
        exponent2: bytes(&exponent2),
        coefficient: bytes(&coefficient),
        flaw,
    })
}

/// Returns the inverse of `number` mod `modulus`, which must be odd.
fn inverse(number: &Number, modulus: &Number) -> Option<Number> {
    let reduced = remainder(number, modulus)?;
    let reduced = Number::new((&*reduced).resize(modulus.bits_precision()));
    let inverse = reduced.invert_odd_mod(&modulus.to_odd().into_option()?);
    Some(Number::new(inverse.into_option()?))
}

type Number = Zeroizing<BoxedUint>;

fn number(bytes: &[u8]) -> Number {
    Number::new(BoxedUint::from_be_slice_vartime(bytes))
}

fn bytes(number: &Number) -> Secret {
    Secret::from(number.to_be_bytes().into_vec())
}

fn product(one: &Number, other: &Number) -> Number {
    Number::new(one.concatenating_mul(&**other))
}

fn leaves_one(dividend: &Number, divisor: &Number) -> bool {
    remainder(dividend, divisor).is_some_and(|rest| *rest == BoxedUint::one())
}

/// Returns `dividend` mod `divisor`, or `None` if the divisor is zero.
fn remainder(dividend: &Number, divisor: &Number) -> Option<Number> {
    let divisor = divisor.to_nz().into_option()?;
    Some(Number::new(dividend.rem(&divisor)))
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::super::{PrimeSearch, RsaBits, RsaPrivateKey, composites};
    use super::*;

    #[test]
    fn is_prime_rejects_known_pseudoprimes() {
        // Carmichael numbers; squares of the Wieferich primes, which are strong pseudoprimes to
        // base 2; strong Lucas pseudoprimes; and strong pseudoprimes to the first four and nine
        // prime bases.
        let small: [u64; 19] = [
            561,
            1105,
            1729,
            2465,
            6601,
            8911,
            41_041,
            825_265,
            1093 * 1093,
            3511 * 3511,
            5459,
            5777,
            10_877,
            16_109,
            18_971,
            3_215_031_751,
            3_825_123_056_546_413_051,
            1_000_003 * 1_000_003,
            9_746_347_772_161,
        ];
        let large = [composites::arnault(), composites::of_1024_bits(), composites::of_1536_bits()];
        let squared = large.iter().map(|number| number * number);
        let all = small.into_iter().map(BigUint::from).chain(squared).chain(large.clone());
        for number in all {
            let boxed = BoxedUint::from_be_slice_vartime(&number.to_bytes_be());
            assert!(!is_prime(Flavor::Any, &boxed), "{number}");
        }
    }

    #[test]
    fn from_numbers_names_the_wrong_number() {
        let key = RsaPrivateKey::generate(RsaBits::Bits2048, PrimeSearch::default()).unwrap();
        let other = RsaPrivateKey::generate(RsaBits::Bits2048, PrimeSearch::default()).unwrap();
        let right = key.numbers();
        let padded = [&[0, 0][..], key.prime1()].concat();
        let one_too_many = [&[1][..], key.private_exponent()].concat();
        let square = bytes(&product(&number(key.prime1()), &number(key.prime1())));

        let read = RsaPrivateKey::from_numbers(&right).unwrap();
        assert_eq!(read.exponent2(), key.exponent2());
        let read =
            RsaPrivateKey::from_numbers(&RsaNumbers { exponents: None, prime1: &padded, ..right })
                .unwrap();
        assert_eq!((read.exponent1(), read.exponent2()), (key.exponent1(), key.exponent2()));
        assert_eq!(read.prime1(), key.prime1());

        let order = |prime: &[u8]| Number::new(number(prime).wrapping_sub(BoxedUint::one()));
        let orders = product(&order(key.prime1()), &order(key.prime2()));
        let exponent = number(key.private_exponent());
        for times in [1_u8, 5, 255] {
            let more = product(&orders, &Number::new(BoxedUint::from(times)));
            let unreduced = more.concatenating_add(&exponent);
            let unreduced = bytes(&Number::new(unreduced));
            let read = RsaPrivateKey::from_numbers(&RsaNumbers {
                private_exponent: unreduced.expose(),
                ..right
            });
            assert_eq!(read.unwrap().private_exponent(), key.private_exponent());
        }
        let too_long = [1; 513];
        for (wrong, error) in [
            (
                RsaNumbers { private_exponent: &too_long, ..right },
                KeyError::RsaPrivateExponentWrong,
            ),
            (
                RsaNumbers { modulus: other.public().modulus(), ..right },
                KeyError::RsaModulusNotProduct,
            ),
            (
                RsaNumbers { modulus: square.expose(), prime2: key.prime1(), ..right },
                KeyError::RsaPrimesEqual,
            ),
            (
                RsaNumbers { prime1: key.public().modulus(), prime2: &[1], ..right },
                KeyError::RsaPrimeTooShort { bits: 1 },
            ),
            (
                RsaNumbers { private_exponent: other.private_exponent(), ..right },
                KeyError::RsaPrivateExponentWrong,
            ),
            (
                RsaNumbers { private_exponent: &one_too_many, ..right },
                KeyError::RsaPrivateExponentWrong,
            ),
            (
                RsaNumbers { exponents: Some([other.exponent1(), key.exponent2()]), ..right },
                KeyError::RsaExponent1Wrong,
            ),
            (
                RsaNumbers { exponents: Some([key.exponent1(), other.exponent2()]), ..right },
                KeyError::RsaExponent2Wrong,
            ),
            (
                RsaNumbers { coefficient: other.coefficient(), ..right },
                KeyError::RsaCoefficientWrong,
            ),
            (RsaNumbers { public_exponent: &[4], ..right }, KeyError::RsaExponentInvalid),
        ] {
            assert_eq!(RsaPrivateKey::from_numbers(&wrong).unwrap_err(), error);
        }
    }
}

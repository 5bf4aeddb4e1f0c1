//! RSA keys (RFC 8017 section 3).

use rand::CryptoRng;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, PrivateKey};

use super::numbers::{self, RsaNumbers};
use super::{GenerateError, KeyError};
use crate::secret::Secret;

/// The lengths of the RSA keys that we make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2048 bits, the one length that EC2 itself makes.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

impl RsaBits {
    /// Returns the length of the modulus in bits.
    #[must_use]
    pub fn bits(self) -> u16 {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }
}

/// An RSA public key within the bounds that EC2 and the programs of the field accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// The shortest modulus accepted, in bits: the least that EC2 documents.
    pub const LEAST_BITS: u32 = 1024;
    /// The longest modulus accepted, in bits: EC2 was seen to accept it, and no longer one.
    pub const MOST_BITS: u32 = 8192;

    /// Takes the two numbers, big-endian; leading zero bytes are dropped.
    ///
    /// # Errors
    ///
    /// The `Rsa…` variants of [`KeyError`].
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        let bits = bit_length(modulus);
        if bits < Self::LEAST_BITS {
            return Err(KeyError::RsaTooShort { bits });
        }
        if bits > Self::MOST_BITS {
            return Err(KeyError::RsaTooLong { bits });
        }
        if !is_odd(modulus) {
            return Err(KeyError::RsaModulusEven);
        }
        if !is_odd(exponent) || exponent == [1] {
            return Err(KeyError::RsaExponentInvalid);
        }
        if (exponent.len(), exponent) >= (modulus.len(), modulus) {
            return Err(KeyError::RsaExponentTooLarge);
        }
        Ok(Self { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    /// Returns the modulus n, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Returns the exponent e, big-endian without leading zeros.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// Returns the length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        bit_length(&self.modulus)
    }
}

/// An RSA private key: the numbers of RFC 8017 section 3.2, second representation, two primes.
///
/// Numbers are big-endian without leading zeros.
#[derive(Debug)]
pub struct RsaPrivateKey {
    public: RsaPublicKey,
    private_exponent: Secret,
    prime1: Secret,
    prime2: Secret,
    exponent1: Secret,
    exponent2: Secret,
    coefficient: Secret,
}

impl RsaPrivateKey {
    /// Makes a new key with the public exponent 65537.
    ///
    /// The larger prime comes first. PuTTY re-sorts the primes when it loads a key, and EC2's
    /// fingerprint of a created key covers their order, so only this order keeps a fingerprint
    /// through a trip to PuTTY and back.
    ///
    /// # Errors
    ///
    /// [`GenerateError`] if the library finds no key.
    pub fn generate(bits: RsaBits, random: &mut impl CryptoRng) -> Result<Self, GenerateError> {
        let failed = |source| GenerateError { bits: bits.bits().into(), source };
        let drawn = PrivateKey::new(random, bits.bits().into()).map_err(failed)?;
        let [first, second] = drawn.primes() else {
            return Err(failed(rsa::errors::Error::NprimesTooSmall));
        };
        let (larger, smaller) = if first > second { (first, second) } else { (second, first) };
        let key = PrivateKey::from_p_q(
            larger.as_ref().clone(),
            smaller.as_ref().clone(),
            drawn.e().clone(),
        )
        .map_err(failed)?;
        Self::from_library(&key).ok_or_else(|| failed(rsa::errors::Error::Internal))
    }

    /// Takes numbers that were read from a file, as they are: the order of the primes stays.
    ///
    /// # Errors
    ///
    /// The `Rsa…` variants of [`KeyError`], which name the number that is wrong.
    pub fn from_numbers(given: &RsaNumbers<'_>) -> Result<Self, KeyError> {
        let public = RsaPublicKey::new(given.modulus, given.public_exponent)?;
        let [exponent1, exponent2] = numbers::check(given)?;
        let number = |bytes| Secret::copy_of(without_leading_zeros(bytes));
        Ok(Self {
            public,
            private_exponent: number(given.private_exponent),
            prime1: number(given.prime1),
            prime2: number(given.prime2),
            exponent1: number(exponent1.expose()),
            exponent2: number(exponent2.expose()),
            coefficient: number(given.coefficient),
        })
    }

    /// Copies the numbers out of the RSA library's key.
    fn from_library(key: &PrivateKey) -> Option<Self> {
        let public = RsaPublicKey::new(&key.n_bytes(), &key.e_bytes()).ok()?;
        let [prime1, prime2] = key.primes() else {
            return None;
        };
        Some(Self {
            public,
            private_exponent: number(key.d()),
            prime1: number(prime1),
            prime2: number(prime2),
            exponent1: number(key.dp()?),
            exponent2: number(key.dq()?),
            coefficient: number(&key.crt_coefficient()?),
        })
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// Returns d.
    #[must_use]
    pub fn private_exponent(&self) -> &[u8] {
        self.private_exponent.expose()
    }

    /// Returns p, the larger prime of a key that we made.
    #[must_use]
    pub fn prime1(&self) -> &[u8] {
        self.prime1.expose()
    }

    /// Returns q.
    #[must_use]
    pub fn prime2(&self) -> &[u8] {
        self.prime2.expose()
    }

    /// Returns d mod (p − 1).
    #[must_use]
    pub fn exponent1(&self) -> &[u8] {
        self.exponent1.expose()
    }

    /// Returns d mod (q − 1).
    #[must_use]
    pub fn exponent2(&self) -> &[u8] {
        self.exponent2.expose()
    }

    /// Returns q⁻¹ mod p.
    #[must_use]
    pub fn coefficient(&self) -> &[u8] {
        self.coefficient.expose()
    }
}

fn number(value: &BoxedUint) -> Secret {
    let bytes = zeroize::Zeroizing::new(value.to_be_bytes().into_vec());
    Secret::copy_of(without_leading_zeros(&bytes))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    number.get(first..).unwrap_or_default()
}

fn bit_length(number: &[u8]) -> u32 {
    let Some(first) = number.first() else {
        return 0;
    };
    let whole = u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8);
    whole.saturating_sub(first.leading_zeros())
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte % 2 == 1)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_larger_prime_comes_first_and_the_numbers_belong_together() {
        for seed in 0..4 {
            let mut random = StdRng::seed_from_u64(seed);
            let key = RsaPrivateKey::generate(RsaBits::Bits2048, &mut random).unwrap();
            assert_eq!(key.public().bits(), 2048);
            assert_eq!(key.public().exponent(), [1, 0, 1]);
            assert_eq!((key.prime1().len(), key.prime2().len()), (128, 128));
            assert!(key.prime1() > key.prime2());
            let big = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
            let primes = vec![big(key.prime1()), big(key.prime2())];
            let rebuilt = PrivateKey::from_components(
                big(key.public().modulus()),
                big(key.public().exponent()),
                big(key.private_exponent()),
                primes,
            );
            rebuilt.unwrap().validate().unwrap();
        }
    }

    #[test]
    fn a_public_key_has_odd_numbers_within_bounds() {
        let odd = |bytes: usize| {
            let mut number = vec![0xff; bytes];
            number[0] = 0x80;
            number
        };
        let even = |bytes: usize| vec![0xfe; bytes];
        let exponent = [1, 0, 1];
        assert_eq!(RsaPublicKey::new(&odd(128), &exponent).unwrap().bits(), 1024);
        assert_eq!(RsaPublicKey::new(&odd(1024), &exponent).unwrap().bits(), 8192);
        assert_eq!(RsaPublicKey::new(&odd(128), &[3]).unwrap().exponent(), [3]);
        let padded = [&[0, 0][..], &odd(256)].concat();
        assert_eq!(RsaPublicKey::new(&padded, &[0, 1, 0, 1]).unwrap().modulus(), odd(256));
        for (modulus, exponent, error) in [
            (odd(127), &exponent[..], KeyError::RsaTooShort { bits: 1016 }),
            (odd(1025), &exponent, KeyError::RsaTooLong { bits: 8200 }),
            (vec![], &exponent, KeyError::RsaTooShort { bits: 0 }),
            (even(256), &exponent, KeyError::RsaModulusEven),
            (odd(256), &[], KeyError::RsaExponentInvalid),
            (odd(256), &[1], KeyError::RsaExponentInvalid),
            (odd(256), &[4], KeyError::RsaExponentInvalid),
            (odd(256), &odd(256), KeyError::RsaExponentTooLarge),
        ] {
            assert_eq!(RsaPublicKey::new(&modulus, exponent), Err(error));
        }
    }
}

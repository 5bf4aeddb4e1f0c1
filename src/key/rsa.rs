//! RSA keys (RFC 8017 section 3).

use rand::rngs::SysError;

use super::crt::{self, CrtNumbers};
use super::numbers::{self, CheckedCrt, RsaNumbers, without_leading_zeros};
use super::prime::PUBLIC_EXPONENT;
use super::{GenerateError, KeyError, PrimeSearch};
use crate::secret::{Secret, wiping_stack};

/// The RSA key lengths that this program generates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2048 bits, the only length that EC2 generates.
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

/// An RSA public key within the bounds of EC2 and common programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// Minimum length of the modulus in bits, as documented by EC2.
    pub const MIN_BITS: u32 = 1024;
    /// Maximum length of the modulus in bits. EC2 documents no maximum. A user has reported that
    /// EC2 imports keys of this length; this was not tested.
    pub const MAX_BITS: u32 = 8192;

    /// Validates a modulus and exponent, both big-endian. Drops leading zeros.
    ///
    /// # Errors
    ///
    /// An `Rsa…` variant of [`KeyError`].
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        let bits = bit_length(modulus);
        if bits < Self::MIN_BITS {
            return Err(KeyError::RsaTooShort { bits });
        }
        if bits > Self::MAX_BITS {
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

    /// Returns the public exponent e, big-endian without leading zeros.
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

/// An RSA private key with two primes: the numbers of RFC 8017 section 3.2, second representation,
/// big-endian without leading zeros.
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
    /// Generates a key with the public exponent 65537.
    ///
    /// The larger prime comes first. PuTTY re-sorts the primes when it loads a key, and EC2's
    /// fingerprint of a created key depends on their order. Only this order preserves the
    /// fingerprint through a conversion to PuTTY's format and back.
    ///
    /// # Errors
    ///
    /// [`GenerateError`].
    pub fn generate(bits: RsaBits, search: PrimeSearch) -> Result<Self, GenerateError> {
        loop {
            if let Some(key) = Self::generate_alongside(bits, search, || true)? {
                return Ok(key);
            }
        }
    }

    /// Generates a key while the calling thread first runs `before_joining`, then joins the search.
    /// If `before_joining` returns false, cancels the search and returns `None`.
    ///
    /// # Errors
    ///
    /// [`GenerateError`]. In that case `before_joining` has not run.
    pub fn generate_alongside(
        bits: RsaBits,
        search: PrimeSearch,
        before_joining: impl FnOnce() -> bool,
    ) -> Result<Option<Self>, GenerateError> {
        let mut before_joining = Some(before_joining);
        let mut is_wanted = true;
        while is_wanted {
            let before_joining = || {
                is_wanted = before_joining.take().is_none_or(|before_joining| before_joining());
                is_wanted
            };
            let numbers = wiping_stack(|| match bits {
                RsaBits::Bits2048 => generate_numbers::<16>(&search, before_joining),
                RsaBits::Bits3072 => generate_numbers::<24>(&search, before_joining),
                RsaBits::Bits4096 => generate_numbers::<32>(&search, before_joining),
            });
            // `None` means that d is too small, which has negligible probability.
            if let Some(numbers) = numbers? {
                return Self::from_generated(&numbers).map(Some);
            }
        }
        Ok(None)
    }

    /// Checks the consistency of newly generated numbers (NIST SP 800-56B section 6.4.1.1).
    fn from_generated(numbers: &CrtNumbers) -> Result<Self, GenerateError> {
        let exponent = PUBLIC_EXPONENT.to_be_bytes();
        let number = |number: &Secret| Secret::copy_of(without_leading_zeros(number.expose()));
        let public = RsaPublicKey::new(numbers.modulus.expose(), &exponent);
        let key = Self {
            public: public.map_err(|_| GenerateError::Inconsistent)?,
            private_exponent: number(&numbers.private_exponent),
            prime1: number(&numbers.prime1),
            prime2: number(&numbers.prime2),
            exponent1: number(&numbers.exponent1),
            exponent2: number(&numbers.exponent2),
            coefficient: number(&numbers.coefficient),
        };
        match wiping_stack(|| numbers::check_consistency(&key.numbers())) {
            Ok(CheckedCrt { flaw: None, .. }) => Ok(key),
            Ok(CheckedCrt { flaw: Some(_), .. }) | Err(_) => Err(GenerateError::Inconsistent),
        }
    }

    /// Checks the numbers of an existing key. Keeps the order of the primes, and reduces d modulo φ(n).
    ///
    /// # Errors
    ///
    /// The `Rsa…` variant of [`KeyError`] that names the wrong number.
    pub fn from_numbers(given: &RsaNumbers<'_>) -> Result<Self, KeyError> {
        match Self::with_computed_crt(given)? {
            (key, None) => Ok(key),
            (_, Some(flaw)) => Err(flaw),
        }
    }

    /// Same as [`Self::from_numbers`], but replaces wrong CRT numbers: d mod (p − 1), d mod (q − 1)
    /// and q⁻¹ mod p. Returns the error of the first one with the key.
    ///
    /// # Errors
    ///
    /// The `Rsa…` variant of [`KeyError`] that names another wrong number.
    pub fn with_computed_crt(given: &RsaNumbers<'_>) -> Result<(Self, Option<KeyError>), KeyError> {
        let given = given.trimmed();
        let public = RsaPublicKey::new(given.modulus, given.public_exponent)?;
        let CheckedCrt { private_exponent, exponent1, exponent2, coefficient, flaw } =
            numbers::check(&given)?;
        let number = |number: &Secret| Secret::copy_of(without_leading_zeros(number.expose()));
        let key = Self {
            public,
            private_exponent: number(&private_exponent),
            prime1: Secret::copy_of(given.prime1),
            prime2: Secret::copy_of(given.prime2),
            exponent1: number(&exponent1),
            exponent2: number(&exponent2),
            coefficient: number(&coefficient),
        };
        Ok((key, flaw))
    }

    pub(super) fn numbers(&self) -> RsaNumbers<'_> {
        RsaNumbers {
            modulus: self.public.modulus(),
            public_exponent: self.public.exponent(),
            private_exponent: self.private_exponent(),
            prime1: self.prime1(),
            prime2: self.prime2(),
            exponents: Some([self.exponent1(), self.exponent2()]),
            coefficient: self.coefficient(),
        }
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// Returns the private exponent d.
    #[must_use]
    pub fn private_exponent(&self) -> &[u8] {
        self.private_exponent.expose()
    }

    /// Returns the first prime p. It is the larger one in keys generated here.
    #[must_use]
    pub fn prime1(&self) -> &[u8] {
        self.prime1.expose()
    }

    /// Returns the second prime q.
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

fn generate_numbers<const L: usize>(
    search: &PrimeSearch,
    before_joining: impl FnOnce() -> bool,
) -> Result<Option<CrtNumbers>, SysError> {
    Ok(search.find::<L>(before_joining)?.and_then(|pair| crt::from_primes(&pair)))
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
    use std::num::NonZero;

    use rsa::{BoxedUint, PrivateKey};

    use super::*;
    use crate::key::PrimeFilter;

    #[test]
    fn generated_numbers_are_consistent_and_ordered() {
        for (bits, length) in
            [(RsaBits::Bits2048, 2048), (RsaBits::Bits3072, 3072), (RsaBits::Bits4096, 4096)]
        {
            for filter in PrimeFilter::available() {
                for threads in [1, 2, 4] {
                    let threads = NonZero::new(threads).unwrap();
                    let search = PrimeSearch::default().with_filter(filter).with_threads(threads);
                    assert_sound(&RsaPrivateKey::generate(bits, search).unwrap(), length);
                }
            }
        }
    }

    fn assert_sound(key: &RsaPrivateKey, bits: u32) {
        assert_eq!(key.public().bits(), bits);
        assert_eq!(key.public().exponent(), [1, 0, 1]);
        let bytes = usize::try_from(bits).unwrap() / 16;
        assert_eq!((key.prime1().len(), key.prime2().len()), (bytes, bytes));
        assert!(key.prime1() > key.prime2());
        let big = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        let rebuilt = PrivateKey::from_components(
            big(key.public().modulus()),
            big(key.public().exponent()),
            big(key.private_exponent()),
            vec![big(key.prime1()), big(key.prime2())],
        );
        rebuilt.unwrap().validate().unwrap();
        // Checks all numbers again, d against the least common multiple, and the primes.
        RsaPrivateKey::from_numbers(&key.numbers()).unwrap();
    }

    #[test]
    fn from_generated_with_wrong_number_fails() {
        let key = RsaPrivateKey::generate(RsaBits::Bits2048, PrimeSearch::default()).unwrap();
        let right = || {
            let given = key.numbers();
            let [exponent1, exponent2] = given.exponents.unwrap().map(Secret::copy_of);
            CrtNumbers {
                modulus: Secret::copy_of(given.modulus),
                private_exponent: Secret::copy_of(given.private_exponent),
                prime1: Secret::copy_of(given.prime1),
                prime2: Secret::copy_of(given.prime2),
                exponent1,
                exponent2,
                coefficient: Secret::copy_of(given.coefficient),
            }
        };
        RsaPrivateKey::from_generated(&right()).unwrap();
        for place in [0, 1, 63, 64, 127] {
            for number in 0..7 {
                let mut wrong = right();
                let numbers = [
                    &mut wrong.modulus,
                    &mut wrong.private_exponent,
                    &mut wrong.prime1,
                    &mut wrong.prime2,
                    &mut wrong.exponent1,
                    &mut wrong.exponent2,
                    &mut wrong.coefficient,
                ];
                numbers.into_iter().nth(number).unwrap().expose_mut()[place] ^= 2;
                let error = RsaPrivateKey::from_generated(&wrong).unwrap_err();
                assert!(matches!(error, GenerateError::Inconsistent), "number {number}: {error}");
            }
        }
    }

    #[test]
    fn public_key_out_of_bounds_fails() {
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

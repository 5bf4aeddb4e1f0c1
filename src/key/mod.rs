//! What a key is, and its birth: numbers and points, no bytes on disk and no text.

#[cfg(test)]
pub(crate) mod composites;
mod crt;
pub mod ed25519;
mod modulus;
pub mod numbers;
pub mod prime;
pub mod rsa;

use std::fmt;

use rand::rngs::SysError;

pub use ed25519::{Ed25519PrivateKey, Ed25519PublicKey};
pub use modulus::ModulusFlaw;
pub use numbers::RsaNumbers;
pub use prime::{PrimeFilter, PrimeSearch};
pub use rsa::{RsaBits, RsaPrivateKey, RsaPublicKey};

/// The two types of key pair that EC2 knows
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// An ED25519 key pair, RFC 8032.
    Ed25519,
    /// An RSA key pair, RFC 8017.
    Rsa,
}

impl KeyType {
    /// Returns EC2's name of the type: `ed25519` or `rsa`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Rsa => "rsa",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What kind of key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySpecification {
    /// An ED25519 key.
    Ed25519,
    /// An RSA key of this length.
    Rsa(RsaBits),
}

impl KeySpecification {
    /// Returns the type of the keys it describes.
    #[must_use]
    pub fn key_type(self) -> KeyType {
        match self {
            Self::Ed25519 => KeyType::Ed25519,
            Self::Rsa(_) => KeyType::Rsa,
        }
    }
}

/// A public key that EC2 would accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// An ED25519 point.
    Ed25519(Ed25519PublicKey),
    /// An RSA modulus and exponent.
    Rsa(RsaPublicKey),
}

impl PublicKey {
    /// Returns the type of the key.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self {
            Self::Ed25519(_) => KeyType::Ed25519,
            Self::Rsa(_) => KeyType::Rsa,
        }
    }

    /// Returns the length in bits: of the modulus for RSA, 256 for ED25519 as OpenSSH counts it.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::Ed25519(_) => 256,
            Self::Rsa(key) => key.bits(),
        }
    }
}

/// A private key, of which the public key is part.
#[derive(Debug)]
pub enum PrivateKey {
    /// An ED25519 seed.
    Ed25519(Ed25519PrivateKey),
    /// The eight RSA numbers.
    Rsa(RsaPrivateKey),
}

impl PrivateKey {
    /// Makes a new key: an ED25519 key from the operating system's generator, an RSA key by `search`, whose
    /// generators the operating system seeds.
    ///
    /// # Errors
    ///
    /// [`GenerateError`].
    pub fn generate(
        specification: KeySpecification,
        search: PrimeSearch,
    ) -> Result<Self, GenerateError> {
        Ok(match specification {
            KeySpecification::Ed25519 => Self::Ed25519(Ed25519PrivateKey::generate()?),
            KeySpecification::Rsa(bits) => Self::Rsa(RsaPrivateKey::generate(bits, search)?),
        })
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Ed25519(key) => PublicKey::Ed25519(key.public()),
            Self::Rsa(key) => PublicKey::Rsa(key.public().clone()),
        }
    }
}

/// Why no key could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The public and the private half of a new key do not belong together. The processor or the memory of
    /// the machine has made a mistake, or this program has.
    #[error("the new key fails its consistency check")]
    Inconsistent,
    /// The operating system returns no random numbers.
    #[error("cannot get random numbers from the operating system")]
    Random(#[from] SysError),
}

/// Why some numbers are not a key that we accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An ED25519 public key that is no point of the curve, or not the point's only encoding.
    #[error("the ED25519 public key is not a point on the curve")]
    Ed25519OffCurve,
    /// An ED25519 public key of small order, with which any signature can be forged.
    #[error("the ED25519 public key has small order")]
    Ed25519SmallOrder,
    /// A number that is no RSA modulus.
    #[error("{0}")]
    RsaModulus(ModulusFlaw),
    /// A coefficient that is not the inverse of the second prime modulo the first.
    #[error("the RSA coefficient is not the inverse of q modulo p")]
    RsaCoefficientWrong,
    /// A first CRT exponent that is not d mod (p − 1).
    #[error("the first RSA CRT exponent is not d mod (p - 1)")]
    RsaExponent1Wrong,
    /// A second CRT exponent that is not d mod (q − 1).
    #[error("the second RSA CRT exponent is not d mod (q - 1)")]
    RsaExponent2Wrong,
    /// An RSA exponent of 1 or 0, or an even one, with which no RSA key exists.
    #[error("the RSA public exponent is even or less than 3")]
    RsaExponentInvalid,
    /// An RSA exponent that is not smaller than the modulus.
    #[error("the RSA public exponent is larger than the modulus")]
    RsaExponentTooLarge,
    /// A modulus that is not the product of the two primes.
    #[error("the RSA modulus is not the product of the two primes")]
    RsaModulusNotProduct,
    /// An RSA modulus that is even, so never the product of two odd primes.
    #[error("the RSA modulus is even")]
    RsaModulusEven,
    /// A first prime that is no prime.
    #[error("the first RSA prime is not a prime")]
    RsaPrime1Composite,
    /// A second prime that is no prime.
    #[error("the second RSA prime is not a prime")]
    RsaPrime2Composite,
    /// A prime that is far shorter than the other.
    #[error("an RSA prime has {bits} bits, less than a quarter of the modulus")]
    RsaPrimeTooShort {
        /// The length found, in bits.
        bits: u32,
    },
    /// Two primes that are one and the same.
    #[error("the two RSA primes are equal")]
    RsaPrimesEqual,
    /// A private exponent that does not undo the public one, or is not smaller than the modulus.
    #[error("the RSA private exponent does not belong to the public exponent")]
    RsaPrivateExponentWrong,
    /// An RSA modulus that is shorter than EC2 accepts.
    #[error("the RSA key has {bits} bits; the least is {}", RsaPublicKey::MIN_BITS)]
    RsaTooShort {
        /// The length found, in bits.
        bits: u32,
    },
    /// An RSA modulus that is longer than any program reads.
    #[error("the RSA key has {bits} bits; the most is {}", RsaPublicKey::MAX_BITS)]
    RsaTooLong {
        /// The length found, in bits.
        bits: u32,
    },
}

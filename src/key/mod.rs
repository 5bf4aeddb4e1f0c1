//! Key types and key generation: numbers and curve points only, without file formats or text.

#[cfg(test)]
pub(crate) mod composites;
mod crt;
mod decryption;
mod ed25519;
mod modulus;
mod numbers;
mod prime;
mod rsa;

use std::fmt;

use rand::rngs::SysError;

pub use decryption::DecryptionError;
pub use ed25519::{Ed25519PrivateKey, Ed25519PublicKey};
pub use modulus::ModulusFlaw;
pub use numbers::RsaNumbers;
pub use prime::{PrimeFilter, PrimeSearch};
pub use rsa::{RsaBits, RsaPrivateKey, RsaPublicKey};

/// The key pair types of EC2
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// RFC 8032.
    Ed25519,
    /// RFC 8017.
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

/// Parameters of key generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySpecification {
    /// An ED25519 key.
    Ed25519,
    /// An RSA key of this length.
    Rsa(RsaBits),
}

impl KeySpecification {
    /// Returns the type of the key to generate.
    #[must_use]
    pub fn key_type(self) -> KeyType {
        match self {
            Self::Ed25519 => KeyType::Ed25519,
            Self::Rsa(_) => KeyType::Rsa,
        }
    }
}

/// A public key within EC2's bounds.
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

    /// Returns the length in bits: of the modulus for RSA, 256 for ED25519, as OpenSSH counts.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::Ed25519(_) => 256,
            Self::Rsa(key) => key.bits(),
        }
    }
}

/// A private key. It includes the public key.
#[derive(Debug)]
pub enum PrivateKey {
    /// An ED25519 seed.
    Ed25519(Ed25519PrivateKey),
    /// The eight RSA numbers.
    Rsa(RsaPrivateKey),
}

impl PrivateKey {
    /// Generates a key. An ED25519 key comes from the operating system's random numbers, an RSA key
    /// from `search`, which the operating system seeds.
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

/// Why key generation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The public and private halves of a new key do not match: a hardware fault, or a bug in this
    /// program.
    #[error("the new key fails its consistency check")]
    Inconsistent,
    /// The operating system provided no random numbers.
    #[error("cannot get random numbers from the operating system")]
    Random(#[from] SysError),
}

/// Why numbers are rejected as a key.
#[expect(missing_docs, reason = "the messages describe the variants")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a curve point, or a non-canonical encoding of one.
    #[error("the ED25519 public key is not a point on the curve")]
    Ed25519OffCurve,
    /// With a public key of small order, anyone can forge a signature.
    #[error("the ED25519 public key has small order")]
    Ed25519SmallOrder,
    #[error("{0}")]
    RsaModulus(ModulusFlaw),
    #[error("the RSA coefficient is not the inverse of q modulo p")]
    RsaCoefficientWrong,
    #[error("the first RSA CRT exponent is not d mod (p - 1)")]
    RsaExponent1Wrong,
    #[error("the second RSA CRT exponent is not d mod (q - 1)")]
    RsaExponent2Wrong,
    #[error("the RSA public exponent is even or less than 3")]
    RsaExponentInvalid,
    #[error("the RSA public exponent is larger than the modulus")]
    RsaExponentTooLarge,
    #[error("the RSA modulus is not the product of the two primes")]
    RsaModulusNotProduct,
    #[error("the RSA modulus is even")]
    RsaModulusEven,
    #[error("the first RSA prime is not a prime")]
    RsaPrime1Composite,
    #[error("the second RSA prime is not a prime")]
    RsaPrime2Composite,
    #[error("an RSA prime has {bits} bits, less than a quarter of the modulus")]
    RsaPrimeTooShort { bits: u32 },
    /// Some programs keep only n, e and d.
    #[error("the RSA primes are missing")]
    RsaPrimesMissing,
    #[error("the two RSA primes are equal")]
    RsaPrimesEqual,
    /// The private exponent does not invert the public one, or is longer than two moduli.
    #[error("the RSA private exponent does not belong to the public exponent")]
    RsaPrivateExponentWrong,
    /// Below EC2's minimum.
    #[error("the RSA key has {bits} bits; the minimum is {}", RsaPublicKey::MIN_BITS)]
    RsaTooShort { bits: u32 },
    /// Above the maximum that common programs read.
    #[error("the RSA key has {bits} bits; the maximum is {}", RsaPublicKey::MAX_BITS)]
    RsaTooLong { bits: u32 },
}

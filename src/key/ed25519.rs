//! ED25519 keys (RFC 8032).

use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};

use super::{GenerateError, KeyError};
use crate::secret::{Seed, wiping_stack};

const LENGTH: usize = Seed::BYTES;
/// The message that a new key signs in its consistency check.
const CHECKED: &[u8] = b"keypair: pairwise consistency of a new key";

/// An ED25519 public key: a canonically encoded curve point that is not of small order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ed25519PublicKey([u8; LENGTH]);

impl Ed25519PublicKey {
    /// Validates 32 bytes of an encoded point (RFC 8032 section 5.1.2).
    ///
    /// # Errors
    ///
    /// [`KeyError::Ed25519OffCurve`] or [`KeyError::Ed25519SmallOrder`].
    pub fn from_bytes(bytes: [u8; LENGTH]) -> Result<Self, KeyError> {
        let point = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Ed25519OffCurve)?;
        if point.is_weak() {
            return Err(KeyError::Ed25519SmallOrder);
        }
        // dalek also accepts a few non-canonical encodings, with a y that is not reduced modulo
        // 2^255 - 19.
        if point.to_edwards().compress().to_bytes() != bytes {
            return Err(KeyError::Ed25519OffCurve);
        }
        Ok(Self(bytes))
    }

    /// Returns the 32 bytes of the encoded point.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

/// An ED25519 private key: a seed, the input of the derivation in RFC 8032 section 5.1.5.
#[derive(Debug)]
pub struct Ed25519PrivateKey {
    seed: Seed,
    public: Ed25519PublicKey,
}

impl Ed25519PrivateKey {
    /// Generates a key from 32 random bytes of the operating system. Checks its consistency: the
    /// public key must accept a signature made with the seed.
    ///
    /// # Errors
    ///
    /// [`GenerateError`].
    pub fn generate() -> Result<Self, GenerateError> {
        let seed = Seed::draw()?;
        wiping_stack(|| {
            let signer = SigningKey::from_bytes(seed.expose());
            let point = signer.verifying_key();
            if !is_consistent(&signer, &point) {
                return Err(GenerateError::Inconsistent);
            }
            Ok(Self { seed, public: Ed25519PublicKey(point.to_bytes()) })
        })
    }

    /// Derives the public key of a seed.
    #[must_use]
    pub fn from_seed(seed: Seed) -> Self {
        let public =
            wiping_stack(|| SigningKey::from_bytes(seed.expose()).verifying_key().to_bytes());
        Self { seed, public: Ed25519PublicKey(public) }
    }

    /// Returns the seed.
    #[must_use]
    pub fn seed(&self) -> &[u8; LENGTH] {
        self.seed.expose()
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> Ed25519PublicKey {
        self.public.clone()
    }
}

fn is_consistent(signer: &SigningKey, point: &VerifyingKey) -> bool {
    point.verify(CHECKED, &signer.sign(CHECKED)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_key_invalid_point_fails() {
        let identity = {
            let mut bytes = [0; LENGTH];
            bytes[0] = 1;
            bytes
        };
        assert_eq!(Ed25519PublicKey::from_bytes([0; LENGTH]), Err(KeyError::Ed25519SmallOrder));
        assert_eq!(Ed25519PublicKey::from_bytes(identity), Err(KeyError::Ed25519SmallOrder));
        // No point of the curve has y = 2.
        let mut off_curve = [0; LENGTH];
        off_curve[0] = 2;
        assert_eq!(Ed25519PublicKey::from_bytes(off_curve), Err(KeyError::Ed25519OffCurve));
        // y = 2^255 - 19 + 4 is the unreduced form of y = 4, which is on the curve.
        let mut unreduced = [0xff; LENGTH];
        unreduced[0] = 0xed + 4;
        unreduced[LENGTH - 1] = 0x7f;
        assert_eq!(Ed25519PublicKey::from_bytes(unreduced), Err(KeyError::Ed25519OffCurve));
    }

    /// RFC 8032 section 7.1, test 1.
    #[test]
    fn public_key_from_seed_matches_rfc_8032() {
        let seed = b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                     \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
        let public = *b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
                        \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
        let key = Ed25519PrivateKey::from_seed(Seed::copy_of(seed));
        assert_eq!(key.public(), Ed25519PublicKey::from_bytes(public).unwrap());
        assert_eq!(key.seed(), seed);
    }

    #[test]
    fn halves_of_different_keys_fail_consistency_check() {
        let seed = *Ed25519PrivateKey::generate().unwrap().seed();
        let point = SigningKey::from_bytes(&seed).verifying_key();
        assert!(is_consistent(&SigningKey::from_bytes(&seed), &point));
        for bit in 0..256 {
            let mut seed = seed;
            seed[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_consistent(&SigningKey::from_bytes(&seed), &point));
        }
    }
}

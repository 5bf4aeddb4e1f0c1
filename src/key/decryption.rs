//! Decryption with RSA (RFC 8017 section 7.2.2).
//!
//! The crate `rsa` rejects implicitly: for a wrong key its decryption returns pseudo-random bytes.
//! This protects servers, but here a wrong key must fail. So this module decrypts without padding
//! and checks the padding itself.

use crypto_bigint::ctutils::{Choice, CtEq, CtGt, CtSelect};
use rand::rngs::SysRng;
use rsa::hazmat::rsa_decrypt_and_check;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use zeroize::Zeroizing;

use super::RsaPrivateKey;
use crate::secret::{Secret, on_wiped_thread};

/// The reason why a text cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecryptionError {
    /// The text is not as long as the modulus.
    #[error("the text has {found} bytes; the key decrypts texts of {expected} bytes")]
    Length {
        /// The length of the modulus.
        expected: usize,
        /// The length of the text.
        found: usize,
    },
    /// The key cannot be used, or the system has no random numbers for blinding.
    #[error("the decryption failed")]
    Failed,
    /// The text is for another key.
    #[error("the text is not encrypted with this key")]
    Padding,
}

impl RsaPrivateKey {
    /// Decrypts a text that was encrypted with RSAES-PKCS1-v1_5.
    ///
    /// # Errors
    ///
    /// [`DecryptionError`]. About one of 2¹⁶ wrong keys passes the check of the padding, so the caller
    /// also checks the plaintext.
    pub fn decrypt(&self, text: &[u8]) -> Result<Secret, DecryptionError> {
        let (expected, found) = (self.public().modulus().len(), text.len());
        if expected != found {
            return Err(DecryptionError::Length { expected, found });
        }
        on_wiped_thread(|| {
            let padded = self.decrypt_unpadded(text).ok_or(DecryptionError::Failed)?;
            unpadded(&padded).ok_or(DecryptionError::Padding)
        })
    }

    /// Returns the padded text. Treats a number beyond the modulus as wrong padding.
    fn decrypt_unpadded(&self, text: &[u8]) -> Option<Secret> {
        let number = BoxedUint::from_be_slice_vartime;
        let primes = vec![number(self.prime1()), number(self.prime2())];
        let (modulus, exponent) = (self.public().modulus(), self.public().exponent());
        let private = number(self.private_exponent());
        let key = PrivateKey::from_components(number(modulus), number(exponent), private, primes);
        let key = key.ok()?;
        let text = BoxedUint::from_be_slice(text, key.n().bits_precision()).ok()?;
        if text >= *key.n().as_ref() {
            return Some(Secret::default());
        }
        let padded = Zeroizing::new(rsa_decrypt_and_check(&key, Some(&mut SysRng), &text).ok()?);
        let bytes = Secret::from(padded.to_be_bytes().into_vec());
        let start = bytes.len().checked_sub(modulus.len())?;
        bytes.expose().get(start..).map(Secret::copy_of)
    }
}

/// Returns the text after `00 02`, at least eight bytes that are not zero, and a zero. The time
/// depends on the lengths only.
fn unpadded(padded: &Secret) -> Option<Secret> {
    let mut is_valid = Choice::FALSE;
    let mut is_padding = Choice::TRUE;
    let mut end = 0_usize;
    for (place, byte) in padded.expose().iter().enumerate() {
        match place {
            0 => is_valid = byte.ct_eq(&0),
            1 => is_valid &= byte.ct_eq(&2),
            _ => {
                let is_zero = byte.ct_eq(&0);
                end = end.ct_select(&place, is_padding & is_zero);
                is_padding &= !is_zero;
            }
        }
    }
    is_valid &= !is_padding & end.ct_gt(&(MIN_PADDING + 1));
    // Only now may the time depend on the text.
    let text = padded.expose().get(end.checked_add(1)?..)?;
    is_valid.to_bool().then(|| Secret::copy_of(text))
}

/// The minimum number of random bytes.
const MIN_PADDING: usize = 8;

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand::SeedableRng;
    use rsa::traits::PrivateKeyParts;
    use rsa::{Pkcs1v15Encrypt, PublicKey};

    use super::*;
    use crate::format::read_private;
    use crate::key::{self, RsaNumbers};
    use crate::vectors;

    fn file(name: &str) -> RsaPrivateKey {
        match read_private(&vectors::read(name), None).unwrap().key {
            key::PrivateKey::Rsa(key) => key,
            key::PrivateKey::Ed25519(_) => panic!("{name}"),
        }
    }

    fn public(key: &RsaPrivateKey) -> PublicKey {
        let number = BoxedUint::from_be_slice_vartime;
        let public = key.public();
        PublicKey::new(number(public.modulus()), number(public.exponent())).unwrap()
    }

    fn encrypted(key: &RsaPrivateKey, text: &[u8], seed: u64) -> Vec<u8> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        public(key).encrypt(&mut random, Pkcs1v15Encrypt, text).unwrap()
    }

    #[test]
    fn decrypted_text_equals_encrypted_one() {
        let key = file("keys/rsa2048_p_lt_q_from_rust.pem");
        let longest = vec![b'x'; 256 - 11];
        for text in [&b"gtH3&<>%\"'$()"[..], b"", b"\0", &longest] {
            let found = key.decrypt(&encrypted(&key, text, 1)).unwrap();
            assert_eq!(found.expose(), text);
        }
    }

    #[test]
    fn text_of_wrong_length_is_refused() {
        let key = file("keys/rsa2048_p_lt_q_from_rust.pem");
        for found in [0, 1, 128, 255, 257, 512, 1 << 20] {
            let error = key.decrypt(&vec![1; found]).unwrap_err();
            assert_eq!(error, DecryptionError::Length { expected: 256, found });
        }
        // Numbers beyond the modulus.
        assert_eq!(key.decrypt(&[0xff; 256]).unwrap_err(), DecryptionError::Padding);
        let modulus = key.public().modulus();
        assert_eq!(key.decrypt(modulus).unwrap_err(), DecryptionError::Padding);
        assert_eq!(key.decrypt(&[0; 256]).unwrap_err(), DecryptionError::Padding);
    }

    /// The 46 primes of 23 keys are the primes of 1035 keys.
    #[test]
    fn no_wrong_key_is_accepted() {
        let mut random = ChaCha20Rng::seed_from_u64(7);
        let mut primes = Vec::new();
        for _ in 0..23 {
            let key = PrivateKey::new_unchecked(&mut random, 1024).unwrap();
            for prime in key.primes() {
                let prime: &BoxedUint = prime.as_ref();
                primes.push(prime.clone());
            }
        }
        let text = encrypted(&file("keys/rsa1024.pem"), b"password", 2);
        let mut keys = 0;
        for (place, prime1) in primes.iter().enumerate() {
            for prime2 in &primes[..place] {
                let key = from_primes(prime1, prime2);
                assert_eq!(key.decrypt(&text).unwrap_err(), DecryptionError::Padding);
                keys += 1;
            }
        }
        assert_eq!(keys, 1035);
    }

    fn from_primes(prime1: &BoxedUint, prime2: &BoxedUint) -> RsaPrivateKey {
        let exponent = BoxedUint::from(65537_u32);
        let key = PrivateKey::from_p_q(prime1.clone(), prime2.clone(), exponent).unwrap();
        let modulus: &BoxedUint = key.n().as_ref();
        let numbers = RsaNumbers {
            modulus: &modulus.to_be_bytes(),
            public_exponent: &[1, 0, 1],
            private_exponent: &key.d().to_be_bytes(),
            prime1: &prime1.to_be_bytes(),
            prime2: &prime2.to_be_bytes(),
            exponents: None,
            coefficient: &[1],
        };
        RsaPrivateKey::with_computed_crt(&numbers).unwrap().0
    }

    #[test]
    fn every_fault_of_the_padding_is_refused() {
        let padded = |start: [u8; 2], padding: &[u8], end: &[u8]| {
            unpadded(&Secret::from([&start[..], padding, end].concat()))
        };
        let text = |found: Option<Secret>| found.map(|text| text.expose().to_vec());
        assert_eq!(text(padded([0, 2], &[7; 8], b"\0text")), Some(b"text".to_vec()));
        assert_eq!(text(padded([0, 2], &[7; 8], b"\0")), Some(Vec::new()));
        assert_eq!(text(padded([0, 2], &[1; 200], b"\0a\0b")), Some(b"a\0b".to_vec()));
        for length in 0..8 {
            assert_eq!(text(padded([0, 2], &vec![7; length], b"\0text")), None, "{length}");
        }
        for first in 1..=255 {
            assert_eq!(text(padded([first, 2], &[7; 8], b"\0text")), None, "{first}");
        }
        for second in (0..=255).filter(|second| *second != 2) {
            assert_eq!(text(padded([0, second], &[7; 8], b"\0text")), None, "{second}");
        }
        assert_eq!(text(padded([0, 2], &[7; 8], b"text")), None);
        assert_eq!(text(unpadded(&Secret::default())), None);
        assert_eq!(text(unpadded(&Secret::copy_of(&[0]))), None);
        assert_eq!(text(unpadded(&Secret::copy_of(&[0, 2]))), None);
    }
}

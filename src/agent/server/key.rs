//! The key that the built-in agent holds, and its signatures.

use std::fmt;

use chacha20::ChaCha20Rng;
use ed25519_dalek::{Signer, SigningKey};
use rand::SeedableRng;
use rand::rngs::SysRng;
use rsa::BoxedUint;
use sha2::{Sha256, Sha512};

use super::locked::Locked;
use super::request::{self, Request};
use crate::agent::AgentServerError;
use crate::format::{Comment, WireReader, WireWriter, blob};
use crate::key::{PrivateKey, PublicKey, RsaPublicKey};
use crate::secret::{self, Secret};

/// The flags of the signatures that an RSA key makes (draft-ietf-sshm-ssh-agent, "Signature flags").
const RSA_SHA2_256: u32 = 2;
const RSA_SHA2_512: u32 = 4;

/// A private key. Between two signatures, its numbers are in locked memory only. Each signature is computed on a
/// thread of its own, which ends with it, and the copies that `rsa` and `ed25519-dalek` need are overwritten.
pub struct HeldKey {
    public: PublicKey,
    blob: Vec<u8>,
    comment: Comment,
    numbers: Locked,
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HeldKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl HeldKey {
    /// Takes a key over. Copies stay on the stack and in the registers of the calling thread, unless this is called
    /// within [`secret::on_wiped_thread`].
    ///
    /// # Errors
    ///
    /// [`AgentServerError::Key`].
    pub fn new(key: PrivateKey, comment: &Comment) -> Result<Self, AgentServerError> {
        let numbers = match &key {
            PrivateKey::Ed25519(key) => Secret::copy_of(key.seed()),
            PrivateKey::Rsa(key) => WireWriter::default()
                .mpint(key.private_exponent())
                .mpint(key.prime1())
                .mpint(key.prime2())
                .finish(),
        };
        let public = key.public();
        drop(key);
        let held = Self {
            blob: blob::encode(&public),
            public,
            comment: comment.clone(),
            numbers: Locked::copy_of(&numbers),
        };
        if let PublicKey::Rsa(public) = &held.public {
            held.rsa(public).ok_or(AgentServerError::Key)?;
        }
        Ok(held)
    }

    /// Returns whether the system keeps the numbers in memory.
    pub(super) fn is_locked(&self) -> bool {
        self.numbers.is_locked()
    }

    /// Answers a message.
    pub(super) fn answer(&self, message: &[u8]) -> Secret {
        let answer = match Request::read(message) {
            Some(Request::Identities) => {
                Some(request::identities_response(&self.blob, self.comment.as_bytes()))
            }
            Some(Request::Sign { blob, data, flags }) if blob == self.blob => {
                secret::on_wiped_thread(|| self.sign(data, flags))
            }
            _ => None,
        };
        answer.unwrap_or_else(request::failure)
    }

    /// Signs as RFC 8709 and RFC 8332 have it. The signature of RFC 4253, with SHA-1, is not made, which
    /// OpenSSH has asked for nowhere since version 8.8.
    fn sign(&self, data: &[u8], flags: u32) -> Option<Secret> {
        match &self.public {
            PublicKey::Ed25519(_) => {
                let seed = self.numbers.expose().try_into().ok()?;
                let signature = SigningKey::from_bytes(seed).sign(data);
                Some(request::sign_response("ssh-ed25519", &signature.to_bytes()))
            }
            PublicKey::Rsa(public) => {
                let key = self.rsa(public)?;
                // Blinds the exponentiation.
                let random = &mut ChaCha20Rng::try_from_rng(&mut SysRng).ok()?;
                let (name, signature) = if flags & RSA_SHA2_256 != 0 {
                    ("rsa-sha2-256", key.pkcs1v15_sign_with_rng::<Sha256, _>(random, data))
                } else if flags & RSA_SHA2_512 != 0 {
                    ("rsa-sha2-512", key.pkcs1v15_sign_with_rng::<Sha512, _>(random, data))
                } else {
                    return None;
                };
                Some(request::sign_response(name, &signature.ok()?))
            }
        }
    }

    /// Returns the key for one signature.
    fn rsa(&self, public: &RsaPublicKey) -> Option<rsa::PrivateKey> {
        let mut reader = WireReader::new(self.numbers.expose());
        let mut next = || reader.mpint().ok();
        let (exponent, prime1, prime2) = (next()?, next()?, next()?);
        let number = BoxedUint::from_be_slice_vartime;
        let primes = vec![number(prime1), number(prime2)];
        let (modulus, public_exponent) = (number(public.modulus()), number(public.exponent()));
        rsa::PrivateKey::from_components(modulus, public_exponent, number(exponent), primes).ok()
    }
}

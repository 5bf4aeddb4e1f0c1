//! The key of the built-in agent, and its signatures.

use std::fmt;

use chacha20::ChaCha20Rng;
use ed25519_dalek::{Signer, SigningKey};
use rand::SeedableRng;
use rand::rngs::SysRng;
use rsa::BoxedUint;
use sha2::{Sha256, Sha512};

use super::locked::LockedBytes;
use super::request::{self, Request};
use crate::agent::AgentServerError;
use crate::format::{Comment, WireReader, WireWriter, blob};
use crate::key::{PrivateKey, PublicKey, RsaPublicKey};
use crate::secret::{self, Secret};

/// The signature flags of RSA keys (draft-ietf-sshm-ssh-agent, "Signature flags").
const RSA_SHA2_256: u32 = 2;
const RSA_SHA2_512: u32 = 4;

/// A private key, stored in locked memory between signatures. Each signature is computed on a
/// short-lived thread, which overwrites the copies that `rsa` and `ed25519-dalek` need.
pub struct HeldKey {
    public: PublicKey,
    blob: Vec<u8>,
    comment: Comment,
    numbers: LockedBytes,
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HeldKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl HeldKey {
    /// Moves a key into locked memory. Copies remain on the stack and in the registers of the
    /// calling thread, unless it runs in [`secret::on_wiped_thread`].
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
            numbers: LockedBytes::copy_of(&numbers),
        };
        if let PublicKey::Rsa(public) = &held.public {
            held.rsa(public).ok_or(AgentServerError::Key)?;
        }
        Ok(held)
    }

    /// Returns whether the key is in locked memory.
    pub(super) fn is_locked(&self) -> bool {
        self.numbers.is_locked()
    }

    /// Returns the response to a request.
    pub(super) fn respond(&self, message: &[u8]) -> Secret {
        let response = match Request::read(message) {
            Some(Request::Identities) => {
                Some(request::identities_response(&self.blob, self.comment.as_bytes()))
            }
            Some(Request::Sign { blob, data, flags }) if blob == self.blob => {
                secret::on_wiped_thread(|| self.sign(data, flags))
            }
            _ => None,
        };
        response.unwrap_or_else(request::failure)
    }

    /// Signs according to RFC 8709 and RFC 8332. Refuses the SHA-1 signatures of RFC 4253, which
    /// OpenSSH has not requested since version 8.8.
    fn sign(&self, data: &[u8], flags: u32) -> Option<Secret> {
        match &self.public {
            PublicKey::Ed25519(_) => {
                let seed = self.numbers.expose().try_into().ok()?;
                let signature = SigningKey::from_bytes(seed).sign(data);
                Some(request::sign_response("ssh-ed25519", &signature.to_bytes()))
            }
            PublicKey::Rsa(public) => {
                let key = self.rsa(public)?;
                // For blinding.
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

    /// Rebuilds the key for one signature.
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

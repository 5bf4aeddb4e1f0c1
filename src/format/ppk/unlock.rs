//! Reads the private half of PuTTY private key files.

use super::protection::Keys;
use super::read::PpkFile;
use crate::format::checked::CheckedKey;
use crate::format::ed25519::{self, SEED_BYTES};
use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::key::{Ed25519PrivateKey, Ed25519PublicKey, PublicKey, RsaNumbers, RsaPublicKey};
use crate::secret::Secret;

impl PpkFile<'_> {
    /// Returns the private key, which must match the public one.
    pub(in crate::format) fn unlock(
        &self,
        passphrase: Option<&Secret>,
    ) -> Result<CheckedKey, FormatError> {
        if !self.encrypted {
            let mut reader = WireReader::new(self.private_blob.expose());
            let key = read(&mut reader, &self.public)?;
            reader.finish()?;
            return Ok(key);
        }
        if let Some(derivation) = &self.derivation {
            derivation.check()?;
        }
        let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
        let keys = match &self.derivation {
            Some(derivation) => Keys::derive_v3(passphrase, derivation),
            None => Keys::derive_v2(passphrase),
        }?;
        let mut blob = Secret::copy_of(self.private_blob.expose());
        keys.decrypt(&mut blob)?;
        keys.verify(&self.mac_input(&keys, &blob), &self.mac)?;
        // Padding follows, and the MAC covers it. PuTTY pads with a digest, other programs with any
        // bytes.
        read(&mut WireReader::new(blob.expose()), &self.public)
    }
}

/// Reads the private numbers as stored by `write`.
fn read(reader: &mut WireReader<'_>, public: &PublicKey) -> Result<CheckedKey, FormatError> {
    match public {
        PublicKey::Ed25519(public) => Ok(read_ed25519(reader.string()?, public)?.into()),
        PublicKey::Rsa(public) => read_rsa(reader, public),
    }
}

/// Reads a seed. PuTTY before 0.75 omitted trailing zero bytes. Programs that follow appendix C.3,
/// which calls the seed an `mpint`, add a zero before a first byte above 0x7f.
fn read_ed25519(given: &[u8], public: &Ed25519PublicKey) -> Result<Ed25519PrivateKey, FormatError> {
    let given = match given {
        [0, seed @ ..] if seed.len() == SEED_BYTES => seed,
        _ => given,
    };
    let mut seed = Secret::with_capacity(SEED_BYTES);
    seed.push(given);
    seed.push([0; SEED_BYTES].get(given.len()..).unwrap_or_default());
    ed25519::read_pair(public, seed.expose())
}

fn read_rsa(reader: &mut WireReader<'_>, public: &RsaPublicKey) -> Result<CheckedKey, FormatError> {
    Ok(CheckedKey::of_numbers(&RsaNumbers {
        modulus: public.modulus(),
        public_exponent: public.exponent(),
        private_exponent: reader.mpint()?,
        prime1: reader.mpint()?,
        prime2: reader.mpint()?,
        exponents: None,
        coefficient: reader.mpint()?,
    })?)
}

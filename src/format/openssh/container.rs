//! Reads the container of a private key (OpenSSH's PROTOCOL.key).
//!
//! This reader is hand-written because ssh-key reports most faults as one error and does not limit
//! the number of bcrypt rounds. ssh-key still does the key derivation and the decryption.

use ssh_key::{Cipher, Kdf};

use super::section::PrivateSection;
use crate::format::blob;
use crate::format::checked::CheckedKey;
use crate::format::comment::Comment;
use crate::format::cost::{self, check_max, invalid};
use crate::format::derivation::{DerivationCost, MAX_BCRYPT_ROUNDS};
use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::key::PublicKey;
use crate::secret::Secret;

const MAGIC: &[u8] = b"openssh-key-v1\0";
/// The name of the absent cipher and key derivation.
const NONE: &[u8] = b"none";
/// The block size for padding an unencrypted section.
const CLEAR_BLOCK_BYTES: usize = 8;
/// The maximum length of an authenticated cipher's tag, which follows the encrypted section.
const MAX_TAG_BYTES: usize = 16;

/// A container of one key. The public half is never encrypted.
pub(in crate::format) struct Container<'a> {
    pub(in crate::format) public: PublicKey,
    cipher: &'a [u8],
    derivation: &'a [u8],
    derivation_options: &'a [u8],
    section: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Container<'a> {
    /// Reads all unencrypted parts except the private half.
    pub(in crate::format) fn read(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let fields = bytes.strip_prefix(MAGIC).ok_or(FormatError::OpensshMagic)?;
        let mut reader = WireReader::new(fields);
        let cipher = reader.string()?;
        let derivation = reader.string()?;
        let derivation_options = reader.string()?;
        if (cipher == NONE) != (derivation == NONE) {
            return Err(FormatError::OpensshCipher);
        }
        if reader.uint32()? != 1 {
            return Err(FormatError::SeveralKeys);
        }
        let public = blob::decode(reader.string()?)?;
        let section = reader.string()?;
        let tag = reader.rest();
        if cipher == NONE || tag.len() > MAX_TAG_BYTES {
            reader.finish()?;
        }
        Ok(Self { public, cipher, derivation, derivation_options, section, tag })
    }

    pub(in crate::format) fn is_encrypted(&self) -> bool {
        self.cipher != NONE
    }

    /// Returns the cost of the key derivation if the private half is encrypted.
    pub(in crate::format) fn cost(&self) -> Result<Option<DerivationCost>, FormatError> {
        if !self.is_encrypted() {
            return Ok(None);
        }
        Ok(match self.bcrypt()? {
            Kdf::Bcrypt { rounds, .. } => Some(DerivationCost::Bcrypt { rounds }),
            _ => None,
        })
    }

    /// Returns the comment if the private half is unencrypted. Then that half must match the public
    /// half.
    pub(in crate::format) fn comment_in_clear(&self) -> Result<Option<Comment>, FormatError> {
        if self.is_encrypted() {
            return Ok(None);
        }
        Ok(Some(self.section_in_clear()?.comment))
    }

    pub(in crate::format) fn unlock(
        &self,
        passphrase: Option<&Secret>,
    ) -> Result<(CheckedKey, Comment), FormatError> {
        if self.is_encrypted() {
            let section = self.decrypt(passphrase)?;
            let section = PrivateSection::read(section.expose(), &self.public);
            let section = section.map_err(|fault| match fault {
                FormatError::OpensshCheck => FormatError::PassphraseWrong,
                other => other,
            });
            section?.check()
        } else {
            self.section_in_clear()?.check()
        }
    }

    fn section_in_clear(&self) -> Result<PrivateSection<'a>, FormatError> {
        if !self.derivation_options.is_empty() {
            return Err(FormatError::OpensshCipher);
        }
        whole_blocks(self.section, CLEAR_BLOCK_BYTES)?;
        PrivateSection::read(self.section, &self.public)
    }

    /// Decrypts the section. Only authenticated ciphers detect a wrong passphrase here.
    fn decrypt(&self, passphrase: Option<&Secret>) -> Result<Secret, FormatError> {
        let cipher = std::str::from_utf8(self.cipher).ok().and_then(|name| Cipher::new(name).ok());
        let cipher = cipher.ok_or(FormatError::CipherUnknown)?;
        let tag = if cipher.has_tag() {
            let tag = self.tag.try_into();
            Some(tag.map_err(|_| FormatError::OpensshTag { length: self.tag.len() })?)
        } else if self.tag.is_empty() {
            None
        } else {
            return Err(FormatError::WireTrailing { count: self.tag.len() });
        };
        whole_blocks(self.section, cipher.block_size())?;
        let derivation = self.bcrypt()?;

        let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
        if passphrase.is_empty() {
            return Err(FormatError::PassphraseEmpty);
        }
        let (key, initial_vector) = derivation.derive_key_and_iv(cipher, passphrase.expose())?;
        let mut section = Secret::copy_of(self.section);
        cipher
            .decrypt(&key, &initial_vector, section.expose_mut(), tag)
            .map_err(|_| FormatError::PassphraseWrong)?;
        Ok(section)
    }

    fn bcrypt(&self) -> Result<Kdf, FormatError> {
        if self.derivation != b"bcrypt" {
            return Err(FormatError::KeyDerivationUnknown);
        }
        let mut options = WireReader::new(self.derivation_options);
        let salt = options.string()?.to_vec();
        let rounds = options.uint32()?;
        options.finish()?;
        if salt.is_empty() {
            return Err(invalid("bcrypt salt"));
        }
        if rounds == 0 {
            return Err(invalid("number of bcrypt rounds"));
        }
        check_max("bcrypt rounds", rounds, MAX_BCRYPT_ROUNDS)?;
        cost::check_salt(&salt)?;
        Ok(Kdf::Bcrypt { salt, rounds })
    }
}

fn whole_blocks(section: &[u8], block_bytes: usize) -> Result<(), FormatError> {
    if section.len().is_multiple_of(block_bytes) { Ok(()) } else { Err(FormatError::CipherBlocks) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn container(name: &str) -> Vec<u8> {
        vectors::read_pem(&format!("keys/{name}"))
    }

    /// Returns the container with the first `from` replaced by `to`.
    fn changed(from: &[u8], to: &[u8]) -> Vec<u8> {
        let bytes = container("ed25519.openssh");
        let start = bytes.windows(from.len()).position(|part| part == from);
        let (before, after) = bytes.split_at(start.unwrap());
        [before, to, &after[from.len()..]].concat()
    }

    /// Returns the error, which must be the same for both halves.
    fn fault(bytes: &[u8]) -> String {
        let public = Container::read(bytes).and_then(|container| container.comment_in_clear());
        let private = Container::read(bytes).and_then(|container| container.unlock(None));
        let public = format!("{:?}", public.unwrap_err());
        assert_eq!(public, format!("{:?}", private.map(|_| ()).unwrap_err()));
        public
    }

    #[test]
    fn unencrypted_halves_that_differ_fail() {
        let bytes = container("ed25519.openssh");
        let other = container("edge_lead91.openssh");
        // The point is in the public half, and twice in the private half, the second time after the
        // seed.
        for place in [62, 125, 193] {
            assert_eq!(&bytes[place..place + 32], &bytes[62..94]);
            let mut changed = bytes.clone();
            changed[place..place + 32].copy_from_slice(&other[62..94]);
            assert_eq!(fault(&changed), "HalvesDiffer", "{place}");
        }
        let mut changed = bytes.clone();
        changed[161] ^= 1;
        assert_eq!(fault(&changed), "HalvesDiffer");
    }

    #[test]
    fn container_faults_are_named() {
        for (from, to, error) in [
            (&b"openssh-key-v1"[..], &b"openssh-key-v2"[..], "OpensshMagic"),
            (b"\0\0\0\x04none\0\0\0\x04none", b"\0\0\0\x03aes\0\0\0\x04none", "OpensshCipher"),
            (b"none\0\0\0\0", b"none\0\0\0\x01 ", "OpensshCipher"),
            (b"\0\0\0\0\0\0\0\x01", b"\0\0\0\0\0\0\0\x02", "SeveralKeys"),
            (b"\0\0\0\0\0\0\0\x01", b"\xff\xff\xff\xff\0\0\0\x01", "WireTruncated"),
            (&container("ed25519.openssh")[98..102], b"1234", "OpensshCheck"),
            (b"\x01\x02\x03", b"\x01\x02\x04", "OpensshPadding"),
        ] {
            let fault = fault(&changed(from, to));
            assert!(fault.starts_with(error), "{fault} should be {error}");
        }
        let longer = [&container("ed25519.openssh")[..], b"\0"].concat();
        assert_eq!(fault(&longer), "WireTrailing { count: 1 }");
    }
}

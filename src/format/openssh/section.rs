//! The decrypted private section of a container (OpenSSH's PROTOCOL.key, section 3).

use crate::format::blob;
use crate::format::checked::CheckedKey;
use crate::format::comment::Comment;
use crate::format::ed25519::{self, SEED_BYTES};
use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::key::{Ed25519PrivateKey, PublicKey, RsaNumbers, RsaPublicKey};

/// OpenSSH pads with less than a block, PuTTYgen with up to sixteen bytes.
const MAX_PADDING_BYTES: usize = 16;

/// A private section that matches the public key of its container.
pub(super) struct PrivateSection<'a> {
    key: UncheckedKey<'a>,
    pub(super) comment: Comment,
}

/// A private key before the consistency check of its RSA numbers.
enum UncheckedKey<'a> {
    Ed25519(Ed25519PrivateKey),
    Rsa(RsaNumbers<'a>),
}

impl<'a> PrivateSection<'a> {
    /// Reads a complete section.
    pub(super) fn read(bytes: &'a [u8], public: &PublicKey) -> Result<Self, FormatError> {
        let mut reader = WireReader::new(bytes);
        if reader.uint32()? != reader.uint32()? {
            return Err(FormatError::OpensshCheck);
        }
        if blob::key_type(reader.string()?)? != public.key_type() {
            return Err(FormatError::HalvesDiffer);
        }
        let key = match public {
            PublicKey::Ed25519(public) => {
                let point = reader.string()?;
                let pair = reader.string()?;
                // The seed, and the public key once more.
                let (seed, repeated) = pair
                    .split_at_checked(SEED_BYTES)
                    .ok_or(FormatError::Ed25519Length { length: pair.len() })?;
                if [point, repeated] != [public.as_bytes(); 2] {
                    return Err(FormatError::HalvesDiffer);
                }
                UncheckedKey::Ed25519(ed25519::read_pair(public, seed)?)
            }
            PublicKey::Rsa(public) => {
                let mut number = || reader.mpint();
                let numbers = RsaNumbers {
                    modulus: number()?,
                    public_exponent: number()?,
                    private_exponent: number()?,
                    coefficient: number()?,
                    prime1: number()?,
                    prime2: number()?,
                    exponents: None,
                };
                if RsaPublicKey::new(numbers.modulus, numbers.public_exponent)? != *public {
                    return Err(FormatError::HalvesDiffer);
                }
                UncheckedKey::Rsa(numbers)
            }
        };
        let comment = Comment::in_file(reader.string()?);
        let padding = reader.rest();
        if padding.len() > MAX_PADDING_BYTES
            || !padding.iter().copied().eq((1..).take(padding.len()))
        {
            return Err(FormatError::OpensshPadding);
        }
        Ok(Self { key, comment })
    }

    /// Checks the consistency of the numbers.
    pub(super) fn check(self) -> Result<(CheckedKey, Comment), FormatError> {
        let key = match self.key {
            UncheckedKey::Ed25519(key) => key.into(),
            UncheckedKey::Rsa(numbers) => CheckedKey::of_numbers(&numbers)?,
        };
        Ok((key, self.comment))
    }
}

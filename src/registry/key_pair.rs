//! A registered key pair, and one about to be.

use std::fmt;

use rand::CryptoRng;

use super::{CreateTime, KeyName, PublicLine, Tags};
use crate::fingerprint;
use crate::format::{FormatError, openssh};
use crate::key::{KeyType, PrivateKey, PublicKey};

/// A registered key pair, as DescribeKeyPairs returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The id that the registry gave it.
    pub id: KeyPairId,
    /// The name that the user gave it.
    pub name: KeyName,
    /// The type of its key, if the registry says it.
    pub key_type: Option<KeyType>,
    /// The fingerprint as EC2 would show it.
    pub fingerprint: String,
    /// The OpenSSH public key, if it was asked for and the registry says it.
    pub public_key: Option<PublicLine>,
    /// When it was registered, if the registry says it.
    pub created: Option<CreateTime>,
    /// Its tags.
    pub tags: Tags,
}

/// The id of a key pair: `key-` and 17 hexadecimal digits.
///
/// An id that was typed in is taken as it is: whether a pair has it is for the registry to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPairId(String);

impl KeyPairId {
    /// Takes an id as it was typed.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Makes a new id, one of 2⁶⁸.
    #[must_use]
    pub fn random(random: &mut (impl CryptoRng + ?Sized)) -> Self {
        let (high, low) = (random.next_u32() & 0xf, random.next_u64());
        Self(format!("key-{high:x}{low:016x}"))
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPairId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where the key of a pair was made, on which EC2's fingerprint of an RSA key depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made by whoever registered it.
    Created,
    /// Made elsewhere.
    Imported,
}

impl Origin {
    /// Returns the word for it: `created` or `imported`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Imported => "imported",
        }
    }
}

/// A pair to be registered: all that a registry needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The name, to be found free by the registry.
    pub name: KeyName,
    /// The type of the key.
    pub key_type: KeyType,
    /// The length of the key in bits.
    pub bits: u32,
    /// The OpenSSH public key, `TYPE BASE64` without a comment.
    pub public_key: String,
    /// The fingerprint as EC2 would show it.
    pub fingerprint: String,
    /// The fingerprint as EC2 shows it for a key that it did not make.
    pub imported_fingerprint: String,
    /// Where the key was made.
    pub origin: Origin,
    /// The tags.
    pub tags: Tags,
}

impl Registration {
    /// Returns the registration of a key that was made here.
    ///
    /// # Errors
    ///
    /// [`FormatError`] if the key cannot be encoded to take its fingerprint.
    pub fn created(name: KeyName, key: &PrivateKey, tags: Tags) -> Result<Self, FormatError> {
        let fingerprint = fingerprint::ec2_created(key)?;
        let key = key.public();
        let imported = fingerprint::ec2_imported(&key)?;
        Ok(Self::new(name, &key, [fingerprint, imported], Origin::Created, tags))
    }

    /// Returns the registration of a key that was made elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Registration::created`].
    pub fn imported(name: KeyName, key: &PublicKey, tags: Tags) -> Result<Self, FormatError> {
        let imported = fingerprint::ec2_imported(key)?;
        Ok(Self::new(name, key, [imported.clone(), imported], Origin::Imported, tags))
    }

    fn new(
        name: KeyName,
        key: &PublicKey,
        [fingerprint, imported_fingerprint]: [String; 2],
        origin: Origin,
        tags: Tags,
    ) -> Self {
        Self {
            name,
            key_type: key.key_type(),
            bits: key.bits(),
            public_key: openssh::bare_public_line(key),
            fingerprint,
            imported_fingerprint,
            origin,
            tags,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn ids_look_like_ec2s() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..100 {
            let id = KeyPairId::random(&mut random).to_string();
            let digits = id.strip_prefix("key-").unwrap();
            assert_eq!(digits.len(), 17);
            assert!(digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
    }
}

//! A registered key pair, and the requests to register or generate one.

use std::fmt;

use rand::CryptoRng;

use super::{CreateTime, KeyName, Location, PublicLine, Tags};
use crate::fingerprint;
use crate::format::{FormatError, openssh};
use crate::key::{KeyType, PrivateKey, PublicKey};
use crate::secret::Secret;

/// A registered key pair, as DescribeKeyPairs returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    pub id: KeyPairId,
    pub name: KeyName,
    /// `None` if the registry does not return it.
    pub key_type: Option<KeyType>,
    /// The fingerprint in EC2's format.
    pub fingerprint: String,
    /// `None` unless it was selected and the registry returns it.
    pub public_key: Option<PublicLine>,
    /// `None` if the registry does not return it.
    pub created: Option<CreateTime>,
    pub tags: Tags,
    /// Set if the command uses several regions.
    pub location: Option<Location>,
}

/// The ID of a key pair: `key-` and 17 hexadecimal digits.
///
/// An ID from the command line is not checked: the registry reports an unknown ID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPairId(String);

impl KeyPairId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns one of 2⁶⁸ random IDs.
    pub fn random(random: &mut (impl CryptoRng + ?Sized)) -> Self {
        let (high, low) = (random.next_u32() & 0xf, random.next_u64());
        Self(format!("key-{high:x}{low:016x}"))
    }

    /// Returns whether the ID has the form of those that [`KeyPairId::random`] returns.
    pub fn is_valid(&self) -> bool {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits = self.0.strip_prefix("key-").unwrap_or_default();
        digits.len() == 17 && digits.bytes().all(is_digit)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPairId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The origin of a key. EC2's fingerprint of an RSA key depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Generated together with its registration.
    Created,
    /// Generated elsewhere.
    Imported,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Imported => "imported",
        }
    }
}

/// A request to register a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub name: KeyName,
    pub key_type: KeyType,
    pub bits: u32,
    /// The OpenSSH public key, `TYPE BASE64` without a comment.
    pub public_key: String,
    /// The comment to send with the public key. Registries replace it by the name.
    pub comment: Option<Vec<u8>>,
    /// The fingerprint in EC2's format.
    pub fingerprint: String,
    /// The fingerprint in EC2's format for imported keys.
    pub imported_fingerprint: String,
    pub origin: Origin,
    pub tags: Tags,
}

impl Registration {
    /// Returns the registration of a new key.
    pub fn created(name: KeyName, key: &PrivateKey, tags: Tags) -> Result<Self, FormatError> {
        let fingerprint = fingerprint::ec2_created(key)?;
        let key = key.public();
        let imported = fingerprint::ec2_imported(&key)?;
        Ok(Self::new(name, &key, [fingerprint, imported], Origin::Created, tags))
    }

    /// Returns the registration of a key that was generated elsewhere.
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
            comment: None,
            fingerprint,
            imported_fingerprint,
            origin,
            tags,
        }
    }
}

/// A request to generate a pair. EC2 chooses the length of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateRequest {
    pub name: KeyName,
    pub key_type: KeyType,
    /// Sends the type, even if it is the default of the registry.
    pub names_type: bool,
    pub format: MaterialFormat,
    pub tags: Tags,
}

/// The formats of private keys that EC2 returns
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialFormat {
    Pem,
    Ppk,
}

/// A pair that the registry generated.
#[derive(Debug)]
pub struct Generated {
    pub pair: KeyPair,
    /// The private key, as returned.
    pub material: Secret,
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn random_id_has_ec2_format() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..100 {
            let id = KeyPairId::random(&mut random).to_string();
            let digits = id.strip_prefix("key-").unwrap();
            assert_eq!(digits.len(), 17);
            assert!(digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
    }
}

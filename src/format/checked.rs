//! A private key after the check of its numbers.

use crate::key::{Ed25519PrivateKey, KeyError, PrivateKey, RsaNumbers, RsaPrivateKey};

pub(super) struct CheckedKey {
    pub(super) key: PrivateKey,
    /// A CRT number that is wrong in the file. The key has the right one.
    pub(super) flaw: Option<KeyError>,
}

impl CheckedKey {
    /// Checks the consistency of the numbers, and computes wrong CRT numbers.
    pub(super) fn of_numbers(numbers: &RsaNumbers<'_>) -> Result<Self, KeyError> {
        let (key, flaw) = RsaPrivateKey::with_computed_crt(numbers)?;
        Ok(Self { key: PrivateKey::Rsa(key), flaw })
    }
}

impl From<Ed25519PrivateKey> for CheckedKey {
    fn from(key: Ed25519PrivateKey) -> Self {
        Self { key: PrivateKey::Ed25519(key), flaw: None }
    }
}

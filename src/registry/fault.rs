//! What is not as it should be in a registry.

use super::{Expiry, KeyName, NameError, TagError};
use crate::format::FormatError;
use crate::key::{ModulusFlaw, PublicKey, RsaPublicKey};

/// What is not as it should be in a registry, or with a pair in it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A change that was begun and is to be undone, for which the rest could not be looked at.
    #[error("a change to the registry was cut short")]
    CutShort,
    /// The file is not what was written to it.
    #[error("the registry file is damaged: {message}")]
    Damaged {
        /// What the database says, of one place.
        message: String,
    },
    /// A pair that no command can read, and with which others cannot be read either.
    #[error("the entry of the pair makes no sense")]
    Illegible {
        /// The number of its row in the table `key_pair`.
        row: i64,
        /// What stands there as its name.
        name: String,
        /// Why it cannot be read.
        source: IllegibleError,
    },
    /// RSA keys whose moduli were not examined, because there are many.
    #[error("the moduli of some keys were not examined")]
    ModuliSkipped {
        /// How many.
        count: u64,
    },
    /// Tags that belong to no pair.
    #[error("there are tags of pairs that are not registered")]
    Orphans {
        /// How many.
        count: u64,
    },
    /// A pair whose time is past.
    #[error("the pair has expired")]
    Expired {
        /// Its name.
        name: KeyName,
        /// When.
        expiry: Expiry,
    },
    /// A pair whose key is easier to break than it should be.
    #[error("the key is weak")]
    Weak {
        /// Its name.
        name: KeyName,
        /// Why.
        weakness: Weakness,
    },
}

/// Why the entry of a pair cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IllegibleError {
    /// A name that cannot be one.
    #[error("invalid key name: {0}")]
    Name(#[from] NameError),
    /// A public key that is none.
    #[error("invalid public key: {0}")]
    Key(#[from] FormatError),
    /// The public key is not of the type and length that the entry gives, or not in its usual form.
    #[error("the public key does not match its type and length")]
    OtherKey,
    /// The fingerprint is not that of the public key.
    #[error("the fingerprint does not match the public key")]
    OtherFingerprint,
    /// A tag, or all of them, that cannot be.
    #[error("invalid tags: {0}")]
    Tag(#[from] TagError),
    /// The tags are not numbered from zero on, without a gap.
    #[error("a tag is missing, or there twice")]
    TagPosition,
    /// The key was neither created nor imported.
    #[error("invalid origin")]
    Origin,
    /// A time of creation before the year −9999 or after 9999.
    #[error("invalid creation time")]
    Time,
    /// A text that is no UTF-8, or no text.
    #[error("a text is not UTF-8")]
    NotText,
}

/// What shows that a registry file is not what was written to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageError {
    /// The file is empty, and a change of its pages is in its journal.
    #[error("the file is empty, but was not")]
    Emptied,
    /// The header names a version of SQLite's file format that is not in use.
    #[error("its header asks for version {found} of the file format")]
    Format {
        /// The version.
        found: u8,
    },
    /// An index leads to the entry of another pair, or to none.
    #[error("an index leads to another entry than that of `{0}`")]
    Index(String),
    /// The file is longer or shorter than its header says.
    #[error("its length is {found} bytes instead of {expected}")]
    Length {
        /// The length that its header gives, in bytes.
        expected: u64,
        /// The length of the file, in bytes.
        found: u64,
    },
    /// A table or an index is missing, or defined in another way.
    #[error("there is no `{definition}`")]
    Missing {
        /// The beginning of its definition.
        definition: String,
    },
    /// The names in an index are not in their order.
    #[error("the index of names is out of order near `{0}`")]
    NameOrder(String),
    /// An index does not lead to an entry that is in the table.
    #[error("an index does not lead to the entry of `{0}`")]
    NotIndexed(String),
    /// SQLite's check found something.
    #[error("{0}")]
    Pages(String),
    /// An entry that was just written is not found again.
    #[error("the new entry of `{0}` cannot be read back")]
    ReadBack(String),
    /// The rows do not come in the order of their numbers.
    #[error("row {next} follows row {row}")]
    RowOrder {
        /// A row.
        row: i64,
        /// The row behind it.
        next: i64,
    },
    /// A view, a trigger or a virtual table, none of which a registry has.
    #[error("it has the view, trigger or virtual table `{0}`, which keypair does not make")]
    Stranger(String),
    /// The header has the mark of a registry and no version.
    #[error("its version is {found}")]
    Version {
        /// The version.
        found: i64,
    },
}

/// Why a key is easier to break than it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// An RSA modulus of fewer bits than NIST SP 800-131A (revision 2, section 3) allows for signatures.
    Short {
        /// How many it has.
        bits: u32,
    },
    /// An RSA exponent that OpenSSL, and with it OpenSSH, refuses for a modulus of this length.
    ExponentRefused {
        /// How many bits it has.
        bits: u32,
    },
    /// A modulus that is easy to factor, or comes from a faulty generator.
    Modulus(ModulusFlaw),
    /// An RSA exponent that is not between 2¹⁶ and 2²⁵⁶ (FIPS 186-5 section A.1.1).
    Exponent {
        /// How many bits it has.
        bits: u32,
    },
}

impl Weakness {
    /// The fewest bits of an RSA modulus that are enough.
    pub const MIN_RSA_BITS: u32 = 2048;
    /// The longest modulus with which OpenSSL accepts any exponent, in bits
    /// (`OPENSSL_RSA_SMALL_MODULUS_BITS`).
    const SMALL_MODULUS_BITS: u32 = 3072;
    /// The longest exponent that OpenSSL accepts with a longer modulus, in bits
    /// (`OPENSSL_RSA_MAX_PUBEXP_BITS`).
    const MAX_EXPONENT_BITS: u32 = 64;

    /// Returns why a key is weak, if it is found to be. For RSA, this looks for factors of the modulus, and takes
    /// some milliseconds.
    #[must_use]
    pub fn of_public(key: &PublicKey) -> Option<Self> {
        Self::by(key, ModulusFlaw::of)
    }

    /// Returns why a key is weak, if a first look shows it; see [`ModulusFlaw::quick_check`].
    #[must_use]
    pub fn at_first_sight(key: &PublicKey) -> Option<Self> {
        Self::by(key, ModulusFlaw::quick_check)
    }

    fn by(key: &PublicKey, flaw: fn(&RsaPublicKey) -> Option<ModulusFlaw>) -> Option<Self> {
        match key {
            PublicKey::Ed25519(_) => None,
            PublicKey::Rsa(key) => {
                let flaw = flaw(key).map(Self::Modulus);
                flaw.or_else(|| Self::of_rsa(key.bits(), key.exponent()))
            }
        }
    }

    /// Returns why an RSA key is weak, if it is: by the bits of its modulus, and its exponent,
    /// big-endian without leading zeros.
    #[must_use]
    pub fn of_rsa(bits: u32, exponent: &[u8]) -> Option<Self> {
        let first = exponent.first().map_or(0, |byte| byte.leading_zeros());
        let length = u32::try_from(exponent.len()).unwrap_or(u32::MAX).saturating_mul(8);
        match length.saturating_sub(first) {
            _ if bits < Self::MIN_RSA_BITS => Some(Self::Short { bits }),
            length if bits > Self::SMALL_MODULUS_BITS && length > Self::MAX_EXPONENT_BITS => {
                Some(Self::ExponentRefused { bits: length })
            }
            17..=256 => None,
            bits => Some(Self::Exponent { bits }),
        }
    }
}

/// Counts the RSA keys in a registry whose moduli are examined, as many as can be in some seconds.
#[derive(Debug, Default)]
pub struct Moduli {
    spent: u64,
    skipped: u64,
}

impl Moduli {
    /// The cost of all that are examined: of 500 moduli of 2048 bits, or 62 of 4096.
    const MAX_COST: u64 = 500 << 33;

    /// Counts one more key of this length, and returns whether it is to be examined.
    pub fn has_room(&mut self, bits: u32) -> bool {
        // The time goes with the third power of the length.
        let cost = u64::from(bits).saturating_pow(3);
        let spent = self.spent.saturating_add(cost);
        if spent > Self::MAX_COST {
            self.skipped = self.skipped.saturating_add(1);
            return false;
        }
        self.spent = spent;
        true
    }

    /// Returns what to say of the keys that were not examined.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        (self.skipped > 0).then_some(Fault::ModuliSkipped { count: self.skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_moduli_the_first_are_examined() {
        for (bits, count) in [(2048, 500), (4096, 62), (8192, 7)] {
            let mut moduli = Moduli::default();
            assert!((0..count).all(|_| moduli.has_room(bits)) && moduli.fault().is_none());
            assert!(!moduli.has_room(bits) && !moduli.has_room(bits));
            assert!(matches!(moduli.fault(), Some(Fault::ModuliSkipped { count: 2 })));
        }
    }

    #[test]
    fn weak_is_short_or_of_a_strange_exponent() {
        let usual = [1, 0, 1];
        assert_eq!(Weakness::of_rsa(2048, &usual), None);
        assert_eq!(Weakness::of_rsa(2047, &usual), Some(Weakness::Short { bits: 2047 }));
        assert_eq!(Weakness::of_rsa(1024, &[3]), Some(Weakness::Short { bits: 1024 }));
        for (exponent, bits) in [(&[3][..], 2), (&[37], 6), (&[0xff, 0xff], 16)] {
            assert_eq!(Weakness::of_rsa(2048, exponent), Some(Weakness::Exponent { bits }));
        }
        assert_eq!(Weakness::of_rsa(2048, &[0xff; 32]), None);
        let large = [&[1][..], &[0xff; 32]].concat();
        assert_eq!(Weakness::of_rsa(3072, &large), Some(Weakness::Exponent { bits: 257 }));
        let refused = |bits| Some(Weakness::ExponentRefused { bits });
        assert_eq!(Weakness::of_rsa(3073, &large), refused(257));
        assert_eq!(Weakness::of_rsa(4096, &[&[1][..], &[0xff; 8]].concat()), refused(65));
        assert_eq!(Weakness::of_rsa(4096, &[0xff; 8]), None);
    }
}

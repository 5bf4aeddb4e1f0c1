//! What is not as it should be in a registry.

use super::{Expiry, KeyName, NameError, TagError};
use crate::format::FormatError;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// An RSA modulus of fewer bits than NIST SP 800-131A (revision 2, section 3) allows for signatures.
    Short {
        /// How many it has.
        bits: u32,
    },
    /// An RSA exponent that is not between 2¹⁶ and 2²⁵⁶ (FIPS 186-5 section A.1.1).
    Exponent {
        /// How many bits it has.
        bits: u32,
    },
}

impl Weakness {
    /// The fewest bits of an RSA modulus that are enough.
    pub const FEWEST_BITS: u32 = 2048;

    /// Returns why an RSA key is weak, if it is: by the bits of its modulus, and its exponent,
    /// big-endian without leading zeros.
    #[must_use]
    pub fn of_rsa(bits: u32, exponent: &[u8]) -> Option<Self> {
        let first = exponent.first().map_or(0, |byte| byte.leading_zeros());
        let length = u32::try_from(exponent.len()).unwrap_or(u32::MAX).saturating_mul(8);
        match length.saturating_sub(first) {
            _ if bits < Self::FEWEST_BITS => Some(Self::Short { bits }),
            17..=256 => None,
            bits => Some(Self::Exponent { bits }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(Weakness::of_rsa(4096, &large), Some(Weakness::Exponent { bits: 257 }));
    }
}

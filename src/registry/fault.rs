//! Faults in a registry and weaknesses of its keys.

use std::fmt;

use super::{Expiry, KeyName, NameError, TagError};
use crate::format::FormatError;
use crate::key::{ModulusFlaw, PublicKey, RsaPublicKey};

/// A fault of a registry, or of a pair in it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A transaction needs a rollback. Until then the rest of the file cannot be checked.
    #[error("a change to the registry was interrupted")]
    Interrupted,
    #[error("the registry file is damaged: {0}")]
    Damaged(DamageError),
    /// No command can read this entry, or a list that contains it.
    #[error("invalid entry of a key pair")]
    InvalidEntry {
        /// In the table `key_pair`.
        row: i64,
        /// The unchecked text of the name.
        name: String,
        source: EntryFault,
    },
    /// There are too many RSA keys to examine all moduli.
    #[error("the moduli of some keys were not examined")]
    ModuliSkipped { count: u64 },
    #[error("there are tags without a key pair")]
    Orphans { count: u64 },
    #[error("the pair has expired")]
    Expired { name: KeyName, expiry: Expiry },
    #[error("the key is weak")]
    Weak { name: KeyName, weakness: Weakness },
}

/// The reason why the entry of a pair is invalid.
#[derive(Debug, thiserror::Error)]
pub enum EntryFault {
    #[error("invalid ID")]
    Id,
    #[error("invalid key name")]
    Name(#[from] NameError),
    #[error("invalid public key")]
    Key(#[from] FormatError),
    /// The public key contradicts the type or length of the entry, or is not in canonical form.
    #[error("the public key does not match its type and length")]
    OtherKey,
    #[error("the fingerprint does not match the public key")]
    OtherFingerprint,
    #[error("invalid tags")]
    Tag(#[from] TagError),
    /// The tag positions are not consecutive from zero.
    #[error("a tag is missing or duplicated")]
    TagPosition,
    #[error("invalid origin")]
    Origin,
    /// The creation time is before the year −9999 or after 9999.
    #[error("invalid creation time")]
    Time,
    #[error("a text is not UTF-8")]
    NotText,
    #[error("a text is too long")]
    TooLong,
}

/// Evidence of damage to a registry file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageError {
    /// The file is empty, and its journal contains changed pages.
    #[error("the file has been emptied")]
    Emptied,
    /// The header contains an unknown version of SQLite's file format.
    #[error("the header has the file format version {found}")]
    Format { found: u8 },
    /// Rows of this table prevent the deletion of pairs.
    #[error("the table `{table}` has a foreign key to the registry")]
    ForeignKey { table: String },
    /// An index points to the entry of another pair, or to a missing entry.
    #[error("the index entry of `{0}` points to the wrong row")]
    Index(String),
    /// The length of the file contradicts its header.
    #[error("the length is {found} bytes instead of {expected}")]
    Length { expected: u64, found: u64 },
    /// A table or an index is missing or has another definition.
    #[error("missing `{definition}`")]
    Missing {
        /// The beginning of the statement that creates it.
        definition: String,
    },
    #[error("the index of names is out of order near `{0}`")]
    NameOrder(String),
    #[error("`{0}` is missing from an index")]
    NotIndexed(String),
    /// A finding of SQLite's own check.
    #[error("{0}")]
    Pages(String),
    /// A new entry is not found, or differs from its registration.
    #[error("cannot read back the new entry of `{0}`")]
    ReadBack(String),
    #[error("row {next} follows row {row}")]
    RowOrder { row: i64, next: i64 },
    #[error("tags of `{0}` are missing")]
    Tags(String),
    /// The header contains an unknown version of the format of tables.
    #[error("the header has an unsupported schema format")]
    SchemaFormat,
    /// A row or a text is far longer than any in a registry.
    #[error("a text is too long")]
    TooLong,
    /// It can change the data or prevent a registration.
    #[error("unexpected {kind} `{name}`")]
    UnexpectedObject { kind: ObjectKind, name: String },
    /// The application ID is that of a registry, but the version is invalid.
    #[error("invalid version {found}")]
    Version { found: i64 },
}

/// A kind of object in a database, as in the statement that deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Index,
    Table,
    Trigger,
    View,
}

impl ObjectKind {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Index => "INDEX",
            Self::Table => "TABLE",
            Self::Trigger => "TRIGGER",
            Self::View => "VIEW",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Index => "index",
            Self::Table => "virtual table",
            Self::Trigger => "trigger",
            Self::View => "view",
        })
    }
}

/// The reason why a key is easier to break than it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// The RSA modulus is shorter than NIST SP 800-131A (revision 2, section 3) allows for
    /// signatures.
    Short { bits: u32 },
    /// OpenSSL, and thus OpenSSH, rejects an RSA exponent of this length with such a modulus.
    ExponentRefused { bits: u32 },
    /// The modulus is easy to factor, or comes from a faulty generator.
    Modulus(ModulusFlaw),
    /// The RSA exponent is not between 2¹⁶ and 2²⁵⁶ (FIPS 186-5 section A.1.1).
    Exponent { bits: u32 },
}

impl Weakness {
    /// The minimum length of an RSA modulus, in bits.
    pub const MIN_RSA_BITS: u32 = 2048;
    /// OpenSSL accepts any exponent with a modulus up to this length, in bits
    /// (`OPENSSL_RSA_SMALL_MODULUS_BITS`).
    const SMALL_MODULUS_BITS: u32 = 3072;
    /// OpenSSL accepts exponents up to this length, in bits, with a longer modulus
    /// (`OPENSSL_RSA_MAX_PUBEXP_BITS`).
    const MAX_EXPONENT_BITS: u32 = 64;

    /// Returns the weakness of a key, if one is found. For RSA this searches factors of the modulus
    /// and takes some milliseconds.
    pub fn of_public(key: &PublicKey) -> Option<Self> {
        Self::by(key, ModulusFlaw::of)
    }

    /// As [`Weakness::of_public`], without a search for factors; see [`ModulusFlaw::quick_check`].
    pub fn quick_check(key: &PublicKey) -> Option<Self> {
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

    /// Returns the weakness of an RSA key with this modulus length and this exponent (big-endian,
    /// without leading zeros).
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

/// Limits the examination of RSA moduli in a registry to some seconds.
#[derive(Debug, Default)]
pub struct ModulusBudget {
    spent: u64,
    skipped: u64,
}

impl ModulusBudget {
    /// The cost of 500 moduli of 2048 bits, or 62 of 4096 bits.
    const MAX_COST: u64 = 500 << 33;

    /// Spends the cost of a modulus of this length. Returns false if the budget is exhausted.
    pub fn spend(&mut self, bits: u32) -> bool {
        // The time grows with the third power of the length.
        let cost = u64::from(bits).saturating_pow(3);
        let spent = self.spent.saturating_add(cost);
        if spent > Self::MAX_COST {
            self.skipped = self.skipped.saturating_add(1);
            return false;
        }
        self.spent = spent;
        true
    }

    /// Reports the keys that were not examined.
    pub fn fault(&self) -> Option<Fault> {
        (self.skipped > 0).then_some(Fault::ModuliSkipped { count: self.skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modulus_budget_limits_examined_keys() {
        for (bits, count) in [(2048, 500), (4096, 62), (8192, 7)] {
            let mut moduli = ModulusBudget::default();
            assert!((0..count).all(|_| moduli.spend(bits)) && moduli.fault().is_none());
            assert!(!moduli.spend(bits) && !moduli.spend(bits));
            assert!(matches!(moduli.fault(), Some(Fault::ModuliSkipped { count: 2 })));
        }
    }

    #[test]
    fn rsa_length_and_exponent_decide_weakness() {
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

//! Reads the entry of a pair and checks that its columns are consistent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Row;
use sha2::{Digest, Sha256};

use crate::fingerprint;
use crate::format::blob;
use crate::key::{KeyType, PublicKey};
use crate::registry::{
    CreateTime, EntryFault, KeyName, KeyPairId, Origin, Tag, TagError, Tags, Weakness,
};

/// Selects the row number and the columns of an entry.
pub(super) const COLUMNS: &str = "SELECT row, key_pair_id, key_name, key_type, bits, public_key, \
                                  fingerprint, origin, created FROM key_pair";

/// The length of the texts of an entry, in bytes. SQLite does not read the texts to compute it.
pub(super) const LENGTH: &str = "octet_length(key_pair_id) + octet_length(key_name) + octet_length(key_type) + \
                                 octet_length(public_key) + octet_length(fingerprint) + octet_length(origin)";

/// The maximum length of a row, a text or a parameter. The longest valid row has 6 KiB, and the
/// longest pattern of a filter 12 KiB.
pub(super) const MAX_ROW_BYTES: i32 = 1 << 16;

/// A row of the table `key_pair`.
pub(super) struct Entry<'a> {
    pub(super) row: i64,
    pub(super) id: KeyPairId,
    pub(super) name: KeyName,
    pub(super) key_type: KeyType,
    pub(super) public_key: &'a str,
    pub(super) fingerprint: &'a str,
    pub(super) created: CreateTime,
    pub(super) weakness: Option<Weakness>,
}

#[derive(Debug, thiserror::Error)]
#[error("invalid entry of `{name}` in row {row}")]
pub(super) struct EntryError {
    pub(super) row: i64,
    /// The beginning of the unchecked text of the name.
    pub(super) name: String,
    pub(super) source: EntryFault,
}

impl<'a> Entry<'a> {
    /// Reads a row of [`COLUMNS`] and checks that the public key has the type, length and
    /// fingerprint of the entry.
    ///
    /// # Errors
    ///
    /// The inner error is an invalid entry, the outer one a failure to read.
    pub(super) fn from_row(row: &'a Row<'_>) -> Result<Result<Self, EntryError>, rusqlite::Error> {
        let number = row.get(0)?;
        let read = Self::read(number, row);
        Ok(read.map_err(|source| EntryError {
            row: number,
            name: shortened(text(row, 2).unwrap_or_default()),
            source,
        }))
    }

    fn read(number: i64, row: &'a Row<'_>) -> Result<Self, EntryFault> {
        let [id, name, key_type] = [text(row, 1)?, text(row, 2)?, text(row, 3)?];
        let id = KeyPairId::new(id);
        if !id.is_valid() {
            return Err(EntryFault::Id);
        }
        let [public_key, fingerprint, origin] = [text(row, 5)?, text(row, 6)?, text(row, 7)?];
        let name = KeyName::new(name)?;
        let milliseconds = row.get(8).map_err(|_| EntryFault::Time)?;
        let created = CreateTime::from_milliseconds(milliseconds);
        if created.milliseconds() != milliseconds {
            return Err(EntryFault::Time);
        }
        let bits = row.get(4).map_err(|_| EntryFault::OtherKey)?;
        let key_type = match key_type {
            "ed25519" => KeyType::Ed25519,
            "rsa" => KeyType::Rsa,
            _ => return Err(EntryFault::OtherKey),
        };
        let is_created = match origin {
            _ if origin == Origin::Created.name() => true,
            _ if origin == Origin::Imported.name() => false,
            _ => return Err(EntryFault::Origin),
        };
        let key = KeyColumns { key_type, bits, public_key, fingerprint, is_created };
        let weakness = key.check()?;
        Ok(Self { row: number, id, name, key_type, public_key, fingerprint, created, weakness })
    }
}

/// The columns that depend on the key.
struct KeyColumns<'a> {
    key_type: KeyType,
    bits: u32,
    public_key: &'a str,
    fingerprint: &'a str,
    is_created: bool,
}

impl KeyColumns<'_> {
    /// Checks that all columns belong to one key in canonical form, and returns its weakness.
    ///
    /// Does not check that an ED25519 key is a point on the curve: this takes longer than all other
    /// checks. It was checked before the registration, and the fingerprint proves that the key is
    /// unchanged.
    fn check(&self) -> Result<Option<Weakness>, EntryFault> {
        let line = self.public_key.strip_prefix(blob::type_name(self.key_type));
        let base64 = line.and_then(|line| line.strip_prefix(' ')).ok_or(EntryFault::OtherKey)?;
        let bytes = STANDARD.decode(base64).map_err(|_| EntryFault::OtherKey)?;
        if self.key_type == KeyType::Ed25519 {
            let is_key = bytes.len() == ED25519_BYTES && bytes.starts_with(ED25519_START);
            if !is_key || self.bits != 256 {
                return Err(EntryFault::OtherKey);
            }
            let digest = STANDARD.encode(Sha256::digest(&bytes));
            return if digest == self.fingerprint {
                Ok(None)
            } else {
                Err(EntryFault::OtherFingerprint)
            };
        }
        let key = blob::decode(&bytes)?;
        let PublicKey::Rsa(numbers) = &key else { return Err(EntryFault::OtherKey) };
        if numbers.bits() != self.bits || blob::encode(&key) != bytes {
            return Err(EntryFault::OtherKey);
        }
        let matches = match self.is_created {
            // The digest of the private key cannot be computed here.
            true => is_sha1(self.fingerprint),
            false => fingerprint::ec2_imported(&key)? == self.fingerprint,
        };
        if !matches {
            return Err(EntryFault::OtherFingerprint);
        }
        Ok(Weakness::of_rsa(self.bits, numbers.exponent()))
    }
}

/// The prefix and the length of an ED25519 public key blob (RFC 8709 section 4).
const ED25519_START: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0 ";
const ED25519_BYTES: usize = 51;

/// Returns whether a text is a SHA-1 digest in EC2's format.
fn is_sha1(text: &str) -> bool {
    let is_byte = |pair: &str| {
        pair.len() == 2 && pair.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    text.split(':').count() == 20 && text.split(':').all(is_byte)
}

/// A row of the table `tag`: position, key, value.
pub(super) type TagRow = (i64, String, String);

/// Returns the tags of a pair in their original order.
pub(super) fn tags(mut rows: Vec<TagRow>) -> Result<Tags, EntryFault> {
    if rows.len() > Tags::MAX {
        return Err(TagError::TooMany { count: rows.len() }.into());
    }
    rows.sort_unstable_by_key(|(position, ..)| *position);
    if !(0..).zip(&rows).all(|(expected, (position, ..))| expected == *position) {
        return Err(EntryFault::TagPosition);
    }
    let tags = rows.into_iter().map(|(_, key, value)| Tag::new(key, value));
    Ok(tags.collect::<Result<_, _>>().and_then(Tags::new)?)
}

/// Returns a name that is short enough for a message.
pub(super) fn shortened(name: &str) -> String {
    match name.char_indices().nth(KeyName::MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, EntryFault> {
    let value = row.get_ref(column).map_err(|_| EntryFault::NotText)?;
    value.as_str().map_err(|_| EntryFault::NotText)
}

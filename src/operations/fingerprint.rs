//! Computes all common fingerprints of a key.

use super::OperationError;
use super::read::{self, Read};
use crate::fingerprint;
use crate::format::{Comment, DetectedFormat, Undone, openssh};
use crate::key::{KeyError, KeyType, PublicKey};
use crate::registry::KeyPair;
use crate::secret::Secret;

#[derive(Debug)]
pub struct FingerprintRequest {
    /// A path, or the name of a stream, for messages.
    pub origin: String,
    /// The key in any supported format.
    pub material: Secret,
    /// Decrypts the key. Without it, only the public half of an encrypted key is read.
    pub passphrase: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprints {
    pub origin: String,
    pub source: DetectedFormat,
    pub key: PublicKey,
    pub comment: Option<Comment>,
    /// Why the private half was not used.
    pub flaw: Option<KeyError>,
    /// EC2's fingerprint of a pair that it generated. For RSA, this requires the private half.
    pub created: Option<String>,
    /// EC2's fingerprint of an imported pair.
    pub imported: String,
    /// OpenSSH's SHA-256 fingerprint, with the prefix `SHA256:`.
    pub sha256: String,
    /// OpenSSH's MD5 fingerprint, with the prefix `MD5:`.
    pub md5: String,
    /// Set if the private half is encrypted and was not compared with the public one.
    pub is_unchecked: bool,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// EC2's fingerprint of a pair that it generated.
    CreatedFingerprint,
    /// EC2's fingerprint of an imported pair.
    ImportedFingerprint,
    PublicKey,
}

impl Fingerprints {
    /// Returns the evidence that a file is a half of a pair. The list is empty without evidence.
    pub(super) fn evidence(&self, pair: &KeyPair) -> Vec<Evidence> {
        match &pair.public_key {
            // A public key is decisive: a digest adds nothing.
            Some(registered) if !registered.is_of(&openssh::bare_public_line(&self.key)) => {
                Vec::new()
            }
            registered => {
                let mut evidence = Vec::new();
                if registered.is_some() {
                    evidence.push(Evidence::PublicKey);
                }
                if self.created.as_ref() == Some(&pair.fingerprint) {
                    evidence.push(Evidence::CreatedFingerprint);
                }
                if self.imported == pair.fingerprint {
                    evidence.push(Evidence::ImportedFingerprint);
                }
                evidence
            }
        }
    }

    /// Returns OpenSSH's randomart of the key, eleven lines.
    pub fn randomart(&self) -> String {
        fingerprint::randomart(&self.key)
    }
}

pub fn fingerprint(request: &FingerprintRequest) -> Result<Fingerprints, OperationError> {
    let FingerprintRequest { origin, material, passphrase } = request;
    let read = read::read(material, passphrase.as_ref());
    fingerprints(
        origin,
        &read.map_err(|source| OperationError::NotAKey { origin: origin.clone(), source })?,
    )
}

pub(super) fn fingerprints(origin: &str, read: &Read) -> Result<Fingerprints, OperationError> {
    let refused = |source| OperationError::NotAKey { origin: origin.to_owned(), source };
    let Read { public: key, private, flaw, comment, source, undone } = read;
    let created = private.as_ref().map(fingerprint::ec2_created);
    let created = created.transpose().map_err(refused)?;
    let imported = fingerprint::ec2_imported(key).map_err(refused)?;
    Ok(Fingerprints {
        origin: origin.to_owned(),
        source: *source,
        comment: comment.clone(),
        flaw: flaw.clone(),
        // Both are equal for ED25519.
        created: created.or_else(|| (key.key_type() == KeyType::Ed25519).then(|| imported.clone())),
        imported,
        sha256: fingerprint::openssh_sha256(key),
        md5: fingerprint::openssh_md5(key),
        is_unchecked: read.is_unchecked(),
        undone: undone.clone(),
        key: key.clone(),
    })
}

//! Says which key a file holds, by every digest that somebody may show for it.

use super::OperationError;
use super::read::{self, Read};
use crate::fingerprint;
use crate::format::{Comment, DetectedFormat};
use crate::key::{KeyType, PublicKey};
use crate::secret::Secret;

/// A key whose fingerprints are asked for.
#[derive(Debug)]
pub struct FingerprintRequest {
    /// Where the key comes from, for messages: a path, or the name of a stream.
    pub origin: String,
    /// The key in any format.
    pub material: Secret,
    /// What opens it, if it is encrypted; without a passphrase, the public half has to do.
    pub passphrase: Option<Secret>,
}

/// What names a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprints {
    /// Where the key came from.
    pub origin: String,
    /// What was found there.
    pub source: DetectedFormat,
    pub key: PublicKey,
    /// The comment, if there is one.
    pub comment: Option<Comment>,
    /// What EC2 shows if it was handed the key's private half by making it; of an RSA key, only
    /// the private half tells.
    pub created: Option<String>,
    /// What EC2 shows if the public key was imported.
    pub imported: String,
    /// OpenSSH's SHA-256, with `SHA256:` in front.
    pub sha256: String,
    /// OpenSSH's MD5, with `MD5:` in front.
    pub md5: String,
}

impl Fingerprints {
    /// Returns OpenSSH's picture of the key, eleven lines.
    pub fn randomart(&self) -> String {
        fingerprint::randomart(&self.key)
    }
}

/// Returns the fingerprints of a key.
///
/// # Errors
///
/// [`OperationError::NotAKey`].
pub fn fingerprint(request: &FingerprintRequest) -> Result<Fingerprints, OperationError> {
    let FingerprintRequest { origin, material, passphrase } = request;
    let read = read::read(material, passphrase.as_ref());
    fingerprints(
        origin,
        &read.map_err(|source| OperationError::NotAKey { origin: origin.clone(), source })?,
    )
}

/// Returns the fingerprints of a key that was read.
pub(super) fn fingerprints(origin: &str, read: &Read) -> Result<Fingerprints, OperationError> {
    let refused = |source| OperationError::NotAKey { origin: origin.to_owned(), source };
    let Read { public: key, private, comment, source } = read;
    let created = private.as_ref().map(fingerprint::ec2_created);
    let created = created.transpose().map_err(refused)?;
    let imported = fingerprint::ec2_imported(key).map_err(refused)?;
    Ok(Fingerprints {
        origin: origin.to_owned(),
        source: *source,
        comment: comment.clone(),
        // The two are the same for ED25519.
        created: created.or_else(|| (key.key_type() == KeyType::Ed25519).then(|| imported.clone())),
        imported,
        sha256: fingerprint::openssh_sha256(key),
        md5: fingerprint::openssh_md5(key),
        key: key.clone(),
    })
}

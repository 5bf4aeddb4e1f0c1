//! Finds out whether a file and a registered pair belong together.

use super::OperationError;
use super::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use crate::format::openssh;
use crate::registry::{KeyName, KeyPair, Registry, Selection};

/// What to compare.
#[derive(Debug)]
pub struct VerifyRequest {
    pub file: FingerprintRequest,
    /// The pair; without one, all of them.
    pub name: Option<KeyName>,
}

/// The pairs that the file belongs to, and by what each of them is known to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The pairs; none means no.
    pub matches: Vec<(KeyPair, Vec<Evidence>)>,
}

/// What file and pair have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The fingerprint that EC2 shows for a pair that it made.
    CreatedFingerprint,
    /// The fingerprint that EC2 shows for a pair that was imported.
    ImportedFingerprint,
    /// The public key itself.
    PublicKey,
}

/// Returns the pairs that the file is a half of.
///
/// # Errors
///
/// [`OperationError::NotAKey`], and [`OperationError::Registry`] if the pair that is named is not
/// registered.
pub fn verify(
    request: &VerifyRequest,
    registry: &mut dyn Registry,
) -> Result<Verified, OperationError> {
    let VerifyRequest { file, name } = request;
    let file = fingerprint(file)?;
    let public_key = openssh::bare_public_line(&file.key);
    let pairs = match name {
        Some(name) => registry.describe(&Selection {
            names: vec![name.clone()],
            include_public_key: true,
            ..Selection::default()
        })?,
        None => {
            let fingerprints: Vec<_> =
                file.created.iter().chain([&file.imported]).cloned().collect();
            registry.find_by_key(&public_key, &fingerprints)?
        }
    };
    let matches = pairs
        .into_iter()
        .map(|pair| {
            let evidence = evidence(&file, &pair);
            (pair, evidence)
        })
        .filter(|(_, evidence)| !evidence.is_empty())
        .collect();
    Ok(Verified { matches })
}

/// Returns by what a file is known to be a half of a pair; nothing if it is not, or nothing tells.
pub(super) fn evidence(file: &Fingerprints, pair: &KeyPair) -> Vec<Evidence> {
    match &pair.public_key {
        // A registry that shows the public key decides by it: a digest says no more.
        Some(registered) if !registered.is_of(&openssh::bare_public_line(&file.key)) => Vec::new(),
        registered => {
            let mut evidence = Vec::new();
            if registered.is_some() {
                evidence.push(Evidence::PublicKey);
            }
            if file.created.as_ref() == Some(&pair.fingerprint) {
                evidence.push(Evidence::CreatedFingerprint);
            }
            if file.imported == pair.fingerprint {
                evidence.push(Evidence::ImportedFingerprint);
            }
            evidence
        }
    }
}

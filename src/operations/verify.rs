//! Compares a key file with registered pairs.

use super::OperationError;
use super::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use crate::format::openssh;
use crate::registry::{KeyName, KeyPair, Registry, Selection};

#[derive(Debug)]
pub struct VerifyRequest {
    pub file: FingerprintRequest,
    /// Without a name, compares with all pairs.
    pub name: Option<KeyName>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The pairs that match the file, each with the evidence.
    pub matches: Vec<(KeyPair, Vec<Evidence>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// EC2's fingerprint of a pair that it generated.
    CreatedFingerprint,
    /// EC2's fingerprint of an imported pair.
    ImportedFingerprint,
    PublicKey,
}

/// Returns the pairs that match the file.
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

/// Returns the evidence that a file is a half of a pair. The list is empty without evidence.
pub(super) fn evidence(file: &Fingerprints, pair: &KeyPair) -> Vec<Evidence> {
    match &pair.public_key {
        // A public key is decisive: a digest adds nothing.
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

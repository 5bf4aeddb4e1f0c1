//! Compares a key file with registered pairs.

use super::OperationError;
use super::fingerprint::{Evidence, FingerprintRequest, Fingerprints, fingerprint};
use super::registered::check_comparable;
use crate::format::{Undone, openssh};
use crate::key::KeyError;
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
    /// Why the private half was not used.
    pub flaw: Option<KeyError>,
    /// Set if the private half is encrypted and was not compared with the public one.
    pub is_unchecked: bool,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
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
        Some(name) => registry
            .describe(&Selection {
                names: vec![name.clone()],
                include_public_key: true,
                ..Selection::default()
            })?
            .into_iter()
            .map(|pair| check_comparable(&pair).map(|()| pair))
            .collect::<Result<_, _>>()?,
        None => {
            let fingerprints: Vec<_> =
                file.created.iter().chain([&file.imported]).cloned().collect();
            registry.find_by_key(&public_key, &fingerprints)?
        }
    };
    let matches = pairs
        .into_iter()
        .map(|pair| {
            let evidence = file.evidence(&pair);
            (pair, evidence)
        })
        .filter(|(_, evidence)| !evidence.is_empty())
        .collect();
    let Fingerprints { flaw, is_unchecked, undone, .. } = file;
    Ok(Verified { matches, flaw, is_unchecked, undone })
}

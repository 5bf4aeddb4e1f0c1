//! Looks a pair up by name and compares it with a key.

use super::conflict::{Conflict, ConflictError, KeyDigests};
use super::error::OperationError;
use super::fingerprint::Fingerprints;
use crate::fingerprint;
use crate::format;
use crate::key::PublicKey;
use crate::registry::{KeyName, KeyPair, Registry, RegistryError, Selection};

/// Returns the pair with this name, with its public key if the registry returns it.
pub(super) fn registered(
    name: &KeyName,
    registry: &mut dyn Registry,
) -> Result<Option<KeyPair>, OperationError> {
    let names = vec![name.clone()];
    let selection = Selection { names, include_public_key: true, ..Selection::default() };
    match registry.describe(&selection) {
        Ok(pairs) => {
            let found = pairs.into_iter().find(|pair| pair.name == *name);
            found.as_ref().map_or(Ok(()), check_comparable)?;
            Ok(found)
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Fails if a description tells nothing about the key of a pair.
pub(super) fn check_comparable(pair: &KeyPair) -> Result<(), OperationError> {
    if pair.public_key.is_none() && pair.fingerprint.is_empty() {
        let text = format!("`{}` has neither a public key nor a fingerprint", pair.name);
        return Err(RegistryError::Unreadable(text.into()).into());
    }
    Ok(())
}

/// Returns the public key of a pair, if the registry returns one in a supported format.
pub(super) fn public_key(pair: &KeyPair) -> Option<PublicKey> {
    let line = pair.public_key.as_ref()?;
    Some(format::read_public(line.as_str().as_bytes()).ok()?.key)
}

pub(super) fn conflict(pair: &KeyPair, conflict: Conflict) -> OperationError {
    let registered = KeyDigests {
        fingerprint: pair.fingerprint.clone(),
        sha256: public_key(pair).as_ref().map(fingerprint::openssh_sha256),
    };
    OperationError::Conflict(Box::new(ConflictError {
        name: pair.name.clone(),
        registered,
        conflict,
    }))
}

/// Returns the fingerprints of a key file, in the same format as the fingerprint of the pair.
pub(super) fn digests(file: &Fingerprints, pair: &KeyPair) -> KeyDigests {
    let created = file.created.as_ref();
    let created = created.filter(|_| !fingerprint::is_public_key_digest(&pair.fingerprint));
    KeyDigests {
        fingerprint: created.unwrap_or(&file.imported).clone(),
        sha256: Some(file.sha256.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyType;
    use crate::operations::fingerprint::{FingerprintRequest, fingerprint};
    use crate::registry::{KeyPairId, PublicLine, Tags};
    use crate::secret::Secret;
    use crate::vectors;

    fn file() -> Fingerprints {
        let request = FingerprintRequest {
            origin: "k".into(),
            material: Secret::from(vectors::read("keys/rsa2048_p_lt_q_from_rust.pem")),
            passphrase: None,
        };
        fingerprint(&request).unwrap()
    }

    fn pair(fingerprint: &str, line: Option<&str>) -> KeyPair {
        KeyPair {
            id: KeyPairId::new("key-0"),
            name: KeyName::registered("web"),
            key_type: Some(KeyType::Rsa),
            fingerprint: fingerprint.into(),
            public_key: line.map(PublicLine::new),
            created: None,
            tags: Tags::default(),
            location: None,
        }
    }

    #[test]
    fn digests_have_format_of_registered_fingerprint() {
        let file = file();
        let created = pair(&["00"; 20].join(":"), None);
        let imported = pair(&["00"; 16].join(":"), None);
        assert_eq!(Some(digests(&file, &created).fingerprint), file.created);
        assert_eq!(digests(&file, &imported).fingerprint, file.imported);
        let both = format!("{} ({})", file.imported, file.sha256);
        assert_eq!(digests(&file, &imported).to_string(), both);
    }

    #[test]
    fn conflict_contains_registered_fingerprints() {
        let file = file();
        let line = format::openssh::bare_public_line(&file.key);
        for (line, sha256) in
            [(Some(&*line), Some(file.sha256.clone())), (None, None), (Some("?"), None)]
        {
            let key_type = KeyType::Ed25519;
            let error = conflict(&pair("00", line), Conflict::OtherKind { key_type, bits: None });
            let OperationError::Conflict(conflict) = error else { panic!("{error}") };
            assert_eq!(conflict.registered, KeyDigests { fingerprint: "00".into(), sha256 });
        }
    }
}

//! Checks that a new pair is registered with the intended key.

use std::time::{Duration, SystemTime};

use super::delete::is_same_key;
use super::response::is_id;
use super::{Ec2Registry, server_text};
use crate::fingerprint;
use crate::registry::{
    CreateTime, KeyName, KeyPair, Mismatch, Origin, PublicLine, Registration, Registry,
    RegistryError, Selection,
};

impl Ec2Registry {
    /// Checks that the registered key is the intended one. Returns whether that is certain: by
    /// EC2's fingerprint of an imported key, or else by the public key. Then the pair gets the
    /// listed fingerprint.
    ///
    /// Other servers compute different fingerprints. If such a pair is listed without a public key,
    /// the result is uncertain. If the pair cannot be listed, a different fingerprint is an error.
    pub(super) fn confirm(
        &mut self,
        registration: &Registration,
        pair: &mut KeyPair,
    ) -> Result<bool, RegistryError> {
        if pair.fingerprint == registration.imported_fingerprint {
            return Ok(true);
        }
        let name = &registration.name;
        let selection = Selection {
            names: vec![name.clone()],
            include_public_key: true,
            ..Selection::default()
        };
        // A user with permission to import may lack permission to describe.
        let found = self.describe(&selection).unwrap_or_default();
        let found = found.into_iter().find(|pair| pair.name == *name);
        let key = found.as_ref().map(|found| compare(found, registration));
        let is_of_other_key = match key {
            Some(Compared::Unknown) => fingerprint::is_public_key_digest(&pair.fingerprint),
            None => !pair.fingerprint.is_empty(),
            Some(Compared::Same | Compared::Other) => false,
        };
        let mismatch = match &found {
            _ if key == Some(Compared::Other) => Mismatch::PublicKey,
            _ if is_of_other_key => {
                Mismatch::Fingerprint { found: server_text::cut(&pair.fingerprint) }
            }
            Some(found) if found.id != pair.id => Mismatch::Id { found: found.id.clone() },
            found => {
                let is_same = key == Some(Compared::Same);
                // The response has the fingerprint of another key, or in another format.
                if let Some(found) = found.as_ref().filter(|_| is_same) {
                    pair.fingerprint.clone_from(&found.fingerprint);
                }
                return Ok(is_same);
            }
        };
        Err(RegistryError::Mismatched { mismatch, id: Some(pair.id.clone()) })
    }

    /// Returns the pair of a request that was refused as a duplicate, if an earlier copy of the
    /// request registered it. `is_repeated` is set if this process repeated it.
    pub(super) fn registered_before(
        &mut self,
        registration: &Registration,
        duplicate: RegistryError,
        is_repeated: bool,
        start: SystemTime,
    ) -> Result<KeyPair, RegistryError> {
        let Registration { name, public_key, key_type, tags, .. } = registration;
        let found = match self.find_by_name(name) {
            Ok(found) => found.filter(|found| is_id(found.id.as_str())),
            // A user with permission to import may lack permission to describe.
            Err(RegistryError::Refused { .. }) if !is_repeated => return Err(duplicate),
            Err(error) => return Err(ambiguous(&error.to_string())),
        };
        let Some(found) = found else {
            return Err(match is_repeated {
                true => ambiguous("the key pair is not listed"),
                false => duplicate,
            });
        };
        // A key that was generated here is new. An imported one may have been registered before,
        // with other tags.
        let is_older = registration.origin == Origin::Imported
            && (is_older(&found, start) || !tags.missing_from(&found.tags).is_empty());
        match compare(&found, registration) {
            Compared::Same if !is_older => Ok(KeyPair {
                public_key: Some(PublicLine::named(public_key, name)),
                key_type: Some(*key_type),
                ..found
            }),
            Compared::Same | Compared::Other => Err(duplicate),
            Compared::Unknown if !is_repeated => Err(duplicate),
            Compared::Unknown => Err(ambiguous("the list does not tell which key it has")),
        }
    }

    /// Returns the error of a request for a new key that was throttled, repeated and then refused
    /// as a duplicate. The outcome is known only if the pair is older than the request.
    pub(super) fn unless_older(
        &mut self,
        name: &KeyName,
        duplicate: RegistryError,
        start: SystemTime,
    ) -> RegistryError {
        match self.find_by_name(name) {
            Ok(Some(found)) if is_older(&found, start) => duplicate,
            Ok(Some(_)) => ambiguous("the listed key pair may be another"),
            Ok(None) => ambiguous("the key pair is not listed"),
            Err(error) => ambiguous(&error.to_string()),
        }
    }

    /// Returns a new pair with its listed ID: the response may contain the ID of another pair.
    /// Keeps the ID if the pair is not listed.
    pub(super) fn with_listed_id(&mut self, pair: KeyPair) -> Result<KeyPair, RegistryError> {
        match self.find_by_name(&pair.name) {
            Ok(Some(found)) if is_same_key(&found, &pair) && is_id(found.id.as_str()) => {
                Ok(KeyPair { id: found.id, ..pair })
            }
            Ok(Some(KeyPair { public_key: Some(line), .. }))
                if pair.public_key.as_ref().is_some_and(|own| !line.is_same_key(own)) =>
            {
                let id = Some(pair.id);
                Err(RegistryError::Mismatched { mismatch: Mismatch::PublicKey, id })
            }
            // EC2 may not list a new pair yet.
            Ok(_) | Err(_) => Ok(pair),
        }
    }
}

/// The listed key compared with the intended one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    Same,
    Other,
    /// The pair has neither a public key nor EC2's fingerprint of an imported key.
    Unknown,
}

fn compare(found: &KeyPair, registration: &Registration) -> Compared {
    let is_same = match &found.public_key {
        Some(line) => line.is_of(&registration.public_key),
        None if found.fingerprint == registration.imported_fingerprint => true,
        None if fingerprint::is_public_key_digest(&found.fingerprint) => false,
        None => return Compared::Unknown,
    };
    if is_same { Compared::Same } else { Compared::Other }
}

/// Returns whether a pair was created before a request, allowing for clock skew.
fn is_older(found: &KeyPair, start: SystemTime) -> bool {
    let start = start.checked_sub(MAX_SKEW).map(CreateTime::from);
    found.created.zip(start).is_some_and(|(created, start)| created < start)
}

/// The maximum difference between the clocks of this machine and the server.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// Returns the error of a request that may have registered the pair before it was repeated and
/// refused.
fn ambiguous(reason: &str) -> RegistryError {
    let text = format!("the request was throttled, repeated, and refused as a duplicate; {reason}");
    RegistryError::OutcomeUnknown(text.into())
}

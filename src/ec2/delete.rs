//! Deletes a pair that was looked up, and no other.

use std::thread;
use std::time::Duration;

use super::failure::{change_error, query_error, unknown};
use super::key_pairs::{DELETION_GRACE, describe, name_and_id};
use super::{Ec2Registry, model, response};
use crate::interrupt;
use crate::registry::{
    DeleteOutcome, KeyName, KeyPair, KeyPairId, Reference, RegistryError, Selection,
};

impl Ec2Registry {
    /// Looks a pair up again and deletes it. EC2 allows a client more reads than writes, so the
    /// lookup takes no extra time for many pairs.
    pub(super) fn delete_if_due(
        &mut self,
        id: &KeyPairId,
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<DeleteOutcome, RegistryError> {
        match self.find_by_id(id) {
            // An interrupted user wants no further deletion.
            Ok(_) if interrupt::is_pending() => {
                Err(RegistryError::Unreachable("interrupted".into()))
            }
            Ok(Some(pair)) if is_due(&pair) => {
                self.delete(&pair).map(|()| DeleteOutcome::Deleted).or_else(ignore_not_found)
            }
            Ok(Some(_)) => Ok(DeleteOutcome::Kept),
            Ok(None) => Ok(DeleteOutcome::NotFound),
            Err(error) => ignore_not_found(error),
        }
    }

    /// Deletes the pairs found for these references, each by its ID.
    pub(super) fn delete_found(
        &mut self,
        references: &[Reference],
        found: &[KeyPair],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        let mut pairs: Vec<(&Reference, KeyPair)> = Vec::with_capacity(found.len());
        for reference in references {
            let pair = match reference {
                Reference::Id(id) => found
                    .iter()
                    .find(|pair| pair.id == *id)
                    .ok_or_else(|| RegistryError::IdsNotFound { ids: vec![id.clone()] }),
                Reference::Name(name) => {
                    let is_alike =
                        |pair: &&KeyPair| pair.name.as_str().eq_ignore_ascii_case(name.as_str());
                    let exact = found.iter().find(|pair| pair.name == *name);
                    exact
                        .or_else(|| found.iter().find(is_alike))
                        .ok_or_else(|| RegistryError::NamesNotFound { names: vec![name.clone()] })
                }
            }?;
            if !pairs.iter().any(|(_, known)| known == pair) {
                pairs.push((reference, pair.clone()));
            }
        }
        // An interrupted user must learn which pairs are deleted.
        let _guard = interrupt::defer_signals_once();
        let mut deleted = Vec::with_capacity(pairs.len());
        for (reference, pair) in pairs {
            let outcome = match interrupt::is_pending() {
                true => Err(RegistryError::Unreachable("interrupted".into())),
                false => self.delete(&pair),
            };
            match outcome {
                Ok(()) => deleted.push(pair),
                Err(source) => {
                    return Err(RegistryError::DeletionIncomplete {
                        deleted: deleted.into_iter().map(|pair| pair.name).collect(),
                        failed: reference.clone(),
                        source: Box::new(source),
                    });
                }
            }
        }
        Ok(deleted)
    }

    /// Deletes a pair by its ID, because its name may belong to another pair by now, and verifies
    /// the deletion.
    ///
    /// Some servers ignore or refuse IDs. Then the pair is deleted by name, if the name still has
    /// the ID.
    pub(super) fn delete(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        let KeyPair { id, name, .. } = pair;
        if !id.as_str().is_empty() {
            match self.delete_once(&Reference::Id(id.clone())) {
                Ok(Some(deleted)) if deleted == *id => return self.wait_until_gone(pair),
                Err(error) if !is_about_ids(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
            if !self.is_registered(pair).map_err(unknown)? {
                return Ok(());
            }
        }
        let deleted = self.delete_once(&Reference::Name(name.clone()))?;
        if let Some(deleted) = deleted.filter(|deleted| deleted != id && !id.as_str().is_empty()) {
            return Err(RegistryError::DeletedOther { name: name.clone(), deleted });
        }
        if self.is_registered(pair).map_err(unknown)? {
            return Err(RegistryError::NotDeleted { name: name.clone(), id: id.clone() });
        }
        Ok(())
    }

    /// Deletes a pair that this program has just registered, and verifies that its name is free.
    ///
    /// The ID is from a response and may belong to another pair. It is used only if the name is
    /// registered with it. Otherwise the pair is deleted by name, unless the name has another key.
    pub(super) fn delete_new(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        let KeyPair { id, name, .. } = pair;
        match self.find_by_name(name) {
            Ok(Some(found)) if found.id == *id => return self.delete(&found),
            Ok(Some(found)) if !is_same_key(&found, pair) => {
                return Err(RegistryError::OtherRegistered { name: name.clone(), id: found.id });
            }
            // EC2 may not list a new pair yet, and a user with permission to import may lack
            // permission to describe. The name was free, so it belongs to the new pair.
            Ok(_) | Err(_) => {}
        }
        let deleted = self.delete_once(&Reference::Name(name.clone()))?;
        let mut pause = MIN_PAUSE;
        loop {
            match self.find_by_name(name) {
                Ok(None) => return Ok(()),
                Ok(Some(found)) if pause > MAX_PAUSE => {
                    return Err(RegistryError::NotDeleted { name: name.clone(), id: found.id });
                }
                Ok(Some(_)) => {}
                Err(RegistryError::Refused { .. }) if deleted.as_ref() == Some(id) => return Ok(()),
                Err(error) => return Err(unknown(error)),
            }
            thread::sleep(pause);
            pause *= 2;
        }
    }

    /// Deletes a pair by ID alone, and returns the ID if the pair existed.
    pub(super) fn delete_by_id(
        &mut self,
        id: &KeyPairId,
    ) -> Result<Option<KeyPairId>, RegistryError> {
        match self.delete_once(&Reference::Id(id.clone())) {
            Ok(Some(deleted)) if deleted == *id => return Ok(Some(deleted)),
            Err(error) if !is_about_ids(&error) => return Err(error),
            Ok(_) | Err(_) => {}
        }
        match self.find_by_id(id) {
            Ok(Some(pair)) => self.delete(&pair).map(|()| Some(pair.id)),
            Ok(None) => Ok(None),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(unknown(error)),
        }
    }

    /// Sends one DeleteKeyPair request and returns the ID in the response.
    pub(super) fn delete_once(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError> {
        let connection = self.connection()?;
        let (name, id) = name_and_id(reference);
        // The request may be carried out although nobody waits for the response.
        let _guard = interrupt::defer_signals_once();
        let request = connection.ec2.delete_key_pair().set_key_name(name).set_key_pair_id(id);
        connection.deletions.wait();
        match connection.change(request.send(), DELETION_GRACE)? {
            Some(response) => {
                let response = response.map_err(|error| change_error(&error, connection))?;
                response::id_of_deleted(reference, &response)
            }
            None => Err(RegistryError::OutcomeUnknown("interrupted".into())),
        }
    }

    /// Waits until EC2 no longer lists a deleted pair. Without permission to describe, trusts the
    /// response.
    fn wait_until_gone(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        let mut pause = MIN_PAUSE;
        while self.is_registered(pair).unwrap_or_default() {
            if pause > MAX_PAUSE {
                let KeyPair { id, name, .. } = pair.clone();
                return Err(RegistryError::NotDeleted { name, id });
            }
            thread::sleep(pause);
            pause *= 2;
        }
        Ok(())
    }

    fn is_registered(&mut self, pair: &KeyPair) -> Result<bool, RegistryError> {
        let selection = Selection { names: vec![pair.name.clone()], ..Selection::default() };
        match self.describe_interruptibly(&selection) {
            Ok(found) => Ok(found.iter().any(|found| found.id == pair.id)),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn find_by_name(
        &mut self,
        name: &KeyName,
    ) -> Result<Option<KeyPair>, RegistryError> {
        let names = vec![name.clone()];
        let selection = Selection { names, include_public_key: true, ..Selection::default() };
        match self.describe_interruptibly(&selection) {
            Ok(found) => Ok(found.into_iter().find(|pair| pair.name == *name)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn find_by_id(&mut self, id: &KeyPairId) -> Result<Option<KeyPair>, RegistryError> {
        let selection = Selection { ids: vec![id.clone()], ..Selection::default() };
        Ok(self.describe_interruptibly(&selection)?.into_iter().find(|pair| pair.id == *id))
    }

    /// Describes pairs. After a signal, waits only [`DELETION_GRACE`] longer.
    fn describe_interruptibly(
        &mut self,
        selection: &Selection,
    ) -> Result<Vec<KeyPair>, RegistryError> {
        let connection = self.connection()?;
        match connection.change(describe(connection, selection).send(), DELETION_GRACE)? {
            Some(response) => {
                let response = response.map_err(|error| query_error(&error, connection))?;
                Ok(response.key_pairs().iter().map(model::key_pair).collect())
            }
            None => Err(RegistryError::Unreachable("interrupted".into())),
        }
    }
}

/// Returns whether a registered pair has the key of a new one: by the public keys, or else by the
/// fingerprints.
pub(super) fn is_same_key(found: &KeyPair, new: &KeyPair) -> bool {
    match (&found.public_key, &new.public_key) {
        (Some(found), Some(new)) => found.is_same_key(new),
        _ => !new.fingerprint.is_empty() && found.fingerprint == new.fingerprint,
    }
}

/// Returns whether a server may have refused a request because it contains an ID.
fn is_about_ids(error: &RegistryError) -> bool {
    let starts = ["Invalid", "Missing", "Unknown", "Unsupported", "Validation"];
    match error {
        RegistryError::Refused { code, .. } => {
            !error.is_not_found() && starts.iter().any(|start| code.starts_with(start))
        }
        _ => false,
    }
}

fn ignore_not_found(error: RegistryError) -> Result<DeleteOutcome, RegistryError> {
    if error.is_not_found() { Ok(DeleteOutcome::NotFound) } else { Err(error) }
}

/// EC2 may list a pair for some seconds after its deletion.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_millis(1600);

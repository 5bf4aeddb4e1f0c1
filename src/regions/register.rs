//! Registers a key everywhere or nowhere, and deletes pairs in several regions.

use super::Regions;
use crate::interrupt;
use crate::registry::{
    KeyPair, OnRegistered, RegionFailure, Registered, Registration, Registry, RegistryError,
    Selection,
};

impl Regions {
    /// Registers a key in all regions and calls `on_registered` once.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Regions`] with the new pairs that are still registered: all of them if the
    /// outcome in another region is unknown, else those that could not be deleted again.
    pub(super) fn register_everywhere(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError> {
        let existing = self.existing(registration)?;
        // An interruption would leave some of the regions.
        let _guard = interrupt::defer_signals_once();
        let results =
            self.in_each_indexed(|index, registry| match existing.get(index).cloned().flatten() {
                Some(registered) => Ok(registered),
                None if interrupt::is_pending() => {
                    Err(RegistryError::Unreachable("interrupted".into()))
                }
                None => registry.register(registration, &mut |_| Ok(())),
            });
        let (registered, failures) = self.separate(results);
        let mut registered: Vec<_> = registered
            .into_iter()
            .map(|(index, mut registered)| {
                self.locate(index, std::slice::from_mut(&mut registered.pair));
                registered
            })
            .collect();
        if !failures.is_empty() && (!self.policy.keep_going || registered.is_empty()) {
            let is_refused = failures.iter().any(|failure| !failure.error.may_be_registered());
            let new = registered.into_iter().filter(|one| one.is_new).map(|one| one.pair);
            let registered = if is_refused { self.take_back(new.collect()) } else { new.collect() };
            return Err(RegistryError::Regions { failures, registered });
        }
        self.failures.extend(failures);
        let first = registered.remove(0);
        let all = Registered { elsewhere: registered, ..first };
        if let Err(source) = on_registered(&all) {
            let new = all.all().filter(|one| one.is_new).map(|one| one.pair.clone());
            let registered = self.take_back(new.collect());
            let error = RegistryError::CallbackFailed(source);
            return Err(match all.pair.location.clone().filter(|_| !registered.is_empty()) {
                Some(location) => {
                    let failures = vec![RegionFailure { location, error }];
                    RegistryError::Regions { failures, registered }
                }
                None => error,
            });
        }
        Ok(all)
    }

    /// Looks the name up in all regions. Returns the pairs that have the key already.
    ///
    /// # Errors
    ///
    /// If a region has another key under the name, or does not answer. Nothing is changed.
    fn existing(
        &mut self,
        registration: &Registration,
    ) -> Result<Vec<Option<Registered>>, RegistryError> {
        let name = &registration.name;
        if self.checked.take().as_ref() == Some(name) {
            return Ok(self.members.iter().map(|_| None).collect());
        }
        let accept_existing = self.policy.accept_existing;
        let results = self.in_each(|registry| {
            if !accept_existing {
                return registry.check_available(name).map(|()| None);
            }
            let found = match find(registration, registry) {
                // A user with permission to import may lack permission to describe.
                Err(RegistryError::Refused { .. }) => None,
                found => found?,
            };
            match found {
                Some(pair) if has_key(&pair, registration) => {
                    Ok(Some(Registered { is_new: false, ..Registered::new(pair, true) }))
                }
                Some(_) => Err(RegistryError::Duplicate { name: name.clone() }),
                None => Ok(None),
            }
        });
        if !self.policy.keep_going {
            return self.all(results);
        }
        // The registration fails again, and is reported then.
        Ok(results.into_iter().map(Result::unwrap_or_default).collect())
    }

    /// Deletes new pairs again. Returns those that may still be registered.
    fn take_back(&mut self, new: Vec<KeyPair>) -> Vec<KeyPair> {
        let places: Vec<_> = new.iter().map(|pair| self.index_of(pair)).collect();
        let results = self.in_each_indexed(|index, registry| {
            let place = places.iter().position(|place| *place == Some(index));
            place.and_then(|place| new.get(place)).map_or(Ok(()), |pair| registry.rollback(pair))
        });
        let is_gone = |place: &Option<usize>| {
            place.and_then(|index| results.get(index)).is_some_and(Result::is_ok)
        };
        let left: Vec<_> = places.iter().map(|place| !is_gone(place)).collect();
        new.into_iter().zip(left).filter_map(|(pair, left)| left.then_some(pair)).collect()
    }

    /// Deletes listed pairs, and returns the deleted ones.
    pub(super) fn delete_found(
        &mut self,
        found: &[KeyPair],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        let _guard = interrupt::defer_signals_once();
        let places: Vec<_> = found.iter().map(|pair| self.index_of(pair)).collect();
        let results = self.in_each_indexed(|index, registry| {
            let own = found.iter().zip(&places).filter(|(_, place)| **place == Some(index));
            let mut deleted = Vec::new();
            for (pair, _) in own {
                match registry.delete_exact(pair) {
                    Ok(()) => deleted.push(pair.clone()),
                    Err(error) => return Ok((deleted, Some(error))),
                }
            }
            Ok((deleted, None))
        });
        let (mut deleted, mut failures) = (Vec::new(), Vec::new());
        for (result, (location, _)) in results.into_iter().zip(&self.members) {
            let (mut own, error) = result?;
            deleted.append(&mut own);
            let location = location.clone();
            failures.extend(error.map(|error| RegionFailure { location, error }));
        }
        if deleted.is_empty() && !failures.is_empty() {
            return Err(RegistryError::Regions { failures, registered: Vec::new() });
        }
        self.failures.extend(failures);
        Ok(deleted)
    }
}

fn find(
    registration: &Registration,
    registry: &mut dyn Registry,
) -> Result<Option<KeyPair>, RegistryError> {
    let name = &registration.name;
    let names = vec![name.clone()];
    let selection = Selection { names, include_public_key: true, ..Selection::default() };
    match registry.describe(&selection) {
        Ok(pairs) => Ok(pairs.into_iter().find(|pair| pair.name == *name)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns whether a pair has the key, by the public keys or else by the fingerprints.
fn has_key(pair: &KeyPair, registration: &Registration) -> bool {
    let Registration { public_key, fingerprint, imported_fingerprint, .. } = registration;
    match &pair.public_key {
        Some(line) => line.is_of(public_key),
        None => [fingerprint, imported_fingerprint].contains(&&pair.fingerprint),
    }
}

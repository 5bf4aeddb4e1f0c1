//! Several registries as one: the same key in many regions and accounts.
//!
//! A request goes to at most [`MAX_REQUESTS`] regions at a time. A registration is made everywhere
//! or nowhere: if a region refuses it, the others delete the new pair again, each by its ID. A list
//! contains the pairs of all regions that answer; [`Registry::take_failures`] returns the others.

mod fan_out;
mod register;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::registry::{
    DeleteOutcome, KeyName, KeyPair, KeyPairId, KeyUser, Location, NamesInUse, OnPage,
    OnRegistered, Reference, RegionFailure, Registered, Registration, Registry, RegistryError,
    Request, Selection, TagChange,
};

/// A registry of one region.
pub type Region = (Location, Box<dyn Registry + Send>);

/// The registries of several regions.
pub struct Regions {
    members: Vec<Region>,
    policy: Policy,
    /// The name that is available in all regions, as the last check found.
    checked: Option<KeyName>,
    failures: Vec<RegionFailure>,
    /// The regions of the listed pairs.
    places: HashMap<KeyPairId, Vec<usize>>,
}

/// The treatment of regions that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Keeps the pairs of the other regions if one fails.
    pub keep_going: bool,
    /// Accepts pairs that have the key already.
    pub accept_existing: bool,
}

impl Regions {
    /// Combines the registries of at least one region.
    pub fn new(members: Vec<Region>, policy: Policy) -> Self {
        let (checked, failures, places) = (None, Vec::new(), HashMap::new());
        Self { members, policy, checked, failures, places }
    }

    /// Separates the results of all regions. Keeps the failures, unless no region succeeded.
    fn succeeded<T>(
        &mut self,
        results: Vec<Result<T, RegistryError>>,
    ) -> Result<Vec<(usize, T)>, RegistryError> {
        let (succeeded, failures) = self.separate(results);
        if succeeded.is_empty() {
            return Err(RegistryError::Regions { failures, registered: Vec::new() });
        }
        self.failures.extend(failures);
        Ok(succeeded)
    }

    fn separate<T>(
        &self,
        results: Vec<Result<T, RegistryError>>,
    ) -> (Vec<(usize, T)>, Vec<RegionFailure>) {
        let (mut succeeded, mut failures) = (Vec::new(), Vec::new());
        for (index, (result, (location, _))) in results.into_iter().zip(&self.members).enumerate() {
            match result {
                Ok(value) => succeeded.push((index, value)),
                Err(error) => failures.push(RegionFailure { location: location.clone(), error }),
            }
        }
        (succeeded, failures)
    }

    /// Fails if a region failed.
    fn all<T>(&self, results: Vec<Result<T, RegistryError>>) -> Result<Vec<T>, RegistryError> {
        let (succeeded, failures) = self.separate(results);
        if failures.is_empty() {
            return Ok(succeeded.into_iter().map(|(_, value)| value).collect());
        }
        Err(RegistryError::Regions { failures, registered: Vec::new() })
    }

    /// Sets the location of pairs, and remembers it.
    fn locate(&mut self, index: usize, pairs: &mut [KeyPair]) {
        let Some((location, _)) = self.members.get(index) else { return };
        for pair in pairs {
            pair.location = Some(location.clone());
            let places = self.places.entry(pair.id.clone()).or_default();
            if !places.contains(&index) {
                places.push(index);
            }
        }
    }

    /// Looks pairs up in all regions. A name that is registered somewhere is found.
    fn find(
        &mut self,
        look_up: impl Fn(&mut dyn Registry) -> Result<Vec<KeyPair>, RegistryError> + Sync,
    ) -> Result<Vec<KeyPair>, RegistryError> {
        let results = self.in_each(|registry| match look_up(registry) {
            Err(error) if error.is_not_found() => Ok(Err(error)),
            found => found.map(Ok),
        });
        let mut pairs = Vec::new();
        let mut missing = None;
        for (index, found) in self.succeeded(results)? {
            match found {
                Ok(mut found) => {
                    self.locate(index, &mut found);
                    pairs.append(&mut found);
                }
                Err(error) => missing = Some(error),
            }
        }
        match missing {
            // A region that did not answer may have the pair.
            Some(error) if pairs.is_empty() && self.failures.is_empty() => Err(error),
            _ => Ok(pairs),
        }
    }

    /// Deletes a pair in the region that has it, or, if the regions use the same ID twice, in each.
    fn delete_one_if(
        &mut self,
        id: &KeyPairId,
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<DeleteOutcome, RegistryError> {
        let mut last = DeleteOutcome::NotFound;
        for index in self.places.get(id).cloned().unwrap_or_default() {
            let Some((location, registry)) = self.members.get_mut(index) else { continue };
            let is_due = |pair: &KeyPair| {
                is_due(&KeyPair { location: Some(location.clone()), ..pair.clone() })
            };
            for outcome in registry.delete_if(std::slice::from_ref(id), &is_due)? {
                last = match (last, outcome?) {
                    (DeleteOutcome::Deleted, _) => DeleteOutcome::Deleted,
                    (_, outcome) => outcome,
                };
            }
        }
        Ok(last)
    }

    /// Looks several names and IDs up. A region refuses a request with a name that it lacks, so
    /// this asks for all pairs.
    fn find_several(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        let Selection { names, ids, filters: _, include_public_key: _ } = selection;
        let all = Selection { names: Vec::new(), ids: Vec::new(), ..selection.clone() };
        let mut pairs = self.find(|registry| registry.describe(&all))?;
        if self.failures.is_empty() {
            let unknown = |name: &&KeyName| !pairs.iter().any(|pair| pair.name == **name);
            let missing: Vec<_> = names.iter().filter(unknown).cloned().collect();
            if !missing.is_empty() {
                return Err(RegistryError::NamesNotFound { names: missing });
            }
            let unknown = |id: &&KeyPairId| !pairs.iter().any(|pair| pair.id == **id);
            let missing: Vec<_> = ids.iter().filter(unknown).cloned().collect();
            if !missing.is_empty() {
                return Err(RegistryError::IdsNotFound { ids: missing });
            }
        }
        pairs.retain(|pair| names.contains(&pair.name) || ids.contains(&pair.id));
        Ok(pairs)
    }

    fn index_of(&self, pair: &KeyPair) -> Option<usize> {
        self.members.iter().position(|(location, _)| Some(location) == pair.location.as_ref())
    }

    fn member(&mut self, pair: &KeyPair) -> Result<&mut dyn Registry, RegistryError> {
        let index = self.index_of(pair);
        match index.and_then(|index| self.members.get_mut(index)) {
            Some((_, registry)) => Ok(&mut **registry),
            None => Err(RegistryError::IdsNotFound { ids: vec![pair.id.clone()] }),
        }
    }

    /// Finds the regions of IDs that were not listed before.
    fn place(&mut self, ids: &[KeyPairId]) -> Result<(), RegistryError> {
        let unknown: Vec<_> =
            ids.iter().filter(|id| !self.places.contains_key(id)).cloned().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for id in unknown {
            let selection = Selection { ids: vec![id], ..Selection::default() };
            self.find(|registry| registry.describe(&selection))?;
        }
        Ok(())
    }
}

impl Registry for Regions {
    fn check_available(&mut self, name: &KeyName) -> Result<(), RegistryError> {
        if !self.policy.keep_going && !self.policy.accept_existing {
            let results = self.in_each(|registry| registry.check_available(name));
            self.all(results)?;
            self.checked = Some(name.clone());
        }
        Ok(())
    }

    fn check_all_available(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        let results = self.in_each(|registry| registry.check_all_available(names));
        self.all(results).map(|_| ())
    }

    fn dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError> {
        let results = self.in_each(|registry| registry.dry_run(request));
        self.all(results).map(|_| ())
    }

    fn register(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError> {
        self.register_everywhere(registration, on_registered)
    }

    fn delete_exact(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.member(pair)?.delete_exact(pair)
    }

    fn rollback(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.member(pair)?.rollback(pair)
    }

    fn describe_pages(
        &mut self,
        selection: &Selection,
        on_page: OnPage<'_>,
    ) -> Result<(), RegistryError> {
        let pairs = match selection.names.len() + selection.ids.len() {
            0 | 1 => self.find(|registry| registry.describe(selection))?,
            _ => self.find_several(selection)?,
        };
        on_page(pairs).map_err(RegistryError::CallbackFailed)
    }

    fn describe_at_least(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        self.find(|registry| registry.describe_at_least(selection))
    }

    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError> {
        let results = self.in_each(|registry| registry.known_names());
        Ok(self.separate(results).0.into_iter().flat_map(|(_, names)| names).collect())
    }

    fn find_by_key(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        self.find(|registry| registry.find_by_key(public_key, fingerprints))
    }

    /// Deletes the pairs that have one of these names or IDs, in every region that has one.
    fn delete_all(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError> {
        let mut found = Vec::new();
        for reference in references {
            let selection = Selection::of(std::slice::from_ref(reference));
            found.append(&mut self.find(|registry| registry.describe(&selection))?);
        }
        self.delete_found(&found)
    }

    fn delete_key_pair(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError> {
        self.delete_all(std::slice::from_ref(reference)).map(|_| None)
    }

    fn delete_if(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError> {
        Ok(ids.iter().map(|id| self.delete_one_if(id, is_due)).collect())
    }

    fn change_tags(&mut self, ids: &[KeyPairId], change: &TagChange) -> Result<(), RegistryError> {
        self.place(ids)?;
        let places = self.places.clone();
        let results = self.in_each_indexed(|index, registry| {
            let is_here = |id: &KeyPairId| places.get(id).is_some_and(|all| all.contains(&index));
            let own = ids.iter().filter(|id| is_here(id));
            let own: Vec<_> = own.cloned().collect();
            if own.is_empty() { Ok(()) } else { registry.change_tags(&own, change) }
        });
        let (_, failures) = self.separate(results);
        if failures.is_empty() {
            return Ok(());
        }
        Err(RegistryError::Regions { failures, registered: Vec::new() })
    }

    fn take_failures(&mut self) -> Vec<RegionFailure> {
        std::mem::take(&mut self.failures)
    }

    fn names_in_use(
        &mut self,
        by: KeyUser,
        location: Option<&Location>,
    ) -> Result<NamesInUse, RegistryError> {
        let mut of_location = self.members.iter_mut().filter(|(own, _)| Some(own) == location);
        match of_location.next() {
            Some((own, registry)) => {
                let result = registry.names_in_use(by, None);
                let location = own.clone();
                result.map_err(|error| RegistryError::Regions {
                    failures: vec![RegionFailure { location, error }],
                    registered: Vec::new(),
                })
            }
            None => Ok(NamesInUse::default()),
        }
    }
}

/// The maximum number of regions that are asked at the same time.
const MAX_REQUESTS: usize = 8;

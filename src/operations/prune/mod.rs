//! Finds and deletes unneeded pairs.
//!
//! [`find`] changes nothing. After the user's confirmation, [`remove`] evaluates each pair again
//! and deletes it.

mod abandoned;
mod conditions;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

pub(super) use abandoned::{PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, Purpose};
pub use abandoned::{is_prunable, remove_abandoned, remove_unregistered};
pub use conditions::{Conditions, Doubt, Reason};

use self::abandoned::Abandoned;
use self::conditions::{UsedNames, Verdict};
use super::OperationError;
use crate::file::{FileError, StaleDirectory};
use crate::interrupt;
use crate::registry::{
    CreateTime, DeleteOutcome, Expiry, Filter, FilterField, KeyName, KeyPair, KeyPairId, KeyUser,
    NamesInUse, Pattern, Registry, RegistryError, Selection,
};

#[derive(Clone, Debug)]
pub struct PruneRequest {
    pub pairs: Conditions,
    pub now: CreateTime,
    /// The possible parents of stale `exec` directories.
    pub directories: Vec<PathBuf>,
    /// The name of this host in the tags of `exec`.
    pub host: String,
    /// Without it, the pairs are only listed.
    pub delete: bool,
}

#[derive(Debug, Default)]
pub struct Prunable {
    /// In the registry's order.
    pub pairs: Vec<Candidate>,
    /// The stale `exec` directories that have expired or are unused. Empty unless the expiry is the
    /// only condition.
    pub directories: Vec<StaleDirectory>,
    /// Pairs that may be due, and are kept.
    pub doubtful: Vec<(KeyName, Doubt)>,
    /// The expired pairs of `exec` commands on this host that have no directory in the searched
    /// ones. Empty unless the expiry is the only condition.
    pub without_directory: Vec<KeyName>,
    /// The error of the list of launch templates, which may show a template that another list
    /// omits.
    pub unchecked: Option<RegistryError>,
    /// Empty unless unused pairs were requested.
    used: UsedNames,
    /// Empty unless the expiry is the only condition.
    abandoned: Abandoned,
}

/// A pair to prune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub pair: KeyPair,
    pub reasons: Vec<Reason>,
}

pub fn find(
    request: &PruneRequest,
    registry: &mut dyn Registry,
) -> Result<Prunable, OperationError> {
    let PruneRequest { pairs: conditions, now, directories, host, delete: _ } = request;
    let pairs = registry.describe_at_least(&selection(conditions))?;
    let mut found = Prunable::default();
    if conditions.is_expiry_alone() {
        found.directories = StaleDirectory::find(directories);
        found.directories.retain(|directory| is_prunable(directory, *now));
        found.abandoned = Abandoned::of(&found.directories, registry)?;
    }
    if conditions.unused {
        // After the list of pairs: a pair that comes into use in between is kept.
        let locations: HashSet<_> = match pairs.first() {
            Some(_) => pairs.iter().map(|pair| pair.location.as_ref()).collect(),
            None => HashSet::from([None]),
        };
        for location in locations {
            for by in KeyUser::ALL {
                let in_use = registry.names_in_use(by, location);
                let NamesInUse { names, unchecked } =
                    in_use.map_err(|source| OperationError::UsageUnknown { by, source })?;
                found.used.insert(location, &names);
                found.unchecked = found.unchecked.or(unchecked);
            }
        }
    }
    for pair in pairs {
        match conditions.evaluate(&pair, *now, &found.used, &found.abandoned) {
            Verdict::Due(reasons) => found.pairs.push(Candidate { pair, reasons }),
            Verdict::Doubtful(doubt) => found.doubtful.push((pair.name, doubt)),
            Verdict::Kept => {}
        }
    }
    if conditions.is_expiry_alone() {
        let pairs = found.pairs.iter().map(|candidate| &candidate.pair);
        found.without_directory = abandoned::without_directory(pairs, host, directories);
    }
    Ok(found)
}

/// Returns a selection that reduces the number of pairs. Each pair is evaluated later.
fn selection(conditions: &Conditions) -> Selection {
    let mut filters = Vec::new();
    if conditions.expired {
        let patterns = vec![Pattern::new(Expiry::TAG)];
        filters.push(Filter { field: FilterField::TagKey, patterns });
    }
    if (1..Filter::MAX_PATTERNS).contains(&conditions.names.len()) {
        let patterns = conditions.names.clone();
        filters.push(Filter { field: FilterField::KeyName, patterns });
    }
    Selection { filters, ..Selection::default() }
}

#[derive(Clone, Copy, Debug)]
pub enum PruneOutcome<'a> {
    Deleted,
    /// The pair has changed since it was found, and is not due any more.
    Kept,
    Failed(&'a RegistryError),
}

/// Deletes the private keys in the directories. Call this before [`remove`]; a failure is reported
/// by [`remove_directories`].
pub fn remove_private_keys(found: &Prunable) {
    for directory in &found.directories {
        directory.remove_contents(PUBLIC_KEY_FILE).ok();
    }
}

/// Gets a directory and the result of its removal, or `None` if it stays.
pub type OnRemoval<'a> = &'a mut dyn FnMut(&StaleDirectory, Option<Result<(), FileError>>);

/// Deletes the directories and reports each result. Call this after [`remove`]: a directory names
/// its pair. The directories of the pairs in `left` stay, with `None` as the result, so that the
/// next command deletes these pairs.
pub fn remove_directories(found: &Prunable, left: &HashSet<KeyPairId>, on_outcome: OnRemoval<'_>) {
    for directory in &found.directories {
        let is_done = !found.abandoned.has_pair_of(directory, left);
        on_outcome(directory, is_done.then(|| directory.remove()));
    }
}

/// Deletes the pairs by ID and reports each outcome immediately. Continues after a failure.
///
/// # Errors
///
/// [`OperationError::Interrupted`], or [`OperationError::Output`] if `on_outcome` fails. Pairs
/// without a reported outcome still exist.
pub fn remove(
    request: &PruneRequest,
    found: &Prunable,
    registry: &mut dyn Registry,
    on_outcome: &mut dyn FnMut(&Candidate, PruneOutcome<'_>) -> io::Result<()>,
) -> Result<(), OperationError> {
    let PruneRequest { pairs: conditions, now, directories: _, host: _, delete: _ } = request;
    let is_due = |pair: &KeyPair| {
        let verdict = conditions.evaluate(pair, *now, &found.used, &found.abandoned);
        matches!(verdict, Verdict::Due(_))
    };
    let mut report = |candidate: &Candidate, outcome: PruneOutcome<'_>| {
        on_outcome(candidate, outcome).map_err(OperationError::Output)
    };
    let _guard = interrupt::defer_signals();
    for batch in found.pairs.chunks(registry.batch_size().max(1)) {
        if interrupt::is_pending() {
            return Err(OperationError::Interrupted);
        }
        let ids: Vec<_> = batch.iter().map(|candidate| candidate.pair.id.clone()).collect();
        match registry.delete_if(&ids, &is_due) {
            Ok(outcomes) => {
                for (candidate, outcome) in batch.iter().zip(outcomes) {
                    match outcome {
                        Ok(DeleteOutcome::Deleted | DeleteOutcome::NotFound) => {
                            report(candidate, PruneOutcome::Deleted)
                        }
                        Ok(DeleteOutcome::Kept) => report(candidate, PruneOutcome::Kept),
                        Err(RegistryError::Unreachable(_)) if interrupt::is_pending() => {
                            return Err(OperationError::Interrupted);
                        }
                        Err(error) => report(candidate, PruneOutcome::Failed(&error)),
                    }?;
                }
            }
            // The interruption ended the wait for the registry.
            Err(_) if interrupt::is_pending() => return Err(OperationError::Interrupted),
            Err(error) => {
                for candidate in batch {
                    report(candidate, PruneOutcome::Failed(&error))?;
                }
            }
        }
    }
    Ok(())
}

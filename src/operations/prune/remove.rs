//! Removes what was found.

use std::io;

use super::conditions::Verdict;
use super::find::{Candidate, Prunable, PruneRequest};
use crate::file::{FileError, StaleDirectory};
use crate::interrupt;
use crate::operations::OperationError;
use crate::registry::{DeleteOutcome, KeyPair, Registry, RegistryError};

/// What became of what was to go.
#[derive(Clone, Copy, Debug)]
pub enum PruneOutcome<'a> {
    /// It is gone.
    Deleted,
    /// It was changed since it was found, is of use again, and stays.
    Kept,
    /// It could not be removed.
    Failed(&'a RegistryError),
}

/// Removes the folders that were found, and says of each what became of it.
///
/// They hold private keys, so they go before the pairs.
pub fn remove_folders(
    found: &Prunable,
    on_outcome: &mut dyn FnMut(&StaleDirectory, Result<(), FileError>),
) {
    for folder in &found.folders {
        on_outcome(folder, folder.remove());
    }
}

/// Removes the pairs that were found, by their ids, and says of each what became of it as soon as that is
/// known. One that cannot be removed does not stop the others.
///
/// # Errors
///
/// [`OperationError::Interrupted`] and, if `told` fails, [`OperationError::Output`]: the pairs that `told` has
/// not been called for are there.
pub fn remove(
    request: &PruneRequest,
    found: &Prunable,
    registry: &mut dyn Registry,
    on_outcome: &mut dyn FnMut(&Candidate, PruneOutcome<'_>) -> io::Result<()>,
) -> Result<(), OperationError> {
    let PruneRequest { pairs: conditions, now, folders: _, delete: _ } = request;
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
                        Err(error) => report(candidate, PruneOutcome::Failed(&error)),
                    }?;
                }
            }
            // It is because of the interruption that the registry was not waited for.
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

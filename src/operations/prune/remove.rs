//! Deletes the pairs and directories that were found.

use std::io;

use super::conditions::Verdict;
use super::find::{Candidate, Prunable, PruneRequest};
use crate::file::{FileError, StaleDirectory};
use crate::interrupt;
use crate::operations::OperationError;
use crate::registry::{DeleteOutcome, KeyPair, Registry, RegistryError};

#[derive(Clone, Copy, Debug)]
pub enum PruneOutcome<'a> {
    Deleted,
    /// The pair has changed since it was found, and is not due any more.
    Kept,
    Failed(&'a RegistryError),
}

/// Deletes the directories and reports each result. Call this before [`remove`]: the directories
/// contain private keys.
pub fn remove_directories(
    found: &Prunable,
    on_outcome: &mut dyn FnMut(&StaleDirectory, Result<(), FileError>),
) {
    for directory in &found.directories {
        on_outcome(directory, directory.remove());
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
    let PruneRequest { pairs: conditions, now, directories: _, delete: _ } = request;
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

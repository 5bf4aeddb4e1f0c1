//! Stale directories and pairs of killed `exec` commands.
//!
//! The directory is locked while the `exec` process runs, and records the process of its command.
//! Both processes must have exited: a command may outlive a killed `exec`.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::file::StaleDirectory;
use crate::registry::{CreateTime, CreatedBy, KeyPair, KeyPairId, Registry};

/// The pairs of commands that have exited.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(HashSet<KeyPairId>);

impl Abandoned {
    /// Returns the pairs of these directories.
    pub(super) fn of(directories: &[StaleDirectory]) -> Self {
        Self(directories.iter().filter_map(pair_of).collect())
    }

    /// Returns whether a pair belongs to one of the directories and was registered by `exec`.
    pub(super) fn contains(&self, pair: &KeyPair) -> bool {
        self.0.contains(&pair.id) && is_of_exec(pair)
    }
}

/// Deletes the stale directories and pairs of killed `exec` commands. Ignores failures: everything
/// has an expiry.
pub fn remove_abandoned(directories: &[PathBuf], registry: &mut dyn Registry) {
    for directory in StaleDirectory::find(directories) {
        if let Some(id) = pair_of(&directory) {
            directory.remove().ok();
            registry.delete_if(&[id], &is_of_exec).ok();
        }
    }
}

/// Returns whether a stale directory has expired, or its command has exited.
pub fn is_prunable(directory: &StaleDirectory, now: CreateTime) -> bool {
    directory.expiry() <= now.milliseconds() / 1000 || directory.purpose().is_some()
}

fn pair_of(directory: &StaleDirectory) -> Option<KeyPairId> {
    directory.purpose().map(KeyPairId::new)
}

fn is_of_exec(pair: &KeyPair) -> bool {
    CreatedBy::of(&pair.tags).is_some()
}

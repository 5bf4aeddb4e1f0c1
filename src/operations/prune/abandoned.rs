//! What killed `exec` commands have left, and nobody uses any more.
//!
//! The folder of such a command is locked as long as the process of `exec` lives, and says which
//! process runs the command. Both must be gone: a command may outlive an `exec` that was killed.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::file::StaleDirectory;
use crate::registry::{CreatedBy, KeyPair, KeyPairId, Registry};

/// The pairs of commands that are gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(HashSet<KeyPairId>);

impl Abandoned {
    /// Returns the pairs that some folders were made for.
    pub(super) fn of(folders: &[StaleDirectory]) -> Self {
        Self(folders.iter().filter_map(pair_of).collect())
    }

    /// Returns whether a pair is one of them, and was registered by `exec`.
    pub(super) fn contains(&self, pair: &KeyPair) -> bool {
        self.0.contains(&pair.id) && is_of_exec(pair)
    }
}

/// Removes what killed `exec` commands have left in these folders and in the registry. What cannot be
/// removed has an expiry.
pub fn remove_abandoned(folders: &[PathBuf], registry: &mut dyn Registry) {
    for folder in StaleDirectory::find(folders) {
        if let Some(id) = pair_of(&folder) {
            folder.remove().ok();
            registry.delete_if(&[id], &is_of_exec).ok();
        }
    }
}

fn pair_of(folder: &StaleDirectory) -> Option<KeyPairId> {
    folder.purpose().map(KeyPairId::new)
}

fn is_of_exec(pair: &KeyPair) -> bool {
    CreatedBy::of(&pair.tags).is_some()
}

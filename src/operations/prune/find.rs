//! What is no longer of use.

use std::path::PathBuf;

use super::abandoned::Abandoned;
use super::conditions::{Conditions, Doubt, Reason, UsedNames, Verdict};
use crate::file::StaleDirectory;
use crate::operations::OperationError;
use crate::registry::{
    CreateTime, Expiry, Filter, FilterField, KeyName, KeyPair, KeyUser, Pattern, Registry,
    Selection,
};

/// What to find, and whether to remove it.
#[derive(Clone, Debug)]
pub struct PruneRequest {
    /// Which pairs.
    pub pairs: Conditions,
    /// The moment up to which a pair has expired, and from which its age is counted.
    pub now: CreateTime,
    /// Where folders may be that killed `exec` commands left behind.
    pub folders: Vec<PathBuf>,
    /// Whether to remove what is found.
    pub delete: bool,
}

/// What is no longer of use.
#[derive(Debug, Default)]
pub struct Prunable {
    /// The pairs, in the registry's order.
    pub pairs: Vec<Candidate>,
    /// The folders of killed `exec` commands that have expired or whose command is gone, if all that
    /// has expired was asked for.
    pub folders: Vec<StaleDirectory>,
    /// The pairs that would be among them if more were known, and stay.
    pub doubtful: Vec<(KeyName, Doubt)>,
    /// The names that were found in use, if that was asked for.
    pub(super) used: UsedNames,
    /// The pairs of commands that are gone, if all that has expired was asked for.
    pub(super) abandoned: Abandoned,
}

/// A pair that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub pair: KeyPair,
    pub reasons: Vec<Reason>,
}

/// Returns what is no longer of use.
///
/// # Errors
///
/// [`OperationError::UsageUnknown`] and [`OperationError::Registry`].
pub fn find(
    request: &PruneRequest,
    registry: &mut dyn Registry,
) -> Result<Prunable, OperationError> {
    let PruneRequest { pairs: conditions, now, folders, delete: _ } = request;
    let pairs = registry.describe_at_least(&selection(conditions))?;
    let mut found = Prunable::default();
    if conditions.is_expiry_alone() {
        let is_past = |folder: &StaleDirectory| folder.expiry() <= now.milliseconds() / 1000;
        let is_of_no_use = |folder: &StaleDirectory| is_past(folder) || folder.purpose().is_some();
        found.folders = StaleDirectory::find(folders).into_iter().filter(is_of_no_use).collect();
        found.abandoned = Abandoned::of(&found.folders);
    }
    if conditions.unused {
        // Afterwards: what is put to use in between is seen.
        for by in KeyUser::ALL {
            let names = registry.names_in_use(by);
            found
                .used
                .insert(&names.map_err(|source| OperationError::UsageUnknown { by, source })?);
        }
    }
    for pair in pairs {
        match conditions.evaluate(&pair, *now, &found.used, &found.abandoned) {
            Verdict::Due(reasons) => found.pairs.push(Candidate { pair, reasons }),
            Verdict::Doubtful(doubt) => found.doubtful.push((pair.name, doubt)),
            Verdict::Stays => {}
        }
    }
    Ok(found)
}

/// Returns a selection with which a registry may look for fewer pairs; each pair is judged again.
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

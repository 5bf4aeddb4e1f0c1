//! Finds the pairs and directories to prune.

use std::path::PathBuf;

use super::abandoned::Abandoned;
use super::conditions::{Conditions, Doubt, Reason, UsedNames, Verdict};
use crate::file::StaleDirectory;
use crate::operations::OperationError;
use crate::registry::{
    CreateTime, Expiry, Filter, FilterField, KeyName, KeyPair, KeyUser, Pattern, Registry,
    Selection,
};

#[derive(Clone, Debug)]
pub struct PruneRequest {
    pub pairs: Conditions,
    pub now: CreateTime,
    /// The possible parents of stale `exec` directories.
    pub directories: Vec<PathBuf>,
    /// False only lists.
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
    /// Empty unless unused pairs were requested.
    pub(super) used: UsedNames,
    /// Empty unless the expiry is the only condition.
    pub(super) abandoned: Abandoned,
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
    let PruneRequest { pairs: conditions, now, directories, delete: _ } = request;
    let pairs = registry.describe_at_least(&selection(conditions))?;
    let mut found = Prunable::default();
    if conditions.is_expiry_alone() {
        let is_past = |directory: &StaleDirectory| directory.expiry() <= now.milliseconds() / 1000;
        let is_of_no_use =
            |directory: &StaleDirectory| is_past(directory) || directory.purpose().is_some();
        found.directories =
            StaleDirectory::find(directories).into_iter().filter(is_of_no_use).collect();
        found.abandoned = Abandoned::of(&found.directories);
    }
    if conditions.unused {
        // After the list of pairs: a pair that comes into use in between is kept.
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
            Verdict::Kept => {}
        }
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

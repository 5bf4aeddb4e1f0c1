//! Suggestions for unknown names.

use std::collections::HashSet;

use super::Failure;
use crate::registry::{KeyName, Registry, similar_names};

/// Adds similar names and the region to a failure about unknown names.
pub fn suggest(failure: Failure, asked: &[KeyName], registry: &mut dyn Registry) -> Failure {
    if !failure.is_not_found() {
        return failure;
    }
    // A failed lookup is not reported: the first failure matters.
    let known = registry.known_names().unwrap_or_default();
    let registered: HashSet<&KeyName> = known.iter().collect();
    let mut close: Vec<&KeyName> = asked
        .iter()
        .filter(|name| !registered.contains(name))
        .take(MAX_NAMES)
        .flat_map(|name| similar_names(name, &known))
        .collect();
    close.sort_unstable();
    close.dedup();
    let failure = match &close[..] {
        [] => failure,
        close => {
            let list: Vec<_> = close.iter().map(|name| format!("`{name}`")).collect();
            failure.hint(format!("did you mean {}?", list.join(" or ")))
        }
    };
    match registry.region() {
        Some(region) => failure.hint(format!(
            "looked in the region {region}; pass `--region REGION` to look in another"
        )),
        None => failure,
    }
}

/// Comparing one name with all registered ones takes milliseconds.
const MAX_NAMES: usize = 10;

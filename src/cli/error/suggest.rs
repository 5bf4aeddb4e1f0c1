//! What else a name may have been meant for.

use std::collections::HashSet;

use super::Failure;
use crate::registry::{KeyName, Registry, similar_names};

/// Adds to a failure, if it is that something was not found, where it was looked for and which names
/// are like those that were asked for.
pub fn suggest(failure: Failure, asked: &[KeyName], registry: &mut dyn Registry) -> Failure {
    if !failure.is_not_found() {
        return failure;
    }
    // What cannot be looked up is no second failure.
    let known = registry.known_names().unwrap_or_default();
    let registered: HashSet<&KeyName> = known.iter().collect();
    let mut close: Vec<&KeyName> = asked
        .iter()
        .filter(|name| !registered.contains(name))
        .take(MOST_NAMES)
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

/// Each is compared with all that are known, in some milliseconds; thousands may be asked for.
const MOST_NAMES: usize = 10;

//! What `prune` asks for.

use std::time::SystemTime;

use crate::cli::commands::PruneArgs;
use crate::cli::input::{RequestError, tags};
use crate::cli::settings::Environment;
use crate::operations::prune::{Conditions, PruneRequest};
use crate::registry::{CreateTime, Pattern};

/// Returns what `prune` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn prune(
    arguments: PruneArgs,
    environment: &Environment,
) -> Result<PruneRequest, RequestError> {
    let PruneArgs { expired, older_than, names, unused, delete } = arguments;
    let older_than = older_than.map(|span| tags::span_of("--older-than", &span)).transpose()?;
    let names: Vec<_> = names.iter().map(|name| Pattern::new(name)).collect();
    let says_which = older_than.is_some() || !names.is_empty() || unused;
    Ok(PruneRequest {
        pairs: Conditions { expired: expired || !says_which, older_than, names, unused },
        now: CreateTime::from(SystemTime::now()),
        folders: environment.runtime_folders(),
        delete,
    })
}

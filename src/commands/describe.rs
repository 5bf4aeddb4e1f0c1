//! Finds registered pairs.

use super::CommandError;
use crate::registry::{Call, KeyPair, Registry, Selection};

/// Which pairs to find.
#[derive(Clone, Debug, Default)]
pub struct DescribeRequest {
    /// The pairs.
    pub selection: Selection,
    /// Whether to check only, and return nothing.
    pub dry_run: bool,
}

/// Returns the pairs, or `None` after a dry run.
///
/// # Errors
///
/// [`CommandError::Registry`].
pub fn describe(
    request: &DescribeRequest,
    registry: &mut dyn Registry,
) -> Result<Option<Vec<KeyPair>>, CommandError> {
    let DescribeRequest { selection, dry_run } = request;
    if *dry_run {
        registry.rehearse(Call::Describe(selection))?;
        return Ok(None);
    }
    Ok(Some(registry.describe(selection)?))
}

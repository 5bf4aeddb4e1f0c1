//! Finds registered pairs.

use super::CommandError;
use super::create::Outcome;
use crate::registry::{DeliverPage, Registry, RegistryError, Request, Selection};

/// Which pairs to find.
#[derive(Clone, Debug, Default)]
pub struct DescribeRequest {
    /// The pairs.
    pub selection: Selection,
    /// Whether to check only, and return nothing.
    pub dry_run: bool,
}

/// Hands the pairs to `answer`, as many at a time as the registry reads at once.
///
/// # Errors
///
/// [`CommandError::Registry`], and [`CommandError::Output`] if `answer` fails, after which no more is
/// read.
pub fn describe(
    request: &DescribeRequest,
    registry: &mut dyn Registry,
    answer: DeliverPage<'_>,
) -> Result<Outcome, CommandError> {
    let DescribeRequest { selection, dry_run } = request;
    if *dry_run {
        registry.dry_run(Request::Describe(selection))?;
        return Ok(Outcome::Checked);
    }
    match registry.describe_pages(selection, answer) {
        Ok(()) => Ok(Outcome::Done),
        Err(RegistryError::Undelivered(source)) => Err(CommandError::Output(source)),
        Err(error) => Err(error.into()),
    }
}

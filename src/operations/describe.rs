//! Finds registered pairs.

use super::OperationError;
use super::create::Outcome;
use crate::registry::{OnPage, Registry, RegistryError, Request, Selection};

/// Which pairs to find.
#[derive(Clone, Debug, Default)]
pub struct DescribeRequest {
    pub selection: Selection,
    /// Whether to check only, and return nothing.
    pub dry_run: bool,
}

/// Hands the pairs to `on_page`, as many at a time as the registry reads at once.
///
/// # Errors
///
/// [`OperationError::Registry`], and [`OperationError::Output`] if `on_page` fails, after which no more is
/// read.
pub fn describe(
    request: &DescribeRequest,
    registry: &mut dyn Registry,
    on_page: OnPage<'_>,
) -> Result<Outcome, OperationError> {
    let DescribeRequest { selection, dry_run } = request;
    if *dry_run {
        registry.dry_run(Request::Describe(selection))?;
        return Ok(Outcome::Checked);
    }
    match registry.describe_pages(selection, on_page) {
        Ok(()) => Ok(Outcome::Done),
        Err(RegistryError::CallbackFailed(source)) => Err(OperationError::Output(source)),
        Err(error) => Err(error.into()),
    }
}

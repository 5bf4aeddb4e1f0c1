//! Lists registered pairs.

use super::OperationError;
use super::create::Outcome;
use crate::registry::{OnPage, Registry, RegistryError, Request, Selection};

#[derive(Clone, Debug, Default)]
pub struct DescribeRequest {
    pub selection: Selection,
    /// Checks only.
    pub dry_run: bool,
}

/// Calls `on_page` with each page of pairs. Stops if the callback fails.
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

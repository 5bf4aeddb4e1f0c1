//! Reads paginated lists within limits.

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, Instant};

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use super::connection::Connection;
use super::failure::query_error;
use crate::registry::RegistryError;

#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    /// EC2 includes this element in every such response.
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} is invalid")]
    Invalid(&'static str),
    #[error("version {number} of the launch template {template} is missing")]
    MissingVersion { template: String, number: i64 },
    /// Two pages have the same token, so the list would never end.
    #[error("the token of the next page is repeated")]
    RepeatedToken,
    #[error("the list exceeds the limit of {limit} {unit}")]
    TooLong { limit: usize, unit: &'static str },
    #[error("the list is incomplete after {} minutes", MAX_TIME.as_secs() / 60)]
    TooSlow,
}

impl From<ListError> for RegistryError {
    fn from(error: ListError) -> Self {
        Self::Unreadable(Box::new(error))
    }
}

/// The remaining limits for the lists of one operation.
pub(super) struct Budget {
    pages: usize,
    items: usize,
    bytes: usize,
    deadline: Option<Instant>,
}

impl Budget {
    pub(super) fn new() -> Self {
        let deadline = Instant::now().checked_add(MAX_TIME);
        Self { pages: MAX_PAGES, items: MAX_ITEMS, bytes: MAX_BYTES, deadline }
    }

    /// Passes each page of a list to `take`, which counts the items and the text that it keeps.
    pub(super) fn read<P, E>(
        &mut self,
        connection: &Connection,
        mut next: impl AsyncFnMut() -> Result<Option<P>, SdkError<E>>,
        token: impl Fn(&P) -> Option<&str>,
        mut take: impl FnMut(&mut Self, &P) -> Result<(), ListError>,
    ) -> Result<(), RegistryError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut tokens = HashSet::new();
        loop {
            let page = connection.ask(next())?;
            let Some(page) = page.map_err(|error| query_error(&error, connection))? else {
                return Ok(());
            };
            take(self, &page)?;
            let token = token(&page).unwrap_or_default();
            self.page(token.is_empty())?;
            self.keep(token)?;
            if !token.is_empty() && !tokens.insert(token.to_owned()) {
                return Err(ListError::RepeatedToken.into());
            }
        }
    }

    /// Counts an item.
    pub(super) fn item(&mut self) -> Result<(), ListError> {
        spend(&mut self.items, 1, MAX_ITEMS, "items")
    }

    /// Counts a text that is kept.
    pub(super) fn keep(&mut self, text: &str) -> Result<(), ListError> {
        spend(&mut self.bytes, text.len(), MAX_BYTES, "bytes")
    }

    fn page(&mut self, is_last: bool) -> Result<(), ListError> {
        spend(&mut self.pages, 1, MAX_PAGES, "pages")?;
        if !is_last && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(ListError::TooSlow);
        }
        Ok(())
    }
}

fn spend(
    left: &mut usize,
    amount: usize,
    limit: usize,
    unit: &'static str,
) -> Result<(), ListError> {
    *left = left.checked_sub(amount).ok_or(ListError::TooLong { limit, unit })?;
    Ok(())
}

/// Returns an ID, which must not be empty.
pub(super) fn id(found: Option<&str>, what: &'static str) -> Result<String, ListError> {
    let found = found.filter(|id| !id.is_empty()).ok_or(ListError::Missing(what))?;
    Ok(found.to_owned())
}

/// A region has at most 5,000 launch templates, and each may need a request. It has far fewer
/// than a million instances, with 1,000 on a page.
const MAX_PAGES: usize = 10_000;
const MAX_ITEMS: usize = 1_000_000;
/// Enough for the names of 250,000 key pairs.
const MAX_BYTES: usize = 1 << 26;
const MAX_TIME: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_ends_at_each_limit() {
        let mut budget = Budget::new();
        for _ in 0..MAX_PAGES {
            budget.page(false).unwrap();
        }
        for _ in 0..MAX_ITEMS {
            budget.item().unwrap();
        }
        budget.keep(&"n".repeat(MAX_BYTES)).unwrap();
        for (result, message) in [
            (budget.page(true), "the list exceeds the limit of 10000 pages"),
            (budget.item(), "the list exceeds the limit of 1000000 items"),
            (budget.keep("n"), "the list exceeds the limit of 67108864 bytes"),
        ] {
            assert_eq!(result.unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn list_past_the_deadline_is_too_slow() {
        let mut budget = Budget { deadline: Some(Instant::now()), ..Budget::new() };
        assert!(budget.page(true).is_ok());
        let message = budget.page(false).unwrap_err().to_string();
        assert_eq!(message, "the list is incomplete after 60 minutes");
    }
}

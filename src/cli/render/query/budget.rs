//! How much an evaluation may hold and do.
//!
//! A short expression can ask for a result that no memory holds: `[@,@]` doubles a value, and thirty
//! of them in a row make a billion copies. So every copy is paid for before it is made.

use std::cell::Cell;

use super::error::QueryError;
use serde_json::Value;

/// The memory and the steps that an evaluation has left.
///
/// Whoever returns an owned value has paid for it and no longer pays for anything else, so that the
/// difference of [`Budget::held`] before and after is the size of that value.
pub(super) struct Budget {
    held: Cell<usize>,
    most_held: usize,
    steps: Cell<u64>,
    most_steps: u64,
}

/// The size of an element of a list.
pub(super) const SLOT: usize = size_of::<Value>();

/// The size of a member of an object: the entry with its hash, and its place in the index.
pub(super) const MEMBER: usize = size_of::<(u64, String, Value)>() + 2 * size_of::<usize>();

/// The size that a result may have, even if the response is smaller.
const LEAST: usize = 64 << 20;

/// A response that is large itself may be copied a few times.
const COPIES: usize = 4;

/// Some seconds of work.
const STEPS: u64 = 1 << 25;

/// Returns how many bytes the result of a query may have, for this response.
pub(super) fn limit(response: &Value) -> usize {
    LEAST.max(size(response).saturating_mul(COPIES))
}

/// Returns the approximate memory of `value` in bytes.
pub(super) fn size(value: &Value) -> usize {
    let contents = match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| MEMBER - SLOT + name.len() + size(member)).sum()
        }
    };
    SLOT + contents
}

impl Budget {
    /// Returns the budget for a query of this response.
    pub(super) fn for_response(response: &Value) -> Self {
        let most_held = limit(response);
        let more_steps = u64::try_from(most_held - LEAST).unwrap_or(u64::MAX);
        Self::within(most_held, STEPS.saturating_add(more_steps))
    }

    /// Returns a budget of so many bytes and steps.
    pub(super) fn within(most_held: usize, most_steps: u64) -> Self {
        Self { held: Cell::new(0), most_held, steps: Cell::new(0), most_steps }
    }

    /// Returns how much is held.
    pub(super) fn held(&self) -> usize {
        self.held.get()
    }

    /// Pays for more memory.
    pub(super) fn hold(&self, size: usize) -> Result<(), QueryError> {
        let held = self.held.get().saturating_add(size);
        if held > self.most_held {
            return Err(QueryError::TooLarge { limit: self.most_held });
        }
        self.held.set(held);
        Ok(())
    }

    /// Takes back the price of what is gone.
    pub(super) fn release(&self, size: usize) {
        self.held.set(self.held.get().saturating_sub(size));
    }

    /// Takes back the price of everything that was paid for since `held` was this much.
    pub(super) fn release_to(&self, held: usize) {
        self.held.set(held);
    }

    /// Counts work on a value of this size.
    pub(super) fn work(&self, size: usize) -> Result<(), QueryError> {
        let steps = u64::try_from(size / SLOT).unwrap_or(u64::MAX).saturating_add(1);
        let steps = self.steps.get().saturating_add(steps);
        if steps > self.most_steps {
            return Err(QueryError::TooMuchWork);
        }
        self.steps.set(steps);
        Ok(())
    }

    /// Returns a copy of `value`, once it is paid for.
    pub(super) fn copy(&self, value: &Value) -> Result<Value, QueryError> {
        let size = size(value);
        self.work(size)?;
        self.hold(size)?;
        Ok(value.clone())
    }

    /// Returns copies of `values`.
    pub(super) fn copies<'v>(
        &self,
        values: impl IntoIterator<Item = &'v Value>,
    ) -> Result<Value, QueryError> {
        self.hold(SLOT)?;
        let copies = values.into_iter().map(|value| self.copy(value));
        copies.collect::<Result<_, _>>().map(Value::Array)
    }

    /// Returns what `work` does, and how much of it is held.
    pub(super) fn measured<T>(
        &self,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<(T, usize), QueryError> {
        let before = self.held();
        let done = work()?;
        Ok((done, self.held().saturating_sub(before)))
    }

    /// Does work after which nothing is held that was not held before.
    pub(super) fn passing<T>(
        &self,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let before = self.held();
        let done = work();
        self.release_to(before);
        done
    }
}

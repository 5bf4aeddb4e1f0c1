//! The limits of memory and time for an evaluation.
//!
//! A short expression can exceed any memory: `[@,@]` doubles a value, and thirty of them in a row
//! make a billion copies. Every copy is therefore counted before it is made.

use std::cell::Cell;

use serde_json::Value;

use super::error::QueryError;

/// The memory and the steps of an evaluation.
///
/// A function that returns an owned value holds memory for that value alone. The difference of
/// [`Budget::held`] before and after the call is therefore the size of the value.
pub(super) struct Budget {
    held: Cell<usize>,
    max_held: usize,
    steps: Cell<u64>,
    max_steps: u64,
}

/// Size of an element of an array, in bytes.
pub(super) const SLOT: usize = size_of::<Value>();

/// Size of a member of an object, in bytes: its entry with the hash, and its place in the index.
pub(super) const MEMBER: usize = size_of::<(u64, String, Value)>() + 2 * size_of::<usize>();

/// Maximum size of the result for a small response, in bytes.
const MIN_LIMIT: usize = 64 << 20;

/// Maximum size of the result for a large response, as a multiple of its size.
const MAX_COPIES: usize = 4;

/// Maximum number of steps for a small response: some seconds.
const MAX_STEPS: u64 = 1 << 25;

/// Returns the maximum size of the result of a query, in bytes.
pub(super) fn limit(response: &Value) -> usize {
    MIN_LIMIT.max(size(response).saturating_mul(MAX_COPIES))
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
    pub(super) fn for_response(response: &Value) -> Self {
        let max_held = limit(response);
        let more_steps = u64::try_from(max_held - MIN_LIMIT).unwrap_or(u64::MAX);
        Self::within(max_held, MAX_STEPS.saturating_add(more_steps))
    }

    pub(super) fn within(max_held: usize, max_steps: u64) -> Self {
        Self { held: Cell::new(0), max_held, steps: Cell::new(0), max_steps }
    }

    /// Returns the size of all values that the evaluation holds, in bytes.
    pub(super) fn held(&self) -> usize {
        self.held.get()
    }

    /// Counts memory before it is allocated.
    pub(super) fn hold(&self, size: usize) -> Result<(), QueryError> {
        let held = self.held.get().saturating_add(size);
        if held > self.max_held {
            return Err(QueryError::TooLarge { limit: self.max_held });
        }
        self.held.set(held);
        Ok(())
    }

    /// Discounts memory that is freed.
    pub(super) fn release(&self, size: usize) {
        self.held.set(self.held.get().saturating_sub(size));
    }

    /// Discounts all memory that was counted since [`Budget::held`] returned `held`.
    pub(super) fn release_to(&self, held: usize) {
        self.held.set(held);
    }

    /// Counts the steps of work on a value of `size` bytes.
    pub(super) fn work(&self, size: usize) -> Result<(), QueryError> {
        let steps = u64::try_from(size / SLOT).unwrap_or(u64::MAX).saturating_add(1);
        let steps = self.steps.get().saturating_add(steps);
        if steps > self.max_steps {
            return Err(QueryError::TooMuchWork);
        }
        self.steps.set(steps);
        Ok(())
    }

    /// Returns a copy of `value` and counts its memory.
    pub(super) fn copy(&self, value: &Value) -> Result<Value, QueryError> {
        let size = size(value);
        self.work(size)?;
        self.hold(size)?;
        Ok(value.clone())
    }

    /// Returns an array of copies.
    pub(super) fn copies<'v>(
        &self,
        values: impl IntoIterator<Item = &'v Value>,
    ) -> Result<Value, QueryError> {
        self.hold(SLOT)?;
        let copies = values.into_iter().map(|value| self.copy(value));
        copies.collect::<Result<_, _>>().map(Value::Array)
    }

    /// Runs `work` and returns its result with the size that the result holds.
    pub(super) fn measured<T>(
        &self,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<(T, usize), QueryError> {
        let before = self.held();
        let result = work()?;
        Ok((result, self.held().saturating_sub(before)))
    }

    /// Runs `work`, which frees its memory at the end.
    pub(super) fn temporarily<T>(
        &self,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let before = self.held();
        let result = work();
        self.release_to(before);
        result
    }
}

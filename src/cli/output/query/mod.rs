//! `--query`: JMESPath (<https://jmespath.org/specification.html>) with the results of the Python
//! library `jmespath` in the AWS CLI, byte for byte.
//!
//! The `jmespath` crate only parses the expression. Its evaluator sorts members by name, but the
//! output of `--query '{b: …, a: …}'` has to keep their order.
//!
//! The crate and the Python library parse some expressions differently:
//!
//! - `` `text` `` without quotes is a string, as in Python. It is deprecated but common in the AWS
//!   documentation. The crate never sees literals, which also keeps the order of their members.
//! - `a.*.b.c` and `a[0][1:].b` are projections to the end, as in the specification. Python ends
//!   the first at `b`, does not project in the second, and returns `null`.
//! - `f(a,)`, an index beyond 32 bits and `[-0]` are errors, unlike in Python. `[a b]` is an array
//!   of two, but an error in Python.
//! - Integers beyond 127 bits become floats. A NaN, such as `to_number('nan')`, becomes `null`, and
//!   `` `NaN` `` is a string.
//! - An expression of more than 8192 bytes or 64 levels is an error, because the parser would
//!   overflow the stack.
//! - A result of more than 64 MiB and more than four times the response is an error, and so is an
//!   evaluation of more than some seconds.
//!
//! An unknown function, a wrong number of arguments, a misplaced `&` and a step of zero are errors
//! of [`Query::parse`]. Python finds them during the evaluation. By then a new key pair exists, and
//! its private key cannot be shown again.

mod arguments;
mod budget;
mod comparison;
mod error;
mod evaluate;
mod functions;
mod node;
mod parse;
mod scan;

pub use error::QueryError;

use super::value::Value;
use budget::Budget;
use node::Node;

/// A JMESPath expression.
pub struct Query(Node);

impl Query {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// All errors that do not depend on a value: [`QueryError::Syntax`], [`QueryError::TooLong`],
    /// [`QueryError::TooDeep`], [`QueryError::UnknownFunction`], [`QueryError::Arity`] and
    /// [`QueryError::Type`] for a missing or misplaced expression reference.
    pub fn parse(expression: &str) -> Result<Self, QueryError> {
        parse::parse(expression).map(Self)
    }

    /// Applies the expression to `value`.
    ///
    /// # Errors
    ///
    /// [`QueryError::Type`], [`QueryError::Incomparable`], [`QueryError::TooLarge`] and
    /// [`QueryError::TooMuchWork`].
    pub fn search(&self, value: &Value) -> Result<Value, QueryError> {
        evaluate::owned(&self.0, &value.0, &Budget::for_response(&value.0)).map(Value)
    }

    /// Returns the maximum size of a page with the result for `response`, in bytes.
    #[must_use]
    pub fn limit(response: &Value) -> usize {
        budget::limit(&response.0)
    }
}

#[cfg(test)]
mod tests;

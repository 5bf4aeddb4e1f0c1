//! `--query`: JMESPath (<https://jmespath.org/specification.html>) as the Python library
//! `jmespath` has it, which is the one inside the AWS CLI.
//!
//! The `jmespath` crate reads the expression, and no more than that: its evaluator sorts members by
//! name and copies texts into plain strings, where this one keeps the order of members and wipes
//! texts, for one of them may be a private key.
//!
//! Where the crate and the Python library read an expression differently, and what became of it:
//!
//! - `` `text` `` without quotes, deprecated but all over the AWS documentation: a text, as in
//!   Python. The crate never sees literals, so that their members keep their order too.
//! - `a.*.b.c` and `a[0][1:].b`: projections to the end, as the specification has it. Python ends
//!   the first at `b` and has none in the second, and answers `null`.
//! - `f(a,)`, an index beyond 32 bits and `[-0]`: errors, though not in Python. `[a b]`: a list of
//!   two, though an error in Python.
//! - Integers of a literal beyond 64 bits become floating-point numbers; `` `NaN` `` is a text.
//! - An expression of more than 8192 bytes, or nested deeper than 64 levels, is an error, for the
//!   parser would overflow the stack.
//! - A result of more than 64 MiB, or of four times the response if that is more, is an error, and so
//!   is an evaluation of more than some seconds.
//!
//! An unknown function, a wrong number of arguments, a misplaced `&` and a step of zero are errors
//! of [`Query::parse`], before anything has been done. Python finds them when it gets there, which
//! is when a new key pair is made and its private key can no longer be shown.

mod arguments;
mod budget;
mod comparison;
mod error;
mod evaluate;
mod functions;
mod literal;
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
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// Whatever can be found without a value: [`QueryError::Syntax`], [`QueryError::TooLong`],
    /// [`QueryError::TooDeep`], [`QueryError::UnknownFunction`], [`QueryError::Arity`] and
    /// [`QueryError::Type`] where an expression reference is missing or in the wrong place.
    pub fn parse(expression: &str) -> Result<Self, QueryError> {
        parse::parse(expression).map(Self)
    }

    /// Returns what the expression finds in `value`.
    ///
    /// # Errors
    ///
    /// [`QueryError::Type`], [`QueryError::Incomparable`], [`QueryError::TooLarge`] and
    /// [`QueryError::TooMuchWork`].
    pub fn search(&self, value: &Value) -> Result<Value, QueryError> {
        evaluate::owned(&self.0, &value.0, &Budget::for_response(&value.0)).map(Value)
    }

    /// Returns how many bytes a page with the result for this response may have.
    #[must_use]
    pub fn limit(response: &Value) -> usize {
        budget::limit(&response.0)
    }
}

#[cfg(test)]
mod tests;

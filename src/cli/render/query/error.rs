//! What can be wrong with a query.

use thiserror::Error;

/// Why an expression cannot be read, or not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The expression does not follow the grammar.
    #[error("invalid JMESPath expression: {reason}")]
    Syntax {
        /// The expression.
        expression: String,
        /// Where in the expression, in bytes.
        offset: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The expression is longer than any reasonable one.
    #[error("JMESPath expression of {length} bytes is too long, the limit is {limit}")]
    TooLong {
        /// The length of the expression in bytes.
        length: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// The expression is nested deeper than any reasonable one.
    #[error("JMESPath expression is nested too deep, the limit is {limit} levels")]
    TooDeep {
        /// The expression.
        expression: String,
        /// Where the limit is reached, in bytes.
        offset: usize,
        /// The greatest depth allowed.
        limit: usize,
    },
    /// The result, or what it is made of, is larger than any reasonable one.
    #[error("the result of the query is too large, the limit is {} MiB", .limit >> 20)]
    TooLarge {
        /// The greatest size allowed, in bytes.
        limit: usize,
    },
    /// The evaluation takes longer than any reasonable one.
    #[error("the query takes too many steps")]
    TooMuchWork,
    /// There is no function of this name.
    #[error("unknown JMESPath function: {name}()")]
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// A function has too few or too many arguments.
    #[error(
        "expected {}{expected} argument{} for function {function}(), received {received}",
        if *.at_least { "at least " } else { "" },
        if *.expected == 1 { "" } else { "s" }
    )]
    Arity {
        /// The name of the function.
        function: &'static str,
        /// How many it takes.
        expected: usize,
        /// Whether it takes more as well.
        at_least: bool,
        /// How many there are.
        received: usize,
    },
    /// A function has an argument that it has no use for.
    #[error("in function {function}(), expected {expected}, received {received}")]
    Type {
        /// The name of the function.
        function: &'static str,
        /// The types it takes, in the words of the JMESPath specification.
        expected: &'static str,
        /// The type it was given.
        received: &'static str,
    },
    /// A text and a number have no order.
    #[error("cannot compare {left} with {right}")]
    Incomparable {
        /// The type on the left.
        left: &'static str,
        /// The type on the right.
        right: &'static str,
    },
}

impl QueryError {
    /// Returns a syntax error.
    pub(super) fn syntax(expression: &str, offset: usize, reason: impl Into<String>) -> Self {
        Self::Syntax { expression: expression.to_owned(), offset, reason: reason.into() }
    }
}

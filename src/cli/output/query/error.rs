//! The errors of queries.

use thiserror::Error;

/// An error in an expression or in its evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The expression does not follow the grammar.
    #[error("invalid JMESPath expression: {reason}")]
    Syntax {
        /// The expression.
        expression: String,
        /// The position in the expression, in bytes.
        offset: usize,
        /// The fault at that position.
        reason: String,
    },
    /// The expression is too long.
    #[error("JMESPath expression of {length} bytes is too long, the limit is {limit}")]
    TooLong {
        /// Length of the expression in bytes.
        length: usize,
        /// Maximum length in bytes.
        limit: usize,
    },
    /// The expression is nested too deep.
    #[error("JMESPath expression is nested too deep, the limit is {limit} levels")]
    TooDeep {
        /// The expression.
        expression: String,
        /// The position that exceeds the limit, in bytes.
        offset: usize,
        /// Maximum depth.
        limit: usize,
    },
    /// The result or an intermediate value is too large.
    #[error("the result of the query is too large, the limit is {} MiB", .limit >> 20)]
    TooLarge {
        /// Maximum size in bytes.
        limit: usize,
    },
    /// The evaluation takes too long.
    #[error("the query takes too many steps")]
    TooMuchWork,
    /// The function does not exist.
    #[error("unknown JMESPath function: {name}()")]
    UnknownFunction {
        /// Name of the function.
        name: String,
    },
    /// A function has too few or too many arguments.
    #[error(
        "expected {}{expected} argument{} for function {function}(), received {received}",
        if *.at_least { "at least " } else { "" },
        if *.expected == 1 { "" } else { "s" }
    )]
    Arity {
        /// Name of the function.
        function: &'static str,
        /// Number of parameters.
        expected: usize,
        /// The function accepts more arguments than parameters.
        at_least: bool,
        /// Number of arguments.
        received: usize,
    },
    /// An argument of a function has the wrong type.
    #[error("in function {function}(), expected {expected}, received {received}")]
    Type {
        /// Name of the function.
        function: &'static str,
        /// Expected types, as in the JMESPath specification.
        expected: &'static str,
        /// Type of the argument.
        received: &'static str,
    },
    /// A string and a number have no order.
    #[error("cannot compare {left} with {right}")]
    Incomparable {
        /// Type on the left.
        left: &'static str,
        /// Type on the right.
        right: &'static str,
    },
}

impl QueryError {
    pub(super) fn syntax(expression: &str, offset: usize, reason: impl Into<String>) -> Self {
        Self::Syntax { expression: expression.to_owned(), offset, reason: reason.into() }
    }
}

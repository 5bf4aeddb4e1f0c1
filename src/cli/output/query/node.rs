//! The syntax tree of an expression.

use std::cmp::Ordering;

use serde_json::Value;

use super::functions::Function;

/// An expression, which is applied to the current value.
pub(super) enum Node {
    /// `@`: the current value.
    Current,
    /// A member of an object.
    Field(String),
    /// An element of an array. A negative position counts from the end.
    Index(i32),
    /// `[start:stop:step]`.
    Slice(Slice),
    /// A constant.
    Literal(Value),
    /// Expressions that are applied one after the other: `a.b`, `a[0]` and `a | b`.
    Chain(Vec<Node>),
    /// The values of the members of an object: `a.*`.
    Members(Box<Node>),
    /// The elements of an array, with the elements of nested arrays: `a[]`.
    Flatten(Box<Node>),
    /// The results of the second expression for the elements of the first, without nulls.
    Projection(Box<Node>, Box<Node>),
    /// The second expression if the first is true, or else null.
    Condition(Box<Node>, Box<Node>),
    /// An array: `[a, b]`.
    List(Vec<Node>),
    /// An object: `{x: a, y: b}`.
    Object(Vec<(String, Node)>),
    /// `!a`.
    Not(Box<Node>),
    /// The first false result, or else the last one.
    And(Vec<Node>),
    /// The first true result, or else the last one.
    Or(Vec<Node>),
    /// `==` (true) or `!=` (false).
    Equality(Box<[Node; 2]>, bool),
    /// `<`, `<=`, `>` or `>=`.
    Order(Box<[Node; 2]>, fn(Ordering) -> bool),
    /// A function call.
    Call(&'static Function, Vec<Node>),
}

/// The bounds of `[start:stop:step]`.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    pub(super) start: Option<i32>,
    pub(super) stop: Option<i32>,
    /// Never zero.
    pub(super) step: i32,
}

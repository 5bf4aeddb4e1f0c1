//! What an expression is made of.

use std::cmp::Ordering;

use super::functions::Function;
use serde_json::Value;

/// An expression. Each is applied to a current value.
pub(super) enum Node {
    /// `@`: the current value.
    Current,
    /// The member of this name.
    Field(String),
    /// The element at this position, from the end if it is negative.
    Index(i32),
    /// The elements from a start to a stop.
    Slice(Slice),
    /// This value, whatever the current one is.
    Literal(Value),
    /// One after the other: `a.b`, `a[0]` and `a | b`.
    Chain(Vec<Node>),
    /// The values of the members of what is found.
    Members(Box<Node>),
    /// The elements of what is found, those of the lists among them in their place.
    Flatten(Box<Node>),
    /// Each element of what the first finds, through the second, without those that come to nothing.
    Projection(Box<Node>, Box<Node>),
    /// The second, where the first is true.
    Condition(Box<Node>, Box<Node>),
    /// A list of what each finds.
    List(Vec<Node>),
    /// An object of what each finds.
    Object(Vec<(String, Node)>),
    /// True unless what is found is.
    Not(Box<Node>),
    /// The first that is false, or else the last.
    And(Vec<Node>),
    /// The first that is true, or else the last.
    Or(Vec<Node>),
    /// Whether two are equal, or not equal.
    Equality(Box<[Node; 2]>, bool),
    /// Whether two are in an order.
    Order(Box<[Node; 2]>, fn(Ordering) -> bool),
    /// What a function makes of its arguments.
    Call(&'static Function, Vec<Node>),
}

/// A part of a list: `[start:stop:step]`.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    pub(super) start: Option<i32>,
    pub(super) stop: Option<i32>,
    /// Not zero.
    pub(super) step: i32,
}

//! Truth, equality and order, which JMESPath in Python takes over from Python in part.

use std::cmp::Ordering;

use super::error::QueryError;
use crate::cli::render::number::Number;
use serde_json::Value;

/// Returns the name of the type in the words of the JMESPath specification.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns whether JMESPath takes `value` for false: nothing, false, and an empty text, array or
/// object. Zero is true.
pub(super) fn is_false(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Returns the answer of `==`: no boolean equals a number.
pub(super) fn equals(left: &Value, right: &Value) -> bool {
    !matches!(
        (left, right),
        (Value::Bool(_), Value::Number(_)) | (Value::Number(_), Value::Bool(_))
    ) && equals_in_python(left, right)
}

/// Returns whether Python finds the two equal, to which True is 1 and False is 0. The order of
/// members does not matter.
pub(super) fn equals_in_python(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| equals_in_python(left, right))
        }
        (Value::Object(members), Value::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, member)| {
                    others.get(name).is_some_and(|other| equals_in_python(member, other))
                })
        }
        _ => match (as_number(left), as_number(right)) {
            (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
            _ => false,
        },
    }
}

fn as_number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(bool) => Some(Number::Integer((*bool).into())),
        Value::Number(number) => Some(Number::of(number)),
        _ => None,
    }
}

/// Returns the answer of `<`, `<=`, `>` or `>=`, or nothing unless both are a number or a text.
///
/// # Errors
///
/// One is a number and the other a text.
pub(super) fn is_ordered(
    left: &Value,
    right: &Value,
    fits: fn(Ordering) -> bool,
) -> Result<Option<bool>, QueryError> {
    let comparable = |value| matches!(value, &Value::Number(_) | &Value::String(_));
    if comparable(left) && comparable(right) {
        Ok(Some(order(left, right)?.is_some_and(fits)))
    } else {
        Ok(None)
    }
}

/// Returns the order of two numbers, which a NaN has not, or of two texts by code point.
///
/// # Errors
///
/// They are anything else.
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, QueryError> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Ok(Number::of(left).compare(Number::of(right)))
        }
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        _ => Err(QueryError::Incomparable { left: type_name(left), right: type_name(right) }),
    }
}

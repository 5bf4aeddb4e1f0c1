//! Truth, equality and order. JMESPath in Python partly uses the rules of Python.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::QueryError;
use crate::cli::output::number::Number;

/// Returns the name of the type in the JMESPath specification.
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

/// Returns whether `value` is false in JMESPath: null, false, and an empty string, array or object.
/// Zero is true.
pub(super) fn is_false(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Returns the result of `==`. A boolean never equals a number.
pub(super) fn equals(left: &Value, right: &Value) -> bool {
    !matches!(
        (left, right),
        (Value::Bool(_), Value::Number(_)) | (Value::Number(_), Value::Bool(_))
    ) && python_equals(left, right)
}

/// Returns the result of `==` in Python, where `True` is 1 and `False` is 0. The order of members
/// does not matter.
pub(super) fn python_equals(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| python_equals(left, right))
        }
        (Value::Object(members), Value::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, member)| {
                    others.get(name).is_some_and(|other| python_equals(member, other))
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

/// Returns the result of `<`, `<=`, `>` or `>=`, or `None` if one side is neither a number nor a
/// string. A number and a string are an error.
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

/// Returns the order of two numbers or of two strings by code point. A NaN has no order, and all
/// other values are an error.
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, QueryError> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Ok(Number::of(left).compare(Number::of(right)))
        }
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        _ => Err(QueryError::Incomparable { left: type_name(left), right: type_name(right) }),
    }
}

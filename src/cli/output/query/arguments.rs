//! The arguments of a function call.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::budget::Budget;
use super::comparison::type_name;
use super::error::QueryError;
use crate::cli::output::number::Number;

pub(super) enum Argument<'v> {
    Value(Cow<'v, Value>),
    /// An expression reference (`&`), which the function applies to values.
    Expression(Expression<'v>),
}

pub(super) type Expression<'v> = Box<dyn Fn(&Value) -> Result<Value, QueryError> + 'v>;

/// The arguments of one call. The parser has checked their number.
pub(super) struct Arguments<'v> {
    pub(super) function: &'static str,
    pub(super) values: Vec<Argument<'v>>,
    pub(super) budget: &'v Budget,
}

impl Arguments<'_> {
    /// Returns all arguments that are values.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().filter_map(|argument| match argument {
            Argument::Value(value) => Some(value.as_ref()),
            Argument::Expression(_) => None,
        })
    }

    /// Returns the argument at `position`, or null if it is an expression.
    pub(super) fn value(&self, position: usize) -> &Value {
        match self.values.get(position) {
            Some(Argument::Value(value)) => value,
            _ => &Value::Null,
        }
    }

    /// Applies the expression at `position`.
    pub(super) fn apply(&self, position: usize, value: &Value) -> Result<Value, QueryError> {
        match self.values.get(position) {
            Some(Argument::Expression(expression)) => expression(value),
            _ => Err(self.mismatch("expref", self.value(position))),
        }
    }

    pub(super) fn number(&self, position: usize) -> Result<Number, QueryError> {
        match self.value(position) {
            Value::Number(number) => Ok(Number::of(number)),
            other => Err(self.mismatch("number", other)),
        }
    }

    pub(super) fn string(&self, position: usize) -> Result<&str, QueryError> {
        match self.value(position) {
            Value::String(text) => Ok(text),
            other => Err(self.mismatch("string", other)),
        }
    }

    pub(super) fn array(&self, position: usize) -> Result<&[Value], QueryError> {
        match self.value(position) {
            Value::Array(elements) => Ok(elements),
            other => Err(self.mismatch("array", other)),
        }
    }

    pub(super) fn numbers(&self, position: usize) -> Result<Vec<Number>, QueryError> {
        let number = |element: &Value| match element {
            Value::Number(number) => Ok(Number::of(number)),
            other => Err(self.mismatch("array-number", other)),
        };
        self.array(position)?.iter().map(number).collect()
    }

    pub(super) fn strings(&self, position: usize) -> Result<Vec<&str>, QueryError> {
        let mut strings = Vec::new();
        for element in self.array(position)? {
            match element {
                Value::String(text) => strings.push(text.as_str()),
                other => return Err(self.mismatch("array-string", other)),
            }
        }
        Ok(strings)
    }

    /// Returns an array of numbers or an array of strings.
    pub(super) fn sortable(&self, position: usize) -> Result<&[Value], QueryError> {
        let elements = self.array(position)?;
        let (is_sortable, expected): (fn(&Value) -> bool, _) = match elements.first() {
            Some(Value::Number(_)) => {
                (|element| matches!(element, Value::Number(_)), "array-number")
            }
            Some(Value::String(_)) => {
                (|element| matches!(element, Value::String(_)), "array-string")
            }
            _ => (|_| false, "array-string or array-number"),
        };
        match elements.iter().find(|element| !is_sortable(element)) {
            None => Ok(elements),
            Some(other) => Err(self.mismatch(expected, other)),
        }
    }

    pub(super) fn object(&self, position: usize) -> Result<&Map<String, Value>, QueryError> {
        self.as_object(self.value(position))
    }

    pub(super) fn as_object<'a>(
        &self,
        value: &'a Value,
    ) -> Result<&'a Map<String, Value>, QueryError> {
        match value {
            Value::Object(members) => Ok(members),
            other => Err(self.mismatch("object", other)),
        }
    }

    pub(super) fn mismatch(&self, expected: &'static str, received: &Value) -> QueryError {
        QueryError::Type { function: self.function, expected, received: type_name(received) }
    }
}

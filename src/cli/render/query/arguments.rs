//! What a function is called with.

use std::borrow::Cow;

use super::budget::Budget;
use super::comparison::type_name;
use super::error::QueryError;
use crate::cli::render::number::Number;
use serde_json::{Map, Value};

/// An argument.
pub(super) enum Argument<'v> {
    /// A value.
    Value(Cow<'v, Value>),
    /// An expression, to be applied to values as the function sees fit.
    Expression(Expression<'v>),
}

/// Applies an expression to a value.
pub(super) type Expression<'v> = Box<dyn Fn(&Value) -> Result<Value, QueryError> + 'v>;

/// The arguments of one call. There are as many as the function takes.
pub(super) struct Arguments<'v> {
    pub(super) function: &'static str,
    pub(super) values: Vec<Argument<'v>>,
    /// What pays for the answer.
    pub(super) budget: &'v Budget,
}

/// What an argument that is no value counts as.
const NOTHING: &Value = &Value::Null;

impl Arguments<'_> {
    /// Returns the values of all arguments.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().filter_map(|argument| match argument {
            Argument::Value(value) => Some(value.as_ref()),
            Argument::Expression(_) => None,
        })
    }

    /// Returns the argument at `position`.
    pub(super) fn value(&self, position: usize) -> &Value {
        match self.values.get(position) {
            Some(Argument::Value(value)) => value,
            _ => NOTHING,
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

    pub(super) fn text(&self, position: usize) -> Result<&str, QueryError> {
        match self.value(position) {
            Value::String(text) => Ok(text),
            other => Err(self.mismatch("string", other)),
        }
    }

    pub(super) fn list(&self, position: usize) -> Result<&[Value], QueryError> {
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
        self.list(position)?.iter().map(number).collect()
    }

    pub(super) fn texts(&self, position: usize) -> Result<Vec<&str>, QueryError> {
        let mut texts = Vec::new();
        for element in self.list(position)? {
            match element {
                Value::String(text) => texts.push(text.as_str()),
                other => return Err(self.mismatch("array-string", other)),
            }
        }
        Ok(texts)
    }

    /// Returns a list of numbers or of texts.
    pub(super) fn sortable(&self, position: usize) -> Result<&[Value], QueryError> {
        let elements = self.list(position)?;
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

    /// Returns the error that says so.
    pub(super) fn mismatch(&self, expected: &'static str, received: &Value) -> QueryError {
        QueryError::Type { function: self.function, expected, received: type_name(received) }
    }
}

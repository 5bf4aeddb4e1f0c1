//! The value of a response.

use std::fmt;

use serde_json::Value as Json;

/// A JSON value with its members in order.
///
/// Wraps [`serde_json::Value`] because the `Debug` of that type prints texts, and one of the texts
/// may be a private key.
#[derive(Clone, PartialEq)]
pub struct Value(pub(super) Json);

impl Value {
    /// Returns an object of `members` in their order. A repeated name replaces the value and keeps
    /// its position, as in a Python `dict`.
    pub fn object<Name: Into<String>>(members: impl IntoIterator<Item = (Name, Self)>) -> Self {
        Self(members.into_iter().map(|(name, member)| (name.into(), member.0)).collect())
    }

    /// Returns an array of `elements`.
    pub fn list<Element: Into<Self>>(elements: impl IntoIterator<Item = Element>) -> Self {
        Self(elements.into_iter().map(|element| element.into().0).collect())
    }

    /// Returns the value with another member, if it is an object.
    #[must_use]
    pub fn with(mut self, name: &str, member: impl Into<Self>) -> Self {
        if let Json::Object(members) = &mut self.0 {
            members.insert(name.to_owned(), member.into().0);
        }
        self
    }

    /// Returns whether the value is an object without members.
    pub fn is_empty_object(&self) -> bool {
        matches!(&self.0, Json::Object(members) if members.is_empty())
    }

    /// Returns whether a text in the value satisfies `is_match`. Ignores the names of members.
    pub fn any_text(&self, is_match: impl Fn(&str) -> bool) -> bool {
        any_text(&self.0, &is_match)
    }
}

/// Returns whether `value` is neither an array nor an object.
pub(super) fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

fn any_text(value: &Json, is_match: &impl Fn(&str) -> bool) -> bool {
    match value {
        Json::String(text) => is_match(text),
        Json::Array(elements) => elements.iter().any(|element| any_text(element, is_match)),
        Json::Object(members) => members.values().any(|member| any_text(member, is_match)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Value").finish_non_exhaustive()
    }
}

macro_rules! from_scalars {
    ($($scalar:ty),*) => {
        $(
            impl From<$scalar> for Value {
                fn from(scalar: $scalar) -> Self {
                    Self(scalar.into())
                }
            }
        )*
    };
}

from_scalars!(bool, i64, f64, &str, String);

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self(json)
    }
}

impl From<Vec<Self>> for Value {
    fn from(elements: Vec<Self>) -> Self {
        Self::list(elements)
    }
}

impl<Content: Into<Self>> From<Option<Content>> for Value {
    fn from(content: Option<Content>) -> Self {
        content.map_or(Self(Json::Null), Into::into)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_keep_their_order() {
        let value = Value::object([("b", Value::from(1)), ("a", "x".into()), ("b", true.into())]);
        assert_eq!(value.0.to_string(), r#"{"b":true,"a":"x"}"#);
        assert_eq!(value.with("c", None::<&str>).0.to_string(), r#"{"b":true,"a":"x","c":null}"#);
    }

    #[test]
    fn any_text_finds_nested_text() {
        let value = Value::from(json!({"name": [1, null, {"a": "text"}]}));
        assert!(value.any_text(|text| text == "text"));
        assert!(!value.any_text(|text| text == "name"));
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Value::from("hunter2")), "Value { .. }");
    }
}

//! What a response is made of.

use std::fmt;

use zeroize::Zeroizing;

use super::number::Number;

/// A JSON value (RFC 8259) whose members keep their order and whose texts are wiped when they are
/// dropped, for one of them may be a private key.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer or a floating-point number.
    Number(Number),
    /// A text.
    Text(Zeroizing<String>),
    /// An array.
    List(Vec<Value>),
    /// An object. No name appears twice.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Returns an object of `members` in their order. A name that comes again replaces the value
    /// and keeps the place, as in a Python `dict`.
    pub fn object<Name: Into<String>>(members: impl IntoIterator<Item = (Name, Self)>) -> Self {
        let mut object = Vec::new();
        for (name, value) in members {
            insert(&mut object, name.into(), value);
        }
        Self::Object(object)
    }

    /// Returns an array of `elements`.
    pub fn list<Element: Into<Self>>(elements: impl IntoIterator<Item = Element>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }

    /// Returns the member `name`, if this is an object that has it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find_map(|(member, value)| (member == name).then_some(value))
            }
            _ => None,
        }
    }

    /// Returns about how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let contents = match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => 0,
            Self::Text(text) => text.len(),
            Self::List(elements) => elements.iter().map(Self::size).sum(),
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    size_of::<String>() + name.len() + value.size()
                };
                members.iter().map(member).sum()
            }
        };
        size_of::<Self>() + contents
    }

    /// Returns whether this is neither an array nor an object.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_))
    }
}

/// Adds a member, or replaces the value of the one that has this name already.
pub(super) fn insert(members: &mut Vec<(String, Value)>, name: String, value: Value) {
    match members.iter_mut().find(|(member, _)| *member == name) {
        Some((_, old)) => *old = value,
        None => members.push((name, value)),
    }
}

/// Shows everything but the texts.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Bool(bool) => write!(formatter, "{bool}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::List(elements) => formatter.debug_list().entries(elements).finish(),
            Self::Object(members) => formatter
                .debug_map()
                .entries(members.iter().map(|(name, value)| (name, value)))
                .finish(),
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Number(Number::Integer(integer.into()))
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Number(Number::Float(float))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Zeroizing::new(text.to_owned()))
    }
}

/// Takes the buffer over, without a copy.
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Zeroizing::new(text))
    }
}

/// Takes the buffer over, without a copy.
impl From<Zeroizing<String>> for Value {
    fn from(text: Zeroizing<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::List(elements)
    }
}

/// Nothing becomes [`Value::Null`].
impl<Content: Into<Value>> From<Option<Content>> for Value {
    fn from(content: Option<Content>) -> Self {
        content.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_the_last_value_of_a_name_wins() {
        let value = Value::object([("b", Value::from(1)), ("a", Value::Null), ("b", "x".into())]);
        assert_eq!(value, Value::Object(vec![("b".into(), "x".into()), ("a".into(), Value::Null)]));
        assert_eq!(value.member("b"), Some(&"x".into()));
        assert_eq!(value.member("c"), None);
        assert_eq!(Value::from("b").member("b"), None);
    }

    #[test]
    fn debug_shows_no_text() {
        let value = Value::object([
            ("KeyMaterial", Value::from("hunter2")),
            ("list", Value::list([true])),
            ("n", Value::from(None::<&str>)),
        ]);
        assert_eq!(
            format!("{value:?}"),
            r#"{"KeyMaterial": Text(7 bytes), "list": [true], "n": Null}"#
        );
    }
}

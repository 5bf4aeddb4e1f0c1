//! Lines of values with tabs between them: a port of `awscli/text.py`.
//!
//! The AWS CLI fails on a list that holds an object and a scalar; here each has its line.

use std::collections::BTreeSet;

use super::buffer::Buffer;
use super::escape::{self, Controls};
use super::python;
use super::value::Value;
use crate::secret::Secret;

/// Returns one line for each object or list of scalars: scalars in the order of their names, and
/// before them the name of the list in capitals. Lists follow the object they are part of.
pub(super) fn render(buffer: Buffer, value: &Value, escape: bool) -> Buffer {
    let controls = if escape { Controls::EscapedInLines } else { Controls::Kept };
    let mut page = Page { buffer, controls };
    page.push(value, None, None);
    page.buffer
}

/// Returns the lines of some elements of a list that has this name in an object, as [`render`] does
/// where all elements together have scalars under these names.
pub(super) fn render_part(
    name: &str,
    elements: impl Iterator<Item = Value>,
    columns: &BTreeSet<String>,
    escape: bool,
) -> Secret {
    let controls = if escape { Controls::EscapedInLines } else { Controls::Kept };
    let mut page = Page { buffer: Buffer::default(), controls };
    let columns = columns.iter().map(String::as_str).collect();
    for element in elements {
        page.push(&element, Some(name), Some(&columns));
    }
    page.buffer.into_secret()
}

struct Page {
    buffer: Buffer,
    controls: Controls,
}

impl Page {
    /// `columns` are the names that every object of a list has a value under, be it an empty one.
    fn push(&mut self, value: &Value, identifier: Option<&str>, columns: Option<&BTreeSet<&str>>) {
        match value {
            Value::Object(members) => self.push_object(members, identifier, columns),
            Value::List(elements) => self.push_list(elements, identifier),
            _ => {
                self.push_scalar(value);
                self.buffer.push("\n");
            }
        }
    }

    fn push_list(&mut self, elements: &[Value], identifier: Option<&str>) {
        if elements.iter().any(|element| matches!(element, Value::Object(_))) {
            let columns = elements.iter().flat_map(names_of_scalars).collect();
            for element in elements {
                self.push(element, identifier, Some(&columns));
            }
            return;
        }
        let (scalars, lists): (Vec<_>, Vec<_>) =
            elements.iter().partition(|element| element.is_scalar());
        self.push_scalars(&scalars, identifier);
        for list in lists {
            self.push(list, identifier, None);
        }
    }

    fn push_scalars(&mut self, scalars: &[&Value], identifier: Option<&str>) {
        match identifier {
            Some(identifier) => {
                for scalar in scalars {
                    self.push_identifier(identifier);
                    self.buffer.push("\t");
                    self.push_scalar(scalar);
                    self.buffer.push("\n");
                }
            }
            None => self.push_line(None, scalars.iter().copied().map(Some)),
        }
    }

    fn push_object(
        &mut self,
        members: &[(String, Value)],
        identifier: Option<&str>,
        columns: Option<&BTreeSet<&str>>,
    ) {
        let mut members: Vec<_> =
            members.iter().map(|(name, value)| (name.as_str(), value)).collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        let named = |name: &str| {
            let position = members.binary_search_by_key(&name, |(name, _)| name).ok()?;
            members.get(position).map(|(_, value)| *value)
        };
        match columns {
            Some(columns) => self.push_line(identifier, columns.iter().map(|name| named(name))),
            None => {
                let scalars = members.iter().filter(|(_, value)| value.is_scalar());
                self.push_line(identifier, scalars.map(|(_, value)| Some(*value)));
            }
        }
        for (name, value) in members {
            if !columns.map_or_else(|| value.is_scalar(), |columns| columns.contains(name)) {
                self.push(value, Some(name), None);
            }
        }
    }

    /// Writes the values with tabs between them, or no line at all if there are none.
    fn push_line<'v>(
        &mut self,
        identifier: Option<&str>,
        values: impl Iterator<Item = Option<&'v Value>>,
    ) {
        let mut first = true;
        for value in values {
            match identifier {
                Some(identifier) if first => {
                    self.push_identifier(identifier);
                    self.buffer.push("\t");
                }
                _ => self.buffer.push(if first { "" } else { "\t" }),
            }
            first = false;
            if let Some(value) = value {
                self.push_scalar(value);
            }
        }
        self.buffer.push(if first { "" } else { "\n" });
    }

    fn push_identifier(&mut self, identifier: &str) {
        escape::push(&mut self.buffer, &identifier.to_uppercase(), self.controls);
    }

    fn push_scalar(&mut self, value: &Value) {
        python::push_str(&mut self.buffer, value, self.controls);
    }
}

/// Returns the names under which some object of a list has a scalar.
pub(super) fn scalar_names(elements: impl Iterator<Item = Value>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for element in elements {
        for name in names_of_scalars(&element) {
            if !all.contains(name) {
                all.insert(name.to_owned());
            }
        }
    }
    all
}

fn names_of_scalars(element: &Value) -> impl Iterator<Item = &str> {
    let members = match element {
        Value::Object(members) => &members[..],
        _ => &[],
    };
    members.iter().filter(|(_, value)| value.is_scalar()).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(value: &Value, escape: bool) -> String {
        String::from_utf8(render(Buffer::default(), value, escape).into_secret().expose().to_vec())
            .unwrap()
    }

    fn pair(name: &str, tags: &[&str]) -> Value {
        let tags = tags
            .iter()
            .map(|key| Value::object([("Value", "v"), ("Key", key)].map(|(n, v)| (n, v.into()))));
        Value::object([("KeyName", name.into()), ("Tags", Value::list(tags)), ("Id", 7.into())])
    }

    #[test]
    fn writes_sorted_scalars_and_then_the_lists() {
        let value = Value::object([("KeyPairs", Value::list([pair("a", &["k"]), pair("b", &[])]))]);
        assert_eq!(rendered(&value, false), "KEYPAIRS\t7\ta\nTAGS\tk\tv\nKEYPAIRS\t7\tb\n");
    }

    #[test]
    fn fills_the_columns_that_an_object_lacks() {
        let bare = Value::object([("Comment", Value::Null)]);
        let value = Value::list([pair("a", &[]), bare]);
        assert_eq!(rendered(&value, false), "\t7\ta\nNone\t\t\n");
    }

    #[test]
    fn writes_lists_of_scalars_and_lists() {
        let list = Value::list([Value::from("a"), Value::list([true, false]), Value::Null]);
        assert_eq!(rendered(&list, false), "a\tNone\nTrue\tFalse\n");
        assert_eq!(
            rendered(&Value::object([("x", list)]), false),
            "X\ta\nX\tNone\nX\tTrue\nX\tFalse\n"
        );
        assert_eq!(rendered(&Value::List(vec![]), false), "");
        assert_eq!(rendered(&Value::Null, false), "None\n");
    }

    #[test]
    fn a_key_survives_the_terminal_and_a_control_sequence_does_not() {
        let key = "-----BEGIN\nMII\n-----END\n";
        assert_eq!(rendered(&key.into(), true), format!("{key}\n"));
        let forged = Value::list(["a\tb\x1b[A", "c"]);
        assert_eq!(rendered(&forged, true), "a\\tb\\x1b[A\tc\n");
        assert_eq!(rendered(&forged, false), "a\tb\x1b[A\tc\n");
    }
}

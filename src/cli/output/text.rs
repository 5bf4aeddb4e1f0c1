//! Tab-separated lines: a port of `awscli/text.py`, byte for byte.
//!
//! The AWS CLI fails on an array of objects and scalars. Here each element gets a line.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::buffer::Buffer;
use super::escape::{self, Controls};
use super::python;
use super::value::is_scalar;

/// Writes one line for each object or array of scalars, with the scalars in the order of their
/// names. Elements of an array begin with the name of the array in capitals. Arrays follow the
/// object that they are part of.
pub(super) fn render(buffer: &mut Buffer, value: &Value, escape: bool) {
    Page::new(buffer, escape).push(value, None, None);
}

/// Writes an element of an array that is a member `name` of an object, as [`render`] does if
/// `columns` are the names of the scalars of all elements.
pub(super) fn render_element(
    buffer: &mut Buffer,
    name: &str,
    element: &Value,
    columns: &BTreeSet<String>,
    escape: bool,
) {
    Page::new(buffer, escape).push(element, Some(name), Some(columns));
}

struct Page<'b> {
    buffer: &'b mut Buffer,
    controls: Controls,
}

impl<'b> Page<'b> {
    fn new(buffer: &'b mut Buffer, escape: bool) -> Self {
        Self { buffer, controls: if escape { Controls::EscapedInLines } else { Controls::Kept } }
    }

    /// `columns` are the names of the scalars on the line of an object, even if it lacks some.
    fn push(
        &mut self,
        value: &Value,
        identifier: Option<&str>,
        columns: Option<&BTreeSet<String>>,
    ) {
        match value {
            Value::Object(members) => self.push_object(members, identifier, columns),
            Value::Array(elements) => self.push_array(elements, identifier),
            _ => {
                self.push_scalar(value);
                self.buffer.push("\n");
            }
        }
    }

    fn push_array(&mut self, elements: &[Value], identifier: Option<&str>) {
        if elements.iter().any(Value::is_object) {
            let mut columns = BTreeSet::new();
            for element in elements {
                add_scalar_names(&mut columns, element);
            }
            for element in elements {
                self.push(element, identifier, Some(&columns));
            }
            return;
        }
        let (scalars, arrays): (Vec<_>, Vec<_>) =
            elements.iter().partition(|element| is_scalar(element));
        self.push_scalars(&scalars, identifier);
        for array in arrays {
            self.push(array, identifier, None);
        }
    }

    fn push_scalars(&mut self, scalars: &[&Value], identifier: Option<&str>) {
        match identifier {
            Some(identifier) => {
                for scalar in scalars {
                    self.push_line(Some(identifier), [Some(*scalar)].into_iter());
                }
            }
            None => self.push_line(None, scalars.iter().copied().map(Some)),
        }
    }

    fn push_object(
        &mut self,
        members: &Map<String, Value>,
        identifier: Option<&str>,
        columns: Option<&BTreeSet<String>>,
    ) {
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        match columns {
            Some(columns) => {
                self.push_line(identifier, columns.iter().map(|name| members.get(name)));
            }
            None => {
                let scalars = sorted.iter().filter(|(_, value)| is_scalar(value));
                self.push_line(identifier, scalars.map(|(_, value)| Some(*value)));
            }
        }
        for (name, value) in sorted {
            if !columns.map_or_else(|| is_scalar(value), |columns| columns.contains(name)) {
                self.push(value, Some(name), None);
            }
        }
    }

    /// Writes the values separated by tabs, or no line for no values.
    fn push_line<'v>(
        &mut self,
        identifier: Option<&str>,
        values: impl Iterator<Item = Option<&'v Value>>,
    ) {
        let mut is_empty = true;
        for value in values {
            match identifier {
                Some(identifier) if is_empty => {
                    let identifier = identifier.to_uppercase();
                    self.buffer.push(&escape::escaped(&identifier, self.controls));
                    self.buffer.push("\t");
                }
                _ => self.buffer.push(if is_empty { "" } else { "\t" }),
            }
            is_empty = false;
            if let Some(value) = value {
                self.push_scalar(value);
            }
        }
        self.buffer.push(if is_empty { "" } else { "\n" });
    }

    fn push_scalar(&mut self, value: &Value) {
        self.buffer.push(&python::str(value, self.controls));
    }
}

/// Adds the names of the scalars of an object to `names`.
pub(super) fn add_scalar_names(names: &mut BTreeSet<String>, element: &Value) {
    for (name, value) in element.as_object().into_iter().flatten() {
        if is_scalar(value) && !names.contains(name) {
            names.insert(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(value: &Value, escape: bool) -> String {
        let mut buffer = Buffer::default();
        render(&mut buffer, value, escape);
        buffer.into_text()
    }

    fn pair(name: &str, tags: &[&str]) -> Value {
        let tags: Value = tags.iter().map(|key| json!({"Value": "v", "Key": key})).collect();
        json!({"KeyName": name, "Tags": tags, "Id": 7})
    }

    #[test]
    fn arrays_follow_sorted_scalars() {
        let value = json!({"KeyPairs": [pair("a", &["k"]), pair("b", &[])]});
        assert_eq!(rendered(&value, false), "KEYPAIRS\t7\ta\nTAGS\tk\tv\nKEYPAIRS\t7\tb\n");
    }

    #[test]
    fn missing_member_leaves_column_empty() {
        let value = json!([pair("a", &[]), {"Comment": null}]);
        assert_eq!(rendered(&value, false), "\t7\ta\nNone\t\t\n");
    }

    #[test]
    fn array_of_scalars_and_arrays_is_printed() {
        let array = json!(["a", [true, false], null]);
        assert_eq!(rendered(&array, false), "a\tNone\nTrue\tFalse\n");
        assert_eq!(rendered(&json!({"x": array}), false), "X\ta\nX\tNone\nX\tTrue\nX\tFalse\n");
        assert_eq!(rendered(&json!([]), false), "");
        assert_eq!(rendered(&Value::Null, false), "None\n");
    }

    #[test]
    fn terminal_output_keeps_keys_and_escapes_controls() {
        let key = "-----BEGIN\nMII\n-----END\n";
        assert_eq!(rendered(&key.into(), true), format!("{key}\n"));
        let forged = json!(["a\tb\x1b[A", "c"]);
        assert_eq!(rendered(&forged, true), "a\\tb\\x1b[A\tc\n");
        assert_eq!(rendered(&forged, false), "a\tb\x1b[A\tc\n");
    }
}

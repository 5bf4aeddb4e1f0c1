//! How Python sees a value: the AWS CLI puts `str(value)` into texts and tables.

use super::buffer::Buffer;
use super::escape::{self, Controls};
use super::value::Value;

/// Appends `str(value)`. The elements of containers are written with `repr`, which leaves no control
/// in them; the AWS CLI lets a container through where a member is a text here and a list there.
pub(super) fn push_str(buffer: &mut Buffer, value: &Value, controls: Controls) {
    match value {
        Value::Text(text) => escape::push(buffer, text, controls),
        _ => push_repr(buffer, value),
    }
}

fn push_repr(buffer: &mut Buffer, value: &Value) {
    match value {
        Value::Null => buffer.push("None"),
        Value::Bool(true) => buffer.push("True"),
        Value::Bool(false) => buffer.push("False"),
        Value::Number(number) => buffer.print(format_args!("{number}")),
        Value::Text(text) => push_quoted(buffer, text),
        Value::List(elements) => {
            buffer.push("[");
            for (position, element) in elements.iter().enumerate() {
                buffer.push(if position > 0 { ", " } else { "" });
                push_repr(buffer, element);
            }
            buffer.push("]");
        }
        Value::Object(members) => {
            buffer.push("{");
            for (position, (name, member)) in members.iter().enumerate() {
                buffer.push(if position > 0 { ", " } else { "" });
                push_quoted(buffer, name);
                buffer.push(": ");
                push_repr(buffer, member);
            }
            buffer.push("}");
        }
    }
}

fn push_quoted(buffer: &mut Buffer, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let escaped = |character| character == quote || character == '\\' || !is_printable(character);
    buffer.print(format_args!("{quote}"));
    buffer.push_replacing(text, escaped, |buffer, character| match character {
        '\\' | '\'' | '"' => buffer.print(format_args!("\\{character}")),
        _ => escape::push_escape(buffer, character),
    });
    buffer.print(format_args!("{quote}"));
}

/// Returns what Python's `str.isprintable` returns: everything but the categories Cc, Cf, Cs, Co,
/// Cn, Zl, Zp, and Zs save the space.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        // Rust's `escape_debug` draws the same line, if the character is not the first.
        _ => {
            let mut pair = String::from('a');
            pair.push(character);
            pair.escape_debug().nth(1) == Some(character)
        }
    }
}

/// Returns whether Python takes `value` for false: nothing, false, zero and whatever is empty.
pub(super) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => number.to_float() == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::List(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(value: impl Into<Value>) -> String {
        let mut buffer = Buffer::default();
        push_str(&mut buffer, &value.into(), Controls::Kept);
        buffer.into_text().to_string()
    }

    #[test]
    fn spells_scalars() {
        assert_eq!(spelled(None::<&str>), "None");
        assert_eq!(spelled(true), "True");
        assert_eq!(spelled(false), "False");
        assert_eq!(spelled(1.0), "1.0");
        assert_eq!(spelled("a'\n"), "a'\n");
    }

    #[test]
    fn spells_containers_with_quoted_texts() {
        let value = Value::object([
            ("k'", Value::list(["it's", "say \"it's\"", "\\ \x7f\u{a0}\u{202e}\u{e0041}日\n"])),
            ("n", Value::object([("f", Value::from(0.5)), ("e", Value::List(vec![]))])),
        ]);
        assert_eq!(
            spelled(value),
            r#"{"k'": ["it's", 'say "it\'s"', '\\ \x7f\xa0\u202e\U000e0041日\n'], 'n': {'f': 0.5, 'e': []}}"#
        );
    }

    #[test]
    fn knows_what_python_takes_for_false() {
        assert!(is_falsy(&0.into()) && is_falsy(&(-0.0).into()) && is_falsy(&"".into()));
        assert!(is_falsy(&false.into()) && is_falsy(&Value::object::<&str>([])));
        assert!(
            !is_falsy(&" ".into())
                && !is_falsy(&0.1.into())
                && !is_falsy(&vec![Value::Null].into())
        );
    }
}

//! JSON as Python's `json` module writes it.

use std::slice;

use serde_json::Value;

use super::buffer::Buffer;
use super::escape::{is_hidden, replaced};
use super::number::Number;

/// Returns whether a character is escaped in addition to the ones that JSON requires.
type Escaped = fn(char) -> bool;

/// `indent=4` at this depth, or `separators=(',', ':')`.
type Indentation = Option<usize>;

/// The depth of the members of the outermost object.
const MEMBER: Indentation = Some(1);

/// Writes `json.dumps(value, indent=4, ensure_ascii=False)` and a line feed, or nothing for an
/// empty object: the AWS CLI prints no output then.
pub(super) fn render(buffer: &mut Buffer, value: &Value, escape: bool) {
    if !matches!(value, Value::Object(members) if members.is_empty()) {
        push(buffer, value, Some(0), escaped(escape));
        buffer.push("\n");
    }
}

/// Writes one line of JSON for each element of an array, which may be the only member of an
/// object, or one line for any other value.
pub(super) fn render_lines(buffer: &mut Buffer, value: &Value, escape: bool) {
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Object(members) if members.len() == 1 => match members.values().next() {
            Some(Value::Array(elements)) => elements,
            _ => slice::from_ref(value),
        },
        _ => slice::from_ref(value),
    };
    for element in elements {
        render_line(buffer, element, escape);
    }
}

/// Writes one line of JSON.
pub(super) fn render_line(buffer: &mut Buffer, element: &Value, escape: bool) {
    push(buffer, element, None, escaped(escape));
    buffer.push("\n");
}

/// Writes an element of an array that is the only member of an object, as [`render`] does.
/// `begin` is the name of the array before its first element.
pub(super) fn render_element(
    buffer: &mut Buffer,
    begin: Option<&str>,
    element: &Value,
    escape: bool,
) {
    let escaped = escaped(escape);
    match begin {
        Some(name) => {
            buffer.push("{");
            break_line(buffer, MEMBER);
            push_text(buffer, name, escaped);
            buffer.push(": [");
        }
        None => buffer.push(","),
    }
    break_line(buffer, deeper(MEMBER));
    push(buffer, element, deeper(MEMBER), escaped);
}

/// Writes the end of a page that [`render_element`] began.
pub(super) fn render_end(buffer: &mut Buffer) {
    break_line(buffer, MEMBER);
    buffer.push("]\n}\n");
}

/// Returns `json.dumps(value, separators=(',', ':'))`: one line of ASCII.
pub(super) fn compact(value: &Value) -> String {
    let mut buffer = Buffer::default();
    push(&mut buffer, value, None, |character| character > '~');
    buffer.into_text()
}

/// Returns an upper bound for the length of [`compact`].
pub(super) fn max_compact_len(value: &Value) -> usize {
    let text_len = |text: &str| -> usize {
        let byte_len = |byte| match byte {
            b'"' | b'\\' => 2,
            b' '..=b'~' => 1,
            _ => 6,
        };
        2 + text.bytes().map(byte_len).sum::<usize>()
    };
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 48,
        Value::String(text) => text_len(text),
        Value::Array(elements) => {
            2 + elements.iter().map(|element| 1 + max_compact_len(element)).sum::<usize>()
        }
        Value::Object(members) => {
            let members = members.iter();
            2 + members
                .map(|(name, member)| 2 + text_len(name) + max_compact_len(member))
                .sum::<usize>()
        }
    }
}

fn push(buffer: &mut Buffer, value: &Value, indentation: Indentation, escaped: Escaped) {
    match value {
        Value::Null | Value::Bool(_) => buffer.push(&value.to_string()),
        Value::Number(number) => match Number::of(number) {
            Number::Float(f64::INFINITY) => buffer.push("Infinity"),
            Number::Float(f64::NEG_INFINITY) => buffer.push("-Infinity"),
            number => buffer.push(&number.to_string()),
        },
        Value::String(text) => push_text(buffer, text, escaped),
        Value::Array(elements) => {
            push_container(buffer, ["[", "]"], indentation, elements, |buffer, element| {
                push(buffer, element, deeper(indentation), escaped);
            });
        }
        Value::Object(members) => {
            push_container(buffer, ["{", "}"], indentation, members, |buffer, (name, member)| {
                push_text(buffer, name, escaped);
                buffer.push(if indentation.is_some() { ": " } else { ":" });
                push(buffer, member, deeper(indentation), escaped);
            });
        }
    }
}

fn push_container<Content>(
    buffer: &mut Buffer,
    [open, close]: [&str; 2],
    indentation: Indentation,
    contents: impl IntoIterator<Item = Content>,
    push_content: impl Fn(&mut Buffer, Content),
) {
    buffer.push(open);
    let mut is_empty = true;
    for content in contents {
        buffer.push(if is_empty { "" } else { "," });
        is_empty = false;
        break_line(buffer, deeper(indentation));
        push_content(buffer, content);
    }
    if !is_empty {
        break_line(buffer, indentation);
    }
    buffer.push(close);
}

fn push_text(buffer: &mut Buffer, text: &str, escaped: Escaped) {
    let is_plain = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) {
        buffer.push("\"");
        buffer.push(text);
        return buffer.push("\"");
    }
    // A text is always valid JSON.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    buffer.push(&replaced(&quoted, escaped, utf16));
}

fn break_line(buffer: &mut Buffer, indentation: Indentation) {
    if let Some(depth) = indentation {
        buffer.push("\n");
        buffer.repeat("    ", depth);
    }
}

fn deeper(indentation: Indentation) -> Indentation {
    indentation.map(|depth| depth + 1)
}

fn escaped(escape: bool) -> Escaped {
    if escape { is_hidden } else { |_| false }
}

/// Returns the escape of `character` in JSON (RFC 8259 section 7).
fn utf16(character: char) -> String {
    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
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

    fn sample() -> Value {
        json!({
            "KeyPairs": [{"KeyName": "é😀\u{7f}\u{202e}\x1b\"\\/\n"}],
            "Empty": [[], {}],
            "Numbers": [1e16, Value::from(Number::Float(f64::NEG_INFINITY))],
        })
    }

    #[test]
    fn json_is_indented_like_python() {
        let expected = concat!(
            "{\n    \"KeyPairs\": [\n        {\n            \"KeyName\": ",
            "\"é😀\u{7f}\u{202e}\\u001b\\\"\\\\/\\n\"\n        }\n    ],\n    \"Empty\": [\n",
            "        [],\n        {}\n    ],\n    \"Numbers\": [\n        1e+16,\n",
            "        -Infinity\n    ]\n}\n"
        );
        assert_eq!(rendered(&sample(), false), expected);
    }

    #[test]
    fn hidden_characters_become_json_escapes() {
        let text = rendered(&"é\u{7f}\u{9b}\u{202e}\u{e0041}".into(), true);
        assert_eq!(text, "\"é\\u007f\\u009b\\u202e\\udb40\\udc41\"\n");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, "é\u{7f}\u{9b}\u{202e}\u{e0041}");
    }

    #[test]
    fn compact_json_is_ascii() {
        let expected = concat!(
            r#"{"KeyPairs":[{"KeyName":"\u00e9\ud83d\ude00\u007f\u202e\u001b\"\\/\n"}],"#,
            r#""Empty":[[],{}],"Numbers":[1e+16,-Infinity]}"#
        );
        assert_eq!(compact(&sample()), expected);
        assert!(expected.len() <= max_compact_len(&sample()));
    }

    #[test]
    fn empty_object_prints_nothing() {
        assert_eq!(rendered(&json!({}), false), "");
        assert_eq!(rendered(&json!([]), false), "[]\n");
        assert_eq!(rendered(&Value::Null, false), "null\n");
    }
}

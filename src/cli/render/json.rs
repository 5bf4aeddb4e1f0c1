//! JSON as Python's `json` module writes it.

use std::borrow::Borrow;

use super::buffer::Buffer;
use super::escape::is_hidden;
use super::number::Number;
use super::value::Value;
use crate::secret::Secret;

/// Which characters become `\u` escapes besides those that must (RFC 8259 section 7).
#[derive(Clone, Copy)]
enum Escaped {
    /// None: `ensure_ascii=False`.
    Required,
    /// Whatever acts on a terminal.
    Hidden,
    /// Everything outside of printable ASCII: `ensure_ascii=True`.
    NonAscii,
}

#[derive(Clone, Copy)]
enum Layout {
    /// `indent=4`, at this depth.
    Indented(usize),
    /// `separators=(',', ':')`.
    OneLine,
}

impl Layout {
    fn deeper(self) -> Self {
        match self {
            Self::Indented(depth) => Self::Indented(depth + 1),
            Self::OneLine => Self::OneLine,
        }
    }

    fn break_line(self, buffer: &mut Buffer) {
        if let Self::Indented(depth) = self {
            buffer.push("\n");
            buffer.repeat("    ", depth);
        }
    }
}

/// Returns `json.dumps(value, indent=4, ensure_ascii=False)` and a line feed, or nothing for an
/// empty object, which is how the AWS CLI answers when an operation has nothing to say.
pub(super) fn render(mut buffer: Buffer, value: &Value, escape: bool) -> Buffer {
    if !matches!(value, Value::Object(members) if members.is_empty()) {
        let escaped = if escape { Escaped::Hidden } else { Escaped::Required };
        push(&mut buffer, value, Layout::Indented(0), escaped);
        buffer.push("\n");
    }
    buffer
}

/// Returns a line of JSON for each element of a list, which may be the only member of an object; of
/// everything else, one line.
pub(super) fn render_lines(buffer: Buffer, value: &Value, escape: bool) -> Buffer {
    let elements = match value {
        Value::List(elements) => &elements[..],
        Value::Object(members) => match &members[..] {
            [(_, Value::List(elements))] => &elements[..],
            _ => std::slice::from_ref(value),
        },
        _ => std::slice::from_ref(value),
    };
    push_lines(buffer, elements.iter(), escape)
}

/// Returns a line of JSON for each element.
pub(super) fn render_elements(
    elements: impl Iterator<Item = impl Borrow<Value>>,
    escape: bool,
) -> Secret {
    push_lines(Buffer::default(), elements, escape).into_secret()
}

fn push_lines(
    mut buffer: Buffer,
    elements: impl Iterator<Item = impl Borrow<Value>>,
    escape: bool,
) -> Buffer {
    let escaped = if escape { Escaped::Hidden } else { Escaped::Required };
    for element in elements {
        push(&mut buffer, element.borrow(), Layout::OneLine, escaped);
        buffer.push("\n");
    }
    buffer
}

/// Returns some elements of a list that is the only member of an object, and before the first, if the
/// list has this name and begins here, what [`render`] puts there; [`end`] is what comes after the
/// last.
pub(super) fn render_part(
    mut begin: Option<&str>,
    elements: impl Iterator<Item = Value>,
    escape: bool,
) -> Secret {
    let mut buffer = Buffer::default();
    let escaped = if escape { Escaped::Hidden } else { Escaped::Required };
    for element in elements {
        match begin.take() {
            Some(name) => {
                buffer.push("{");
                MEMBER.break_line(&mut buffer);
                push_text(&mut buffer, name, escaped);
                buffer.push(": [");
            }
            None => buffer.push(","),
        }
        MEMBER.deeper().break_line(&mut buffer);
        push(&mut buffer, &element, MEMBER.deeper(), escaped);
    }
    buffer.into_secret()
}

/// Returns the end of a page that [`render_part`] began.
pub(super) fn end() -> Secret {
    let mut buffer = Buffer::default();
    MEMBER.break_line(&mut buffer);
    buffer.push("]\n}\n");
    buffer.into_secret()
}

/// The place of a member of the outermost object.
const MEMBER: Layout = Layout::Indented(1);

/// Returns `json.dumps(value, separators=(',', ':'))`: one line of ASCII.
pub(super) fn one_line(value: &Value) -> Buffer {
    let mut buffer = Buffer::default();
    push(&mut buffer, value, Layout::OneLine, Escaped::NonAscii);
    buffer
}

/// Returns how long [`one_line`] is at most.
pub(super) fn most_in_one_line(value: &Value) -> usize {
    let of_text = |text: &str| -> usize {
        let of_byte = |byte| match byte {
            b'"' | b'\\' => 2,
            b' '..=b'~' => 1,
            _ => 6,
        };
        2 + text.bytes().map(of_byte).sum::<usize>()
    };
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 48,
        Value::Text(text) => of_text(text),
        Value::List(elements) => {
            2 + elements.iter().map(|element| 1 + most_in_one_line(element)).sum::<usize>()
        }
        Value::Object(members) => {
            let of_member =
                |(name, value): &(String, Value)| 2 + of_text(name) + most_in_one_line(value);
            2 + members.iter().map(of_member).sum::<usize>()
        }
    }
}

fn push(buffer: &mut Buffer, value: &Value, layout: Layout, escaped: Escaped) {
    match value {
        Value::Null => buffer.push("null"),
        Value::Bool(bool) => buffer.print(format_args!("{bool}")),
        Value::Number(number) => push_number(buffer, *number),
        Value::Text(text) => push_text(buffer, text, escaped),
        Value::List(elements) => {
            push_container(buffer, ["[", "]"], elements, layout, |buffer, element| {
                push(buffer, element, layout.deeper(), escaped);
            });
        }
        Value::Object(members) => {
            push_container(buffer, ["{", "}"], members, layout, |buffer, (name, member)| {
                push_text(buffer, name, escaped);
                buffer.push(match layout {
                    Layout::Indented(_) => ": ",
                    Layout::OneLine => ":",
                });
                push(buffer, member, layout.deeper(), escaped);
            });
        }
    }
}

fn push_container<Content>(
    buffer: &mut Buffer,
    [open, close]: [&str; 2],
    contents: &[Content],
    layout: Layout,
    push_content: impl Fn(&mut Buffer, &Content),
) {
    buffer.push(open);
    for (position, content) in contents.iter().enumerate() {
        buffer.push(if position > 0 { "," } else { "" });
        layout.deeper().break_line(buffer);
        push_content(buffer, content);
    }
    if !contents.is_empty() {
        layout.break_line(buffer);
    }
    buffer.push(close);
}

fn push_number(buffer: &mut Buffer, number: Number) {
    match number {
        Number::Float(float) if float.is_nan() => buffer.push("NaN"),
        Number::Float(f64::INFINITY) => buffer.push("Infinity"),
        Number::Float(f64::NEG_INFINITY) => buffer.push("-Infinity"),
        Number::Integer(_) | Number::Float(_) => buffer.print(format_args!("{number}")),
    }
}

fn push_text(buffer: &mut Buffer, text: &str, escaped: Escaped) {
    let is_escaped = |character: char| match (character, escaped) {
        ('"' | '\\' | '\0'..='\x1f', _) => true,
        (_, Escaped::Required) => false,
        (_, Escaped::Hidden) => is_hidden(character),
        (_, Escaped::NonAscii) => !matches!(character, ' '..='~'),
    };
    buffer.push("\"");
    buffer.push_replacing(text, is_escaped, |buffer, character| match character {
        '"' => buffer.push("\\\""),
        '\\' => buffer.push("\\\\"),
        '\n' => buffer.push("\\n"),
        '\r' => buffer.push("\\r"),
        '\t' => buffer.push("\\t"),
        '\x08' => buffer.push("\\b"),
        '\x0c' => buffer.push("\\f"),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                buffer.print(format_args!("\\u{unit:04x}"));
            }
        }
    });
    buffer.push("\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(value: &Value, escape: bool) -> String {
        String::from_utf8(render(Buffer::default(), value, escape).into_secret().expose().to_vec())
            .unwrap()
    }

    fn sample() -> Value {
        Value::object([
            (
                "KeyPairs",
                Value::list([Value::object([(
                    "KeyName",
                    Value::from("é😀\u{7f}\u{202e}\x1b\"\\/\n"),
                )])]),
            ),
            ("Empty", Value::list([Value::List(vec![]), Value::object::<&str>([])])),
            ("Numbers", Value::list([1e16, f64::NAN, f64::NEG_INFINITY])),
        ])
    }

    #[test]
    fn indents_as_python_does() {
        let expected = concat!(
            "{\n    \"KeyPairs\": [\n        {\n            \"KeyName\": ",
            "\"é😀\u{7f}\u{202e}\\u001b\\\"\\\\/\\n\"\n        }\n    ],\n    \"Empty\": [\n",
            "        [],\n        {}\n    ],\n    \"Numbers\": [\n        1e+16,\n        NaN,\n",
            "        -Infinity\n    ]\n}\n"
        );
        assert_eq!(rendered(&sample(), false), expected);
    }

    #[test]
    fn a_terminal_sees_escapes_that_mean_the_same() {
        let text = rendered(&Value::from("é\u{7f}\u{9b}\u{202e}\u{e0041}"), true);
        assert_eq!(text, "\"é\\u007f\\u009b\\u202e\\udb40\\udc41\"\n");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, "é\u{7f}\u{9b}\u{202e}\u{e0041}");
    }

    #[test]
    fn one_line_is_ascii() {
        assert_eq!(
            *one_line(&sample()).into_text(),
            concat!(
                r#"{"KeyPairs":[{"KeyName":"\u00e9\ud83d\ude00\u007f\u202e\u001b\"\\/\n"}],"#,
                r#""Empty":[[],{}],"Numbers":[1e+16,NaN,-Infinity]}"#
            )
        );
    }

    #[test]
    fn an_empty_object_alone_is_nothing() {
        assert_eq!(rendered(&Value::object::<&str>([]), false), "");
        assert_eq!(rendered(&Value::List(vec![]), false), "[]\n");
        assert_eq!(rendered(&Value::Null, false), "null\n");
    }
}

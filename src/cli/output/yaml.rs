//! YAML in block style, in the shape of version 2 of the AWS CLI.
//!
//! Every page has the same meaning in YAML 1.1 (PyYAML and most other readers) and in the core
//! schema of YAML 1.2. Members are in the order of their names. A scalar at the top is JSON. Simple
//! words are plain, and all other texts are quoted as in JSON. Unlike in the AWS CLI, a text of
//! several lines is a literal block, and long lines are not folded.

use serde_json::Value;

use super::buffer::Buffer;
use super::escape::{is_hidden, replaced};
use super::number::Number;

/// Maximum length of a key without a `? ` mark. Readers look for the colon after a key within 1024
/// characters (YAML 1.2.2 section 7.4.3).
const MAX_PLAIN_KEY: usize = 1000;

/// The columns of a level of nesting.
pub(super) const INDENTATION: usize = 2;

/// Writes a YAML document, or nothing for an empty object: the AWS CLI prints no output then.
pub(super) fn render(buffer: &mut Buffer, value: &Value, escape: bool) {
    let mut page = Page { buffer, escape };
    match value {
        Value::Object(members) if members.is_empty() => {}
        Value::String(text) => {
            page.push_quoted(text);
            page.buffer.push("\n");
        }
        _ => page.push(value, 0),
    }
}

/// Writes a YAML document with a list of one element, or nothing for an empty object.
pub(super) fn render_stream(buffer: &mut Buffer, value: &Value, escape: bool) {
    if !matches!(value, Value::Object(members) if members.is_empty()) {
        buffer.push("- ");
        Page { buffer, escape }.push(value, INDENTATION);
    }
}

/// Writes an element of an array that is the only member of an object, as [`render`] does, or
/// [`render_stream`] if the array begins at the column [`INDENTATION`]. `begin` is the name of the
/// array before its first element.
pub(super) fn render_element(
    buffer: &mut Buffer,
    begin: Option<&str>,
    element: &Value,
    column: usize,
    escape: bool,
) {
    let mut page = Page { buffer, escape };
    if let Some(name) = begin {
        page.buffer.push(if column > 0 { "- " } else { "" });
        page.push_line(name);
        page.buffer.push(":\n");
    }
    page.indent(column);
    page.buffer.push("- ");
    page.push(element, column + INDENTATION);
}

struct Page<'b> {
    buffer: &'b mut Buffer,
    /// Escapes characters that are valid in YAML but control a terminal.
    escape: bool,
}

impl Page<'_> {
    /// Writes a value from the column `indentation` to the end of its last line.
    fn push(&mut self, value: &Value, indentation: usize) {
        match value {
            Value::Array(elements) if !elements.is_empty() => {
                for (position, element) in elements.iter().enumerate() {
                    self.indent(if position > 0 { indentation } else { 0 });
                    self.buffer.push("- ");
                    self.push(element, indentation + INDENTATION);
                }
            }
            Value::Object(members) if !members.is_empty() => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                for (position, (name, member)) in members.into_iter().enumerate() {
                    self.indent(if position > 0 { indentation } else { 0 });
                    self.push_member(name, member, indentation);
                }
            }
            Value::String(text) if self.is_block(text) => self.push_block(text, indentation),
            Value::String(text) => {
                self.push_line(text);
                self.buffer.push("\n");
            }
            Value::Number(number) => {
                self.buffer.push(&format!("{}\n", spelled(Number::of(number))));
            }
            // An empty container is the same as in JSON.
            scalar => self.buffer.push(&format!("{scalar}\n")),
        }
    }

    fn push_member(&mut self, name: &str, member: &Value, indentation: usize) {
        let is_long = name.len() > MAX_PLAIN_KEY;
        self.buffer.push(if is_long { "? " } else { "" });
        self.push_line(name);
        if is_long {
            self.buffer.push("\n");
            self.indent(indentation);
        }
        self.buffer.push(":");
        let begin = match member {
            Value::Array(elements) if !elements.is_empty() => indentation,
            Value::Object(members) if !members.is_empty() => indentation + INDENTATION,
            _ => {
                self.buffer.push(" ");
                return self.push(member, indentation + INDENTATION);
            }
        };
        self.buffer.push("\n");
        self.indent(begin);
        self.push(member, begin);
    }

    /// Writes a text on one line.
    fn push_line(&mut self, text: &str) {
        if is_plain(text) {
            self.buffer.push(text);
        } else {
            self.push_quoted(text);
        }
    }

    fn push_quoted(&mut self, text: &str) {
        // A text is always valid JSON, and a JSON text is valid YAML, except for characters that
        // YAML does not allow.
        let quoted = serde_json::to_string(text).unwrap_or_default();
        let is_escaped = |character| self.is_escaped(character);
        self.buffer.push(&replaced(&quoted, is_escaped, |character| match character {
            '\0'..='\u{ffff}' => format!("\\u{:04x}", u32::from(character)),
            _ => format!("\\U{:08x}", u32::from(character)),
        }));
    }

    /// Returns whether `character` is only possible as an escape: it ends a line or is unprintable
    /// in YAML 1.1 (section 4.1.4) or 1.2 (1.2.2 section 5.1).
    fn is_escaped(&self, character: char) -> bool {
        let breaks_line = matches!(character, '\u{2028}' | '\u{2029}');
        let is_printable =
            !character.is_control() && !matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        breaks_line || !is_printable || (self.escape && is_hidden(character))
    }

    /// Returns whether `text` is possible as a literal block (YAML 1.2.2 section 8.1.2) without an
    /// indentation indicator: it has several lines, none of only white space, and no white space
    /// at the edges.
    fn is_block(&self, text: &str) -> bool {
        let body = text.strip_suffix('\n').unwrap_or(text);
        let is_blank = |line: &str| !line.is_empty() && line.trim().is_empty();
        text.contains('\n')
            && !body.is_empty()
            && !body.starts_with([' ', '\t', '\n'])
            && !body.ends_with('\n')
            && !body.split('\n').any(is_blank)
            && !text.contains(|character| character != '\n' && self.is_escaped(character))
    }

    fn push_block(&mut self, text: &str, indentation: usize) {
        let body = text.strip_suffix('\n');
        self.buffer.push(if body.is_some() { "|\n" } else { "|-\n" });
        for line in body.unwrap_or(text).split('\n') {
            self.indent(if line.is_empty() { 0 } else { indentation });
            self.buffer.push(line);
            self.buffer.push("\n");
        }
    }

    fn indent(&mut self, indentation: usize) {
        self.buffer.repeat(" ", indentation);
    }
}

/// Returns whether `text` without quotes is a text in all schemas. Numbers and times begin with a
/// digit or a sign.
fn is_plain(text: &str) -> bool {
    const OTHER_TYPES: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word =
        |character: char| character.is_ascii_alphanumeric() || " ._/-".contains(character);
    text.starts_with(|character: char| character.is_ascii_alphabetic())
        && text.chars().all(is_word)
        && !text.ends_with(' ')
        && !OTHER_TYPES.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn spelled(number: Number) -> String {
    match number {
        Number::Float(f64::INFINITY) => ".inf".into(),
        Number::Float(f64::NEG_INFINITY) => "-.inf".into(),
        _ => {
            let spelled = number.to_string();
            // A float has a decimal point in YAML 1.1, even with an exponent.
            match spelled.split_once('e') {
                Some((digits, exponent)) if !digits.contains('.') => {
                    format!("{digits}.0e{exponent}")
                }
                _ => spelled,
            }
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

    fn written(value: impl Into<Value>) -> String {
        rendered(&value.into(), false)
    }

    #[test]
    fn containers_are_blocks() {
        let value = json!({
            "KeyPairs": [{
                "KeyPairId": "key-1",
                "Tags": [],
                "KeyMaterial": "-----BEGIN\nMII\n-----END\n",
                "Nested": {"a": [1], "b": "x\ny"},
            }],
            "Matrix": [[true, false], {}],
        });
        assert_eq!(
            rendered(&value, false),
            "\
KeyPairs:
- KeyMaterial: |
    -----BEGIN
    MII
    -----END
  KeyPairId: key-1
  Nested:
    a:
    - 1
    b: |-
      x
      y
  Tags: []
Matrix:
- - true
  - false
- {}
"
        );
    }

    #[test]
    fn scalar_can_be_the_document() {
        assert_eq!(written(Value::Null), "null\n");
        assert_eq!(written("a\nb\n"), "\"a\\nb\\n\"\n");
        assert_eq!(written("key-1"), "\"key-1\"\n");
        assert_eq!(written(json!(["a\nb"])), "- |-\n  a\n  b\n");
        assert_eq!(written(json!({})), "");
        assert_eq!(written(json!([])), "[]\n");
    }

    #[test]
    fn long_key_is_marked() {
        let name = "k".repeat(1001);
        let value = json!([{name.as_str(): ["x"]}]);
        assert_eq!(rendered(&value, false), format!("- ? {name}\n  :\n  - x\n"));
    }

    #[test]
    fn hidden_characters_become_yaml_escapes() {
        let value = json!({"a\u{202e}": "b\u{200b}\u{e0041}\nc"});
        assert_eq!(rendered(&value, true), "\"a\\u202e\": \"b\\u200b\\U000e0041\\nc\"\n");
        assert_eq!(rendered(&value, false), "\"a\u{202e}\": |-\n  b\u{200b}\u{e0041}\n  c\n");
    }

    #[test]
    fn simple_words_stay_plain() {
        for text in ["my-key", "key-0123456789abcdef0", "user name", "a/b.c_d", "nullable", "N0"] {
            assert_eq!(written(json!([text])), format!("- {text}\n"));
        }
    }

    #[test]
    fn other_texts_are_quoted() {
        let words = "- ? #a &a *a !a | > %a @a `a [a] {a} 'a' it's 日本 ~ Null TRUE yes No on y = << \
                     1 -1 +1 1_000 0x1F 017 1e3 .5 .inf .NaN 12:30:45 2014-10-17 ... --- a:";
        let spaced = ["", " a", "a ", "\u{a0}a", "a: b", "a #b", "- a"];
        for text in words.split(' ').chain(spaced) {
            assert_eq!(written(json!([text])), format!("- \"{text}\"\n"));
        }
    }

    #[test]
    fn unprintable_characters_are_escaped() {
        assert_eq!(written("a\tb\\\"\r"), "\"a\\tb\\\\\\\"\\r\"\n");
        assert_eq!(
            written("\0\x1b\x7f\u{85}\u{9b}\u{2028}\u{feff}\u{ffff}é😀"),
            "\"\\u0000\\u001b\\u007f\\u0085\\u009b\\u2028\\ufeff\\uffffé😀\"\n"
        );
    }

    #[test]
    fn ambiguous_block_is_quoted() {
        assert_eq!(written(json!(["a\n\n b \nc"])), "- |-\n  a\n\n   b \n  c\n");
        for text in ["\n", "a\n\n", " a\nb", "\na", "\ta\nb", "a\n \nb", "a\r\nb\n", "a\n "] {
            assert!(written(json!([text])).starts_with("- \""), "{text:?}");
        }
    }

    #[test]
    fn floats_have_a_decimal_point() {
        assert_eq!(written(7), "7\n");
        assert_eq!(written(1e16), "1.0e+16\n");
        assert_eq!(written(1.5e-7), "1.5e-07\n");
        assert_eq!(written(Number::Float(f64::NEG_INFINITY)), "-.inf\n");
    }
    #[test]
    fn stream_is_list_of_one() {
        let stream = |value: Value| {
            let mut buffer = Buffer::default();
            render_stream(&mut buffer, &value, false);
            buffer.into_text()
        };
        assert_eq!(stream(json!({"a": [{"b": 1, "c": []}]})), "- a:\n  - b: 1\n    c: []\n");
        assert_eq!(stream(json!([["x", "z"], []])), "- - - x\n    - z\n  - []\n");
        assert_eq!(stream(json!("a\nb\n")), "- |\n  a\n  b\n");
        assert_eq!(stream(json!(null)), "- null\n");
        assert_eq!(stream(json!({})), "");
    }
}

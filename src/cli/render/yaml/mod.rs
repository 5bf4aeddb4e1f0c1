//! YAML in block style, in the shape that version 2 of the AWS CLI gives it.
//!
//! Every page reads back as the same value under YAML 1.1 (PyYAML and most readers) and under the
//! core schema of YAML 1.2. The difference to the AWS CLI: members keep their order, a text of
//! several lines is a literal block, and no line is folded.

mod scalar;

use super::buffer::Buffer;
use super::value::Value;
use crate::secret::Secret;
use scalar::Hidden;

/// Readers need not look further than 1024 characters for the colon behind a key (YAML 1.2.2
/// section 7.4.3); a longer key is marked as one.
const LONGEST_KEY: usize = 1000;

/// Returns `value` as a YAML document.
pub(super) fn render(buffer: Buffer, value: &Value, escape: bool) -> Buffer {
    let hidden = if escape { Hidden::Escaped } else { Hidden::Kept };
    let mut page = Page { buffer, hidden };
    page.push(value, 0);
    page.buffer
}

/// Returns some elements of a list that is the only member of an object, and before the first, if the
/// list has this name and begins here, what [`render`] puts there.
pub(super) fn render_part(
    mut begin: Option<&str>,
    elements: impl Iterator<Item = Value>,
    escape: bool,
) -> Secret {
    let hidden = if escape { Hidden::Escaped } else { Hidden::Kept };
    let mut page = Page { buffer: Buffer::default(), hidden };
    for element in elements {
        if let Some(name) = begin.take() {
            scalar::push_key(&mut page.buffer, name, hidden);
            page.buffer.push(":\n");
        }
        page.buffer.push("- ");
        page.push(&element, 2);
    }
    page.buffer.into_secret()
}

struct Page {
    buffer: Buffer,
    hidden: Hidden,
}

impl Page {
    /// Writes a value that begins in the column `indentation`, up to the end of its last line.
    fn push(&mut self, value: &Value, indentation: usize) {
        match value {
            Value::List(elements) if !elements.is_empty() => {
                for (position, element) in elements.iter().enumerate() {
                    self.indent(if position > 0 { indentation } else { 0 });
                    self.buffer.push("- ");
                    self.push(element, indentation + 2);
                }
            }
            Value::Object(members) if !members.is_empty() => {
                for (position, (name, member)) in members.iter().enumerate() {
                    self.indent(if position > 0 { indentation } else { 0 });
                    self.push_member(name, member, indentation);
                }
            }
            // The lines of a block need some indentation, be it at the top of the document.
            _ => scalar::push(&mut self.buffer, value, indentation.max(2), self.hidden),
        }
    }

    fn push_member(&mut self, name: &str, member: &Value, indentation: usize) {
        let mut key = Buffer::default();
        scalar::push_key(&mut key, name, self.hidden);
        let key = key.into_text();
        if key.len() > LONGEST_KEY {
            self.buffer.print(format_args!("? {}\n", *key));
            self.indent(indentation);
            self.buffer.push(": ");
            return self.push(member, indentation + 2);
        }
        self.buffer.push(&key);
        self.buffer.push(":");
        let begin = match member {
            Value::List(elements) if !elements.is_empty() => Some(indentation),
            Value::Object(members) if !members.is_empty() => Some(indentation + 2),
            _ => None,
        };
        match begin {
            Some(begin) => {
                self.buffer.push("\n");
                self.indent(begin);
                self.push(member, begin);
            }
            None => {
                self.buffer.push(" ");
                self.push(member, indentation + 2);
            }
        }
    }

    fn indent(&mut self, indentation: usize) {
        self.buffer.repeat(" ", indentation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(value: &Value, escape: bool) -> String {
        String::from_utf8(render(Buffer::default(), value, escape).into_secret().expose().to_vec())
            .unwrap()
    }

    #[test]
    fn writes_blocks() {
        let pair = Value::object([
            ("KeyPairId", Value::from("key-1")),
            ("Tags", Value::List(vec![])),
            ("KeyMaterial", "-----BEGIN\nMII\n-----END\n".into()),
            ("Nested", Value::object([("a", Value::list([1])), ("b", "x\ny".into())])),
        ]);
        let matrix = Value::list([Value::list([true, false]), Value::object::<&str>([])]);
        let value = Value::object([("KeyPairs", Value::list([pair])), ("Matrix", matrix)]);
        assert_eq!(
            rendered(&value, false),
            "\
KeyPairs:
- KeyPairId: key-1
  Tags: []
  KeyMaterial: |
    -----BEGIN
    MII
    -----END
  Nested:
    a:
    - 1
    b: |-
      x
      y
Matrix:
- - true
  - false
- {}
"
        );
    }

    #[test]
    fn writes_scalars_alone() {
        assert_eq!(rendered(&Value::Null, false), "null\n");
        assert_eq!(rendered(&"a\nb\n".into(), false), "|\n  a\n  b\n");
        assert_eq!(rendered(&Value::list(["a\nb"]), false), "- |-\n  a\n  b\n");
    }

    #[test]
    fn marks_a_long_key() {
        let name = "k".repeat(1001);
        let value = Value::list([Value::object([(name.clone(), Value::list(["x"]))])]);
        assert_eq!(rendered(&value, false), format!("- ? {name}\n  : - x\n"));
    }

    #[test]
    fn a_terminal_sees_escapes() {
        let value = Value::object([("a\u{202e}", Value::from("b\u{200b}\nc"))]);
        assert_eq!(rendered(&value, true), "\"a\\u202e\": \"b\\u200b\\nc\"\n");
        assert_eq!(rendered(&value, false), "a\u{202e}: |-\n  b\u{200b}\n  c\n");
    }
}

//! Python's `str` and `repr` of a value, which the AWS CLI writes to text and table output.

use std::borrow::Cow;

use serde_json::Value;

use super::escape::{self, Controls};
use super::number::Number;

/// Returns `str(value)`. Containers occur if a member is a text in one object and a container in
/// another. Their texts are written with `repr`, which escapes all controls.
pub(super) fn str(value: &Value, controls: Controls) -> Cow<'_, str> {
    match value {
        Value::String(text) => escape::escaped(text, controls),
        _ => repr(value).into(),
    }
}

fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => Number::of(number).to_string(),
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(repr).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) => {
            let member =
                |(name, member): (&String, _)| format!("{}: {}", quoted(name), repr(member));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let is_escaped = |character| matches!(character, '\\') || character == quote;
    let escaped = escape::replaced(
        text,
        |character| is_escaped(character) || !is_printable(character),
        |character| {
            if is_escaped(character) { format!("\\{character}") } else { escape::escape(character) }
        },
    );
    format!("{quote}{escaped}{quote}")
}

/// Returns the result of Python's `str.isprintable`: false for the categories Cc, Cf, Cs, Co, Cn,
/// Zl, Zp, and for Zs except the space.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        // Rust's `escape_debug` has the same rule for characters after the first.
        _ => {
            let mut pair = String::from('a');
            pair.push(character);
            pair.escape_debug().nth(1) == Some(character)
        }
    }
}

/// Returns whether `value` is false in Python: `None`, `False`, zero and empty values.
pub(super) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => Number::of(number).to_float() == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spelled(value: impl Into<Value>) -> String {
        str(&value.into(), Controls::Kept).into_owned()
    }

    #[test]
    fn scalars_are_spelled_like_python() {
        assert_eq!(spelled(None::<&str>), "None");
        assert_eq!(spelled(true), "True");
        assert_eq!(spelled(false), "False");
        assert_eq!(spelled(1.0), "1.0");
        assert_eq!(spelled("a'\n"), "a'\n");
    }

    #[test]
    fn containers_quote_texts_like_python() {
        let value = json!({
            "k'": ["it's", "say \"it's\"", "\\ \x7f\u{a0}\u{202e}\u{e0041}日\n"],
            "n": {"f": 0.5, "e": []},
        });
        assert_eq!(
            spelled(value),
            r#"{"k'": ["it's", 'say "it\'s"', '\\ \x7f\xa0\u202e\U000e0041日\n'], 'n': {'f': 0.5, 'e': []}}"#
        );
    }

    #[test]
    fn falsy_values_match_python() {
        for value in [json!(0), json!(-0.0), json!(""), json!(false), json!({})] {
            assert!(is_falsy(&value), "{value}");
        }
        for value in [json!(" "), json!(0.1), json!([null])] {
            assert!(!is_falsy(&value), "{value}");
        }
    }
}

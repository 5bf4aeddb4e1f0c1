//! Reads the YAML of `--cli-input-yaml` into the data that JSON has.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::{Map, Number, Value};

/// Parses one document.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    let mut reader = Reader { events: Parser::new_from_str(text), depth: 0 };
    let mut document = None;
    loop {
        match reader.next()? {
            Event::StreamEnd => return Ok(document.unwrap_or(Value::Null)),
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
            Event::DocumentStart(_) if document.is_some() => return Err(YamlError::Documents),
            Event::DocumentStart(_) => {
                let first = reader.next()?;
                document = Some(reader.value(first)?);
            }
            _ => return Err(YamlError::Incomplete),
        }
    }
}

/// The reason why a text is not used.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// References could make a short text large.
    #[error("anchors and aliases are not supported")]
    Alias,
    #[error("it has more than one document")]
    Documents,
    #[error("the key `{key}` is given twice")]
    KeyTwice { key: String },
    #[error("a key is not a text")]
    KeyNotText,
    #[error("it ends early")]
    Incomplete,
    #[error("invalid syntax in line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    #[error("the tag {tag} is not supported")]
    UnknownTag { tag: String },
}

impl From<ScanError> for YamlError {
    fn from(error: ScanError) -> Self {
        let marker = error.marker();
        Self::Syntax { line: marker.line(), column: marker.col() + 1 }
    }
}

const MAX_DEPTH: usize = 32;

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, YamlError> {
        match self.events.next() {
            Some(event) => Ok(event?.0),
            None => Err(YamlError::Incomplete),
        }
    }

    /// Reads the value that begins with this event.
    fn value(&mut self, first: Event<'a>) -> Result<Value, YamlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(YamlError::TooDeep);
        }
        let value = match first {
            Event::Scalar(text, style, 0, tag) => scalar(&text, style, tag.as_deref())?,
            Event::SequenceStart(0, None) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break Value::Array(list),
                        first => list.push(self.value(first)?),
                    }
                }
            }
            Event::MappingStart(0, None) => self.mapping()?,
            Event::SequenceStart(0, Some(tag)) | Event::MappingStart(0, Some(tag)) => {
                return Err(unknown(&tag));
            }
            Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..) => return Err(YamlError::Alias),
            _ => return Err(YamlError::Incomplete),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn mapping(&mut self) -> Result<Value, YamlError> {
        let mut members = Map::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Value::Object(members)),
                Event::Scalar(text, _, 0, None) => Cow::into_owned(text),
                Event::Scalar(_, _, 0, Some(tag)) => return Err(unknown(&tag)),
                Event::Scalar(..) | Event::Alias(_) => return Err(YamlError::Alias),
                _ => return Err(YamlError::KeyNotText),
            };
            let first = self.next()?;
            let value = self.value(first)?;
            if members.contains_key(&key) {
                return Err(YamlError::KeyTwice { key });
            }
            members.insert(key, value);
        }
    }
}

/// Returns the value of a scalar by the core schema of YAML 1.2
/// (<https://yaml.org/spec/1.2.2/#103-core-schema>). `!!binary` is base64, as in JSON.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, YamlError> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && matches!(&*tag.suffix, "binary" | "str") => {
            return Ok(Value::String(text.to_owned()));
        }
        Some(tag) => return Err(unknown(tag)),
        None => {}
    }
    Ok(match text {
        _ if style != ScalarStyle::Plain => Value::String(text.to_owned()),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            text.parse::<Number>().map_or_else(|_| Value::String(text.to_owned()), Value::Number)
        }
        _ => Value::String(text.to_owned()),
    })
}

fn unknown(tag: &Tag) -> YamlError {
    YamlError::UnknownTag { tag: format!("{}{}", tag.handle, tag.suffix) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_has_data_of_json() {
        for (text, expected) in [
            ("", Value::Null),
            ("# nothing\n", Value::Null),
            (
                "KeyNames: [a, 'b']\nDryRun: false # no\n",
                json!({"KeyNames": ["a", "b"], "DryRun": false}),
            ),
            ("---\nKeyNames:\n- a\n- \"true\"\n...\n", json!({"KeyNames": ["a", "true"]})),
            ("{\"a\": {\"b\": null}}", json!({"a": {"b": null}})),
            (
                "a: |\n  x\n  y\nb: yes\nc: 12\nd: 1.5\ne: 2026-01-01\nf:\n",
                json!({"a": "x\ny\n", "b": "yes", "c": 12, "d": 1.5, "e": "2026-01-01", "f": null}),
            ),
            ("a: !!binary |\n  YQ==\n", json!({"a": "YQ==\n"})),
            ("- - a\n  - b\n", json!([["a", "b"]])),
            ("plain", json!("plain")),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn hostile_yaml_is_refused() {
        for (text, expected) in [
            ("a: &x 1\nb: *x", "anchors and aliases are not supported"),
            ("a: *x", "invalid syntax in line 1, column 4"),
            ("a: 1\na: 2", "the key `a` is given twice"),
            ("a: 1\n---\nb: 1", "it has more than one document"),
            ("[a]: 1", "a key is not a text"),
            (
                "a: !!python/object:os.system x",
                "the tag tag:yaml.org,2002:python/object:os.system is not supported",
            ),
            ("a: [", "invalid syntax in line 2, column 1"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
        let deep = |levels: usize| format!("{}a{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&deep(MAX_DEPTH - 1)).is_ok());
        for text in
            [deep(MAX_DEPTH), "[".repeat(1 << 16), "- ".repeat(1 << 16), "a: ".repeat(1 << 12)]
        {
            assert!(parse(&text).is_err());
        }
    }
}

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
    #[error("`{text}` is a {kind}, not a text; quote it")]
    NotText { text: String, kind: &'static str },
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

/// Returns the value of a scalar as version 2 reads it: by the core schema of YAML 1.2
/// (<https://yaml.org/spec/1.2.2/#103-core-schema>), with the numbers and dates of YAML 1.1.
/// `!!binary` is base64, as in JSON.
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
        _ if is_date(text) => return Err(not_text(text, "date")),
        _ => match integer(text) {
            Some(number) => Value::Number(number),
            None if is_fraction(text) => {
                let number = text.replace('_', "").parse().ok().and_then(Number::from_f64);
                Value::Number(number.ok_or_else(|| not_text(text, "number"))?)
            }
            None => Value::String(text.to_owned()),
        },
    })
}

fn not_text(text: &str, kind: &'static str) -> YamlError {
    let text = text.chars().take(MAX_CHARACTERS).collect();
    YamlError::NotText { text, kind }
}

/// Reads `12`, `+1_000`, `0b11`, `0o17` and `0x1F`. No member of a request is a number, so a large
/// one may lose digits.
fn integer(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.get(..2) {
        Some("0b") => (2, unsigned.get(2..)?),
        Some("0o") => (8, unsigned.get(2..)?),
        Some("0x") => (16, unsigned.get(2..)?),
        _ => (10, unsigned),
    };
    let is_digit = |character: char| character.is_digit(radix) || character == '_';
    if !unsigned.starts_with(|first: char| first.is_ascii_digit())
        || digits.is_empty()
        || !digits.chars().all(is_digit)
    {
        return None;
    }
    let digits = digits.replace('_', "");
    let number = i64::from_str_radix(&digits, radix).unwrap_or(i64::MAX);
    Some(Number::from(if text.starts_with('-') { number.saturating_neg() } else { number }))
}

/// Returns whether this is a number such as `1.5`, `.5`, `1e3` or `-.inf`.
fn is_fraction(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let is_number = if whole.is_empty() {
        fraction.is_some_and(|fraction| !fraction.is_empty())
    } else {
        whole.starts_with(|first: char| first.is_ascii_digit())
            && (fraction.is_some() || exponent.is_some())
    };
    is_number && digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(is_exponent)
}

/// Returns whether this begins as a date does: `2026-01-31`, with an optional time.
fn is_date(text: &str) -> bool {
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (date, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(end) => text.split_at(end),
        None => (text, ""),
    };
    let Ok([year, month, day]) = <[&str; 3]>::try_from(date.split('-').collect::<Vec<_>>()) else {
        return false;
    };
    let has_time = !time.is_empty();
    let lengths = if has_time { 1..=2 } else { 2..=2 };
    is_number(year, 4..=4)
        && is_number(month, lengths.clone())
        && is_number(day, lengths)
        && (!has_time || time.get(1..).is_some_and(|time| is_time(time.trim_start())))
}

/// Returns whether this begins with a time such as `9:30:00`.
fn is_time(text: &str) -> bool {
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split(':');
    let starts = [parts.next(), parts.next()];
    let seconds = parts.next().and_then(|seconds| seconds.get(..2));
    starts.iter().all(|part| part.is_some_and(|part| !part.is_empty() && digits(part)))
        && seconds.is_some_and(digits)
}

/// The longest part of a value in a message.
const MAX_CHARACTERS: usize = 80;

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
                "a: |\n  x\n  y\nb: yes\nc: 12\nd: 1.5\ne: 2026-1-1\nf:\n",
                json!({"a": "x\ny\n", "b": "yes", "c": 12, "d": 1.5, "e": "2026-1-1", "f": null}),
            ),
            ("a: !!binary |\n  YQ==\n", json!({"a": "YQ==\n"})),
            ("- - a\n  - b\n", json!([["a", "b"]])),
            ("plain", json!("plain")),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    /// As ruamel.yaml, the parser of version 2, reads them.
    #[test]
    fn scalars_have_types_of_version_2() {
        let texts = "yes No on off y 2026-1-1 12:30 1.2.3 --5 5e .5e1x 0o8 0x _1 infinity nan . - 1e 1.e+ \
                     2026-01 2026-01-01x key-0123456789abcdef0 +.nan tRue";
        for text in texts.split(' ') {
            assert_eq!(scalar(text, ScalarStyle::Plain, None).unwrap(), json!(text), "{text}");
        }
        for (text, expected) in [
            ("010", json!(10)),
            ("0o10", json!(8)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("+1", json!(1)),
            ("-08", json!(-8)),
            ("99999999999999999999", json!(i64::MAX)),
            ("1e3", json!(1000.0)),
            ("1.", json!(1.0)),
            ("-.5", json!(-0.5)),
            ("685_230.15", json!(685_230.15)),
            ("-2E+05", json!(-200_000.0)),
            ("True", json!(true)),
            ("NULL", json!(null)),
        ] {
            assert_eq!(scalar(text, ScalarStyle::Plain, None).unwrap(), expected, "{text}");
            let quoted = scalar(text, ScalarStyle::SingleQuoted, None).unwrap();
            assert_eq!(quoted, json!(text));
        }
        for text in
            ["2026-01-01", "2026-1-1 9:30:00", "2026-01-01T10:00:00Z", ".inf", "-.INF", ".nan"]
        {
            let error = scalar(text, ScalarStyle::Plain, None).unwrap_err().to_string();
            assert!(error.ends_with(", not a text; quote it"), "{error}");
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

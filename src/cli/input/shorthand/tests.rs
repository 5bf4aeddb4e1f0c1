use serde_json::{Value, json};

use super::error::Place;
use super::*;
use crate::vectors;

fn one(text: &str) -> Result<Value, RequestError> {
    parse("--filters", text, &|value| Ok((value == "file://f.txt").then(|| "x\ny\n".to_owned())))
}

/// An empty value may end at a brace, which the AWS CLI takes for a part of the value.
const DELIBERATE: [&str; 1] = ["a={b=}}"];

/// A record is a text and its value; or the text, null, and the error: what the AWS CLI expects,
/// what it receives, and where.
#[test]
fn recorded_texts_equal_version_2() {
    let records = vectors::read("aws-cli-v2/shorthand.json");
    let records: Vec<Vec<Value>> = serde_json::from_slice(&records).unwrap();
    let mut wrong = Vec::new();
    for record in records {
        let words: Vec<_> = record.iter().map(|value| value.as_str().unwrap_or_default()).collect();
        let text = words[0].to_owned();
        let expected = match &record[..] {
            [_, value] => Ok(value.clone()),
            [.., index] => {
                let index = usize::try_from(index.as_u64().unwrap()).unwrap();
                let place = Place { input: text.clone(), index };
                let (expected, received) = (words[2].to_owned(), words[3].to_owned());
                Err(match received.is_empty() {
                    true => ShorthandError::KeyTwice { key: expected, place },
                    false => ShorthandError::Expected { expected, received, place },
                })
            }
            [] => panic!("empty record"),
        };
        let found = one(&text).map_err(|error| match error {
            RequestError::Shorthand { source, .. } => source,
            error => panic!("{text}: {error}"),
        });
        if (found != expected) != DELIBERATE.contains(&&*text) {
            wrong.push(format!("{text}\n    {expected:?}\n    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn errors_have_words_of_version_2() {
    for (text, expected) in [
        ("Name", "Expected: '=', received: 'EOF' for input: Name (at character 5)"),
        ("a=b,a=c", "Second instance of key \"a\" encountered for input: a=b,a=c (at character 5)"),
        (&format!("a={}", "[".repeat(1000)), "nested too deep"),
    ] {
        let RequestError::Shorthand { option: "--filters", source } = one(text).unwrap_err() else {
            panic!("{text}");
        };
        assert_eq!(source.to_string(), expected);
    }
}

#[test]
fn characters_of_every_plane_are_accepted() {
    assert_eq!(one("a=😀 b,😀").unwrap(), json!({"a": ["😀 b", "😀"]}));
}

#[test]
fn empty_value_in_braces_is_accepted() {
    assert_eq!(one("a={b=,c=}").unwrap(), json!({"a": {"b": "", "c": ""}}));
    assert_eq!(one("a=[{b=c,d=}]").unwrap(), json!({"a": [{"b": "c", "d": ""}]}));
}

//! Parses the AWS CLI's shorthand syntax for structures, or JSON
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html>).
//!
//! ```text
//! parameter     = keyval *("," keyval)
//! keyval        = key "=" [values]
//! values        = csv-list / explicit-list / hash-literal
//! explicit-list = "[" [value *("," value)] "]"
//! hash-literal  = "{" keyval *("," keyval) "}"
//! ```

use serde_json::{Map, Value};

/// Parses the values of an option that takes structures, such as `--filters`. They are one JSON
/// list, or each is a JSON object or shorthand.
pub fn parse(values: &[String]) -> Result<Vec<Value>, ShorthandError> {
    let mut parsed = Vec::with_capacity(values.len());
    for value in values {
        if value.trim_start().starts_with(['[', '{']) {
            let json = serde_json::from_str(value).map_err(|source| ShorthandError::Json {
                line: source.line(),
                column: source.column(),
            })?;
            match json {
                Value::Array(elements) => parsed.extend(elements),
                json => parsed.push(json),
            }
        } else {
            parsed.push(Parser::new(value).parameter()?);
        }
    }
    Ok(parsed)
}

/// The syntax error in a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShorthandError {
    #[error("invalid JSON at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    #[error("duplicate key `{key}`")]
    KeyTwice { key: String },
    /// Lists and structures are nested deeper than any option needs.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    #[error("expected {expected} at character {position}, found {}", found_name(*.found))]
    Unexpected {
        expected: &'static str,
        /// `None` at the end of the value.
        found: Option<char>,
        /// In characters, from 1.
        position: usize,
    },
}

fn found_name(found: Option<char>) -> String {
    found.map_or_else(|| "the end".into(), |character| format!("`{character}`"))
}

const MAX_DEPTH: usize = 32;

struct Parser {
    input: Vec<char>,
    index: usize,
    depth: usize,
}

impl Parser {
    fn new(input: &str) -> Self {
        Self { input: input.chars().collect(), index: 0, depth: 0 }
    }

    fn parameter(mut self) -> Result<Value, ShorthandError> {
        let mut structure = Map::new();
        loop {
            let key = self.key();
            self.expect('=', "`=`")?;
            let value = self.values()?;
            if structure.contains_key(&key) {
                return Err(ShorthandError::KeyTwice { key });
            }
            structure.insert(key, value);
            if self.current().is_none() {
                return Ok(Value::Object(structure));
            }
            self.expect(',', "`,`")?;
        }
    }

    fn key(&mut self) -> String {
        self.take_while(|character| {
            character.is_ascii_alphanumeric() || "-_.#/:".contains(character)
        })
    }

    fn values(&mut self) -> Result<Value, ShorthandError> {
        match self.current() {
            None => Ok(Value::String(String::new())),
            Some('[' | '{') => self.explicit(),
            Some(_) => self.comma_separated(),
        }
    }

    /// `a=b` is a text and `a=b,c` a list. In `a=b,c=d` the comma ends the value.
    fn comma_separated(&mut self) -> Result<Value, ShorthandError> {
        let mut list = vec![self.first_value()?];
        self.skip_whitespace();
        while self.current() == Some(',') {
            let comma = self.index;
            self.expect(',', "`,`")?;
            let value = match self.second_value() {
                Err(error) if self.current().is_none() => return Err(error),
                value => value,
            };
            self.skip_whitespace();
            match (value, self.current()) {
                (Ok(value), None | Some(',')) => list.push(value),
                _ => {
                    self.index = comma;
                    break;
                }
            }
        }
        let single = if list.len() == 1 { list.pop() } else { None };
        Ok(single.unwrap_or(Value::Array(list)))
    }

    fn explicit(&mut self) -> Result<Value, ShorthandError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ShorthandError::TooDeep);
        }
        let value = match self.current() {
            Some('[') => self.list()?,
            Some('{') => self.structure()?,
            _ => self.first_value()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, ShorthandError> {
        self.expect('[', "`[`")?;
        let mut list = Vec::new();
        while self.current() != Some(']') {
            list.push(self.explicit()?);
            self.separator(']', "`,` or `]`")?;
        }
        self.index += 1;
        Ok(Value::Array(list))
    }

    fn structure(&mut self) -> Result<Value, ShorthandError> {
        self.expect('{', "`{`")?;
        let mut structure = Map::new();
        while self.current() != Some('}') {
            let key = self.key();
            self.expect('=', "`=`")?;
            let value = self.explicit()?;
            structure.insert(key, value);
            self.separator('}', "`,` or `}`")?;
        }
        self.index += 1;
        Ok(Value::Object(structure))
    }

    fn separator(&mut self, end: char, expected: &'static str) -> Result<(), ShorthandError> {
        self.skip_whitespace();
        if self.current() != Some(end) {
            self.expect(',', expected)?;
        }
        Ok(())
    }

    fn first_value(&mut self) -> Result<Value, ShorthandError> {
        match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => Ok(self.word(is_first_follower).unwrap_or_default().into()),
        }
    }

    fn second_value(&mut self) -> Result<Value, ShorthandError> {
        match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => self
                .word(is_second_follower)
                .map(Value::from)
                .ok_or_else(|| self.unexpected("a value")),
        }
    }

    /// Reads an unquoted text, without the white space at its end. `\,` is a comma.
    fn word(&mut self, follows: fn(char) -> bool) -> Option<String> {
        let mut word = String::new();
        loop {
            let allowed = if word.is_empty() { is_first } else { follows };
            match (self.current()?, self.input.get(self.index + 1)) {
                ('\\', Some(',')) => {
                    word.push(',');
                    self.index += 2;
                }
                (character, _) if allowed(character) => {
                    word.push(character);
                    self.index += 1;
                }
                _ => break,
            }
            if self.current().is_none() {
                break;
            }
        }
        word.truncate(word.trim_end().len());
        (!word.is_empty()).then_some(word)
    }

    fn quoted(&mut self, quote: char) -> Result<Value, ShorthandError> {
        self.index += 1;
        let mut text = String::new();
        loop {
            match (self.current(), self.input.get(self.index + 1)) {
                (None, _) => return Err(self.unexpected("a closing quote")),
                (Some('\\'), Some(&escaped)) if escaped == quote || escaped == '\\' => {
                    text.push(escaped);
                    self.index += 2;
                }
                (Some(character), _) => {
                    self.index += 1;
                    if character == quote {
                        return Ok(Value::String(text));
                    }
                    text.push(character);
                }
            }
        }
    }

    fn expect(&mut self, character: char, expected: &'static str) -> Result<(), ShorthandError> {
        self.skip_whitespace();
        if self.current() != Some(character) {
            return Err(self.unexpected(expected));
        }
        self.index += 1;
        self.skip_whitespace();
        Ok(())
    }

    fn unexpected(&self, expected: &'static str) -> ShorthandError {
        ShorthandError::Unexpected { expected, found: self.current(), position: self.index + 1 }
    }

    fn skip_whitespace(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(character) = self.current().filter(|&character| wanted(character)) {
            taken.push(character);
            self.index += 1;
        }
        taken
    }

    fn current(&self) -> Option<char> {
        self.input.get(self.index).copied()
    }
}

fn is_first(character: char) -> bool {
    !character.is_whitespace() && !matches!(character, '"' | '\'' | ',' | '=' | '[' | '{' | '}')
}

fn is_first_follower(character: char) -> bool {
    !matches!(character, '"' | '\'' | ',' | ']' | '}')
}

fn is_second_follower(character: char) -> bool {
    !matches!(character, '"' | '\'' | ',' | '=')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(value: &str) -> Result<Value, ShorthandError> {
        parse(&[value.to_owned()]).map(Value::from)
    }

    /// The expected values are those of the AWS CLI's parser.
    #[test]
    fn shorthand_parses_like_the_aws_cli() {
        for (value, expected) in [
            ("Name=key-name,Values=a", json!({"Name": "key-name", "Values": "a"})),
            ("Name=key-name,Values=a,b", json!({"Name": "key-name", "Values": ["a", "b"]})),
            ("Values=a,b,Name=n", json!({"Values": ["a", "b"], "Name": "n"})),
            ("Name=tag:Team, Values=x y ,z", json!({"Name": "tag:Team", "Values": ["x y", "z"]})),
            ("a=", json!({"a": ""})),
            ("a=,b=c", json!({"a": "", "b": "c"})),
            (r"a=b\,c", json!({"a": "b,c"})),
            ("a='b,c=d',e='it\\'s'", json!({"a": "b,c=d", "e": "it's"})),
            (r#"a="b \"c\" \\""#, json!({"a": r#"b "c" \"#})),
            ("a=[b,c]", json!({"a": ["b", "c"]})),
            ("a=[]", json!({"a": []})),
            ("a={b=c,d=[e,{f=g}]}", json!({"a": {"b": "c", "d": ["e", {"f": "g"}]}})),
            ("a=b=c", json!({"a": "b=c"})),
            (
                "ResourceType=key-pair,Tags=[{Key=Team,Value=ops x}, {Key=k,Value=''}]",
                json!({"ResourceType": "key-pair", "Tags": [
                    {"Key": "Team", "Value": "ops x"}, {"Key": "k", "Value": ""}
                ]}),
            ),
        ] {
            assert_eq!(one(value), Ok(json!([expected])), "{value}");
        }
    }

    /// The AWS CLI takes the closing brace for a part of the value here, and fails.
    #[test]
    fn empty_value_in_braces_is_accepted() {
        assert_eq!(one("a={b=,c=}"), Ok(json!([{"a": {"b": "", "c": ""}}])));
    }

    #[test]
    fn json_replaces_shorthand() {
        let object = r#"{"Name": "key-name", "Values": ["a"]}"#;
        let expected = json!({"Name": "key-name", "Values": ["a"]});
        assert_eq!(one(object), Ok(json!([expected])));
        assert_eq!(one(&format!(" [{object}, {object}]")), Ok(json!([expected, expected])));
        assert_eq!(one("[{"), Err(ShorthandError::Json { line: 1, column: 2 }));
    }

    #[test]
    fn syntax_error_has_a_position() {
        for (value, expected, found, position) in [
            ("", "`=`", None, 1),
            ("Name", "`=`", None, 5),
            ("Name,Values=a", "`=`", Some(','), 5),
            ("a=b,", "a value", None, 5),
            ("a={b=c", "`,` or `}`", None, 7),
            ("a=[b", "`,` or `]`", None, 5),
            ("a={b}", "`=`", Some('}'), 5),
            ("a='b", "a closing quote", None, 5),
            ("a=[b]c=d", "`,`", Some('c'), 6),
        ] {
            let expected = ShorthandError::Unexpected { expected, found, position };
            assert_eq!(one(value), Err(expected), "{value}");
        }
        assert_eq!(one("a=b,a=c"), Err(ShorthandError::KeyTwice { key: "a".into() }));
        assert_eq!(one(&format!("a={}", "[".repeat(1000))), Err(ShorthandError::TooDeep));
    }
}

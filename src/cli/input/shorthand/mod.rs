//! Parses the AWS CLI's shorthand syntax for structures, or JSON
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html>).
//!
//! ```text
//! parameter     = keyval *("," keyval)
//! keyval        = key "=" [values] / key "@=" [file-values]
//! values        = csv-list / explicit-list / hash-literal
//! explicit-list = "[" [value *("," value)] "]"
//! hash-literal  = "{" keyval *("," keyval) "}"
//! ```

mod error;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use self::error::ShorthandError;
use super::RequestError;

/// Reads the file that a value with `@=` names, if it names one.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Option<String>, RequestError>;

/// Parses one value of an option that takes structures, such as `--filters`.
pub fn parse(
    option: &'static str,
    value: &str,
    read_file: ReadFile<'_>,
) -> Result<Value, RequestError> {
    let parser = Parser {
        option,
        input: value.chars().collect(),
        index: 0,
        depth: 0,
        names_files: false,
        read_file,
    };
    parser.parameter()
}

const MAX_DEPTH: usize = 32;

struct Parser<'a> {
    option: &'static str,
    input: Vec<char>,
    index: usize,
    depth: usize,
    /// Values after `@=` name files, up to the next key.
    names_files: bool,
    read_file: ReadFile<'a>,
}

impl Parser<'_> {
    fn parameter(mut self) -> Result<Value, RequestError> {
        let mut structure = Map::new();
        let mut end = 0;
        loop {
            let key = self.key()?;
            let value = self.values()?;
            if structure.contains_key(&key) {
                let place = self.place(end + 1);
                return Err(self.failure(ShorthandError::KeyTwice { key, place }));
            }
            structure.insert(key, value);
            if self.current().is_none() {
                return Ok(Value::Object(structure));
            }
            end = self.index;
            self.expect(',')?;
        }
    }

    /// Reads a key and its equals sign.
    fn key(&mut self) -> Result<String, RequestError> {
        let key = self.take_while(|character| {
            character.is_ascii_alphanumeric() || "-_.#/:".contains(character)
        });
        self.names_files = self.expect('@').is_ok();
        self.expect('=')?;
        Ok(key)
    }

    fn values(&mut self) -> Result<Value, RequestError> {
        match self.current() {
            None => Ok(Value::String(String::new())),
            Some('[' | '{') => self.explicit(false),
            Some(_) => self.comma_separated(),
        }
    }

    /// `a=b` is a text and `a=b,c` a list. In `a=b,c=d` the comma ends the value.
    fn comma_separated(&mut self) -> Result<Value, RequestError> {
        let first = self.first_value(false)?;
        self.skip_whitespace();
        if self.current() != Some(',') {
            return Ok(first.into());
        }
        self.expect(',')?;
        let mut list = vec![Value::from(first)];
        loop {
            match self.next_value() {
                Ok((value, is_last)) => {
                    list.push(value.into());
                    if is_last {
                        break;
                    }
                }
                Err(RequestError::Shorthand { .. }) if self.current().is_some() => {
                    self.return_to_comma();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let single = if list.len() == 1 { list.pop() } else { None };
        Ok(single.unwrap_or(Value::Array(list)))
    }

    /// Reads a value after a comma, and the comma after it unless it is the last.
    fn next_value(&mut self) -> Result<(String, bool), RequestError> {
        let value = self.second_value()?;
        self.skip_whitespace();
        let is_last = self.current().is_none();
        if !is_last {
            self.expect(',')?;
        }
        Ok((value, is_last))
    }

    /// Returns to the last comma, even if it is in quotes or escaped, as the AWS CLI does.
    fn return_to_comma(&mut self) {
        while self.current() != Some(',') && self.index > 0 {
            self.index -= 1;
        }
    }

    fn explicit(&mut self, in_structure: bool) -> Result<Value, RequestError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.failure(ShorthandError::TooDeep));
        }
        let value = match self.current() {
            Some('[') => self.list()?,
            Some('{') => self.structure()?,
            _ => self.first_value(in_structure)?.into(),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, RequestError> {
        self.expect('[')?;
        let mut list = Vec::new();
        while self.current() != Some(']') {
            list.push(self.explicit(false)?);
            self.separator(']')?;
        }
        self.index += 1;
        Ok(Value::Array(list))
    }

    fn structure(&mut self) -> Result<Value, RequestError> {
        self.expect('{')?;
        let mut structure = Map::new();
        while self.current() != Some('}') {
            let key = self.key()?;
            let value = self.explicit(true)?;
            structure.insert(key, value);
            self.separator('}')?;
        }
        self.index += 1;
        Ok(Value::Object(structure))
    }

    fn separator(&mut self, end: char) -> Result<(), RequestError> {
        self.skip_whitespace();
        if self.current() != Some(end) {
            self.expect(',')?;
        }
        Ok(())
    }

    /// Reads a value that may be empty. The AWS CLI takes the brace after an empty value for a part
    /// of the value, and fails: here it ends the structure.
    fn first_value(&mut self, in_structure: bool) -> Result<String, RequestError> {
        let text = match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            Some('}') if in_structure => String::new(),
            _ => match self.word(is_first_follower) {
                Some(text) => text,
                None => return Ok(String::new()),
            },
        };
        self.resolved(text)
    }

    fn second_value(&mut self) -> Result<String, RequestError> {
        let text = match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            _ => self.word(is_second_follower).ok_or_else(|| self.unmatched("<second>"))?,
        };
        self.resolved(text)
    }

    fn resolved(&self, text: String) -> Result<String, RequestError> {
        let contents = if self.names_files { (self.read_file)(&text)? } else { None };
        Ok(contents.unwrap_or(text))
    }

    /// Reads an unquoted text, without the white space at its end. `\,` is a comma.
    fn word(&mut self, follows: fn(char) -> bool) -> Option<String> {
        let start = self.index;
        let mut word = String::new();
        while let Some(character) = self.current() {
            let allowed = if self.index == start { is_first } else { follows };
            if character == '\\' && self.input.get(self.index + 1) == Some(&',') {
                word.push(',');
                self.index += 2;
            } else if allowed(character) {
                word.push(character);
                self.index += 1;
            } else {
                break;
            }
        }
        word.truncate(word.trim_end().len());
        (self.index > start).then_some(word)
    }

    /// Reads a text in quotes. If the last quote has a backslash before it, it ends the text too.
    fn quoted(&mut self, quote: char) -> Result<String, RequestError> {
        let start = self.index + 1;
        let mut end = None;
        let mut index = start;
        while let Some(&character) = self.input.get(index) {
            if character == quote {
                end = Some(index);
                break;
            }
            let is_escape = character == '\\' && self.input.get(index + 1) == Some(&quote);
            index += 1;
            if is_escape {
                end = Some(index);
                index += 1;
            }
        }
        let name = if quote == '"' { "<double quoted>" } else { "<singled quoted>" };
        let text = end.and_then(|end| Some((end, self.input.get(start..end)?)));
        let Some((end, text)) = text else { return Err(self.unmatched(name)) };
        let text: String = text.iter().collect();
        self.index = end + 1;
        Ok(text.replace(&format!("\\{quote}"), &quote.to_string()).replace(r"\\", r"\"))
    }

    fn expect(&mut self, character: char) -> Result<(), RequestError> {
        self.skip_whitespace();
        if self.current() != Some(character) {
            let received = self.current().map_or_else(|| "EOF".to_owned(), String::from);
            return Err(self.unexpected(character.into(), received));
        }
        self.index += 1;
        self.skip_whitespace();
        Ok(())
    }

    fn unmatched(&self, name: &str) -> RequestError {
        self.unexpected(name.to_owned(), "<none>".to_owned())
    }

    fn unexpected(&self, expected: String, received: String) -> RequestError {
        let place = self.place(self.index);
        self.failure(ShorthandError::Expected { expected, received, place })
    }

    fn failure(&self, source: ShorthandError) -> RequestError {
        RequestError::Shorthand { option: self.option, source }
    }

    fn place(&self, index: usize) -> error::Place {
        error::Place { input: self.input.iter().collect(), index }
    }

    fn skip_whitespace(&mut self) {
        self.take_while(|character| matches!(character, ' ' | '\t'..='\r'));
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

// The AWS CLI also refuses characters beyond U+FFFF.

fn is_first(character: char) -> bool {
    matches!(character, '!' | '#'..='&' | '('..='+' | '-'..='<' | '>'..='Z' | '\\'..='z' | '|'..)
}

fn is_first_follower(character: char) -> bool {
    matches!(character, '!' | '#'..='&' | '('..='+' | '-'..='\\' | '^'..='|' | '~'..)
        || character.is_whitespace()
}

fn is_second_follower(character: char) -> bool {
    matches!(character, '!' | '#'..='&' | '('..='+' | '-'..='<' | '>'..)
        || character.is_whitespace()
}

//! The check of an expression before the parser gets it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::QueryError;

/// Maximum length of an expression in bytes. The depth of the parser's tree can be the same.
const MAX_LENGTH: usize = 8192;
/// Maximum depth. The parser needs some kilobytes of stack for each level.
const MAX_DEPTH: usize = 64;

/// An expression that is safe to parse.
pub(super) struct Scan {
    /// The expression with a raw string of the same length instead of each literal, which keeps
    /// all offsets.
    pub(super) masked: String,
    /// The literals by their offset in bytes.
    pub(super) literals: BTreeMap<usize, Value>,
}

/// Replaces the literals of `expression`, and checks its length and depth.
pub(super) fn scan(expression: &str) -> Result<Scan, QueryError> {
    if expression.len() > MAX_LENGTH {
        let (length, limit) = (expression.len(), MAX_LENGTH);
        return Err(QueryError::TooLong { length, limit });
    }
    let mut scan = Scan { masked: String::new(), literals: BTreeMap::new() };
    let mut depth = Depth::default();
    let mut rest = expression;
    while let Some(character) = rest.chars().next() {
        let offset = expression.len() - rest.len();
        let token = match character {
            '\'' | '"' | '`' => delimited(rest, character),
            '|' if rest.starts_with("||") => "||",
            '&' if rest.starts_with("&&") => "&&",
            _ => rest.get(..character.len_utf8()).unwrap_or(rest),
        };
        match token.strip_prefix('`').and_then(|token| token.strip_suffix('`')) {
            Some(lexeme) => {
                check_literal(lexeme, expression, offset)?;
                let value = literal(lexeme)
                    .ok_or_else(|| QueryError::syntax(expression, offset, "invalid literal"))?;
                scan.literals.insert(offset, value);
                scan.masked.push('\'');
                scan.masked.extend(std::iter::repeat_n(' ', lexeme.len()));
                scan.masked.push('\'');
            }
            None => {
                depth.count(token, expression, offset)?;
                scan.masked.push_str(token);
            }
        }
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    Ok(scan)
}

/// Returns the start of `text` up to the closing delimiter, or all of it if the delimiter is
/// missing. The parser rejects the latter.
fn delimited(text: &str, delimiter: char) -> &str {
    let mut escaped = false;
    for (position, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == delimiter => {
                return text.get(..position + 1).unwrap_or(text);
            }
            _ => {}
        }
    }
    text
}

/// An upper bound for the depth of the parser, of the evaluation and of the result.
#[derive(Default)]
struct Depth {
    /// The levels in each open bracket before the next open bracket.
    outer: Vec<Levels>,
    current: Levels,
}

#[derive(Clone, Copy, Default)]
struct Levels {
    /// The levels that end at the next `||` or `&&`, which bind more loosely.
    tight: usize,
    /// The levels of `&` and `|`, which do not end there.
    loose: usize,
}

impl Depth {
    fn count(&mut self, token: &str, expression: &str, offset: usize) -> Result<(), QueryError> {
        match token {
            "(" | "[" | "{" => {
                self.current.tight += 1;
                self.outer.push(std::mem::take(&mut self.current));
            }
            ")" | "]" | "}" => self.current = self.outer.pop().unwrap_or_default(),
            "," => self.current = Levels::default(),
            "||" | "&&" => self.current.tight = 0,
            "&" | "|" => self.current.loose += 1,
            "!" | "*" | "=" | "<" | ">" => self.current.tight += 1,
            _ => return Ok(()),
        }
        let levels = self.outer.iter().chain([&self.current]);
        let depth: usize = levels.map(|levels| levels.tight + levels.loose).sum();
        if depth > MAX_DEPTH {
            return Err(too_deep(expression, offset));
        }
        Ok(())
    }
}

/// Parses the JSON between the backticks of a literal. Invalid JSON is a text without quotes:
/// JMESPath no longer allows it (JEP-12), but the documentation of the AWS CLI still uses it.
fn literal(lexeme: &str) -> Option<Value> {
    let json = lexeme.replace("\\`", "`");
    let parsed = serde_json::from_str(&json);
    parsed.or_else(|_| serde_json::from_str(&format!("\"{}\"", json.trim_start()))).ok()
}

/// Checks the depth of a literal. Counts brackets in its strings, too.
fn check_literal(lexeme: &str, expression: &str, offset: usize) -> Result<(), QueryError> {
    let mut depth = 0_usize;
    for character in lexeme.chars() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(too_deep(expression, offset));
        }
    }
    Ok(())
}

fn too_deep(expression: &str, offset: usize) -> QueryError {
    let expression = expression.to_owned();
    QueryError::TooDeep { expression, offset, limit: MAX_DEPTH }
}

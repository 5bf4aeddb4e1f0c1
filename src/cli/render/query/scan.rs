//! A first look at an expression, before the parser has it.

use std::collections::BTreeMap;

use super::error::QueryError;
use super::literal;
use serde_json::Value;

/// The longest expression in bytes. The parser's tree can be as deep as the expression is long.
const MAX_LENGTH: usize = 8192;
/// The deepest nesting. The parser takes some kilobytes of stack for each level.
const MAX_DEPTH: usize = 64;

/// An expression that the parser can have.
pub(super) struct Scan {
    /// The expression with a raw string of the same length in place of each literal. Nothing
    /// else has moved.
    pub(super) masked: String,
    /// The literals by their offset in bytes.
    pub(super) literals: BTreeMap<usize, Value>,
}

/// Takes the literals out of `expression`, and measures it.
///
/// # Errors
///
/// The expression is too long or nested too deep, or a literal cannot be read.
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
                let value = literal::parse(lexeme)
                    .ok_or_else(|| QueryError::syntax(expression, offset, "invalid literal"))?;
                scan.literals.insert(offset, value);
                scan.masked.push('\'');
                scan.masked.extend(std::iter::repeat_n(' ', lexeme.len()));
                scan.masked.push('\'');
            }
            None => {
                depth.see(token, expression, offset)?;
                scan.masked.push_str(token);
            }
        }
        rest = rest.get(token.len()..).unwrap_or_default();
    }
    Ok(scan)
}

/// Returns the start of `text` up to the delimiter that closes it, or all of it if none does,
/// which the parser will not accept.
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

/// An upper bound for the levels that the parser, the evaluation and the answer will be nested in.
#[derive(Default)]
struct Depth {
    /// What was inside each bracket that is still open, before the next one was opened.
    around: Vec<Levels>,
    here: Levels,
}

#[derive(Clone, Copy, Default)]
struct Levels {
    /// The levels that end at the next `||` or `&&`, for these bind more loosely.
    tight: usize,
    /// The levels that do not: those of `&` and `|`.
    loose: usize,
}

impl Depth {
    fn see(&mut self, token: &str, expression: &str, offset: usize) -> Result<(), QueryError> {
        match token {
            "(" | "[" | "{" => {
                self.here.tight += 1;
                self.around.push(std::mem::take(&mut self.here));
            }
            ")" | "]" | "}" => self.here = self.around.pop().unwrap_or_default(),
            "," => self.here = Levels::default(),
            "||" | "&&" => self.here.tight = 0,
            "&" | "|" => self.here.loose += 1,
            "!" | "*" | "=" | "<" | ">" => self.here.tight += 1,
            _ => return Ok(()),
        }
        let levels = self.around.iter().chain([&self.here]);
        let depth: usize = levels.map(|levels| levels.tight + levels.loose).sum();
        if depth > MAX_DEPTH {
            return Err(too_deep(expression, offset));
        }
        Ok(())
    }
}

/// Counts the brackets of a literal, those in its texts as well.
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

//! Undoes what secret stores, `.env` files and mail do to the text of a key.
//!
//! Only the encoding around the key changes. The readers still require exactly one key and check
//! it.

mod base64;
mod escapes;
mod json;
mod marks;
mod one_line;
mod surroundings;

pub(super) use self::base64::runs as base64_runs;
pub(super) use self::marks::{beginnings, begins_key, mentions_key};
use crate::secret::Secret;

/// A change of the text around a key that its reader undid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undone {
    /// The file was in base64 as a whole.
    Base64,
    /// Line ends were written as `\n`.
    Escapes,
    /// The key was a string in JSON, such as the response of `create-key-pair`.
    Json,
    /// The lines began with `>`.
    MailMarks,
    /// Line ends were replaced with spaces.
    OneLine,
    /// The key began after other text on its line, such as `KEY=`.
    Prefix,
    /// There were quotation marks around the key.
    Quotes,
}

/// Returns the changed text, or `None` if the text is not of this kind. Each result differs from
/// its text.
type Step = fn(&[u8]) -> Option<Secret>;

const STEPS: [(Undone, Step); 7] = [
    (Undone::Json, json::key_strings),
    (Undone::Quotes, surroundings::unquote),
    (Undone::Prefix, surroundings::cut_prefix),
    (Undone::MailMarks, surroundings::unmark),
    (Undone::Escapes, escapes::unescape),
    (Undone::Base64, base64::decode),
    (Undone::OneLine, one_line::break_lines),
];

/// Enough for JSON in base64 with a quoted and escaped key in base64.
const MAX_STEPS: usize = 8;

/// Undoes all known changes. Returns the text, if it changed, and each kind of change once.
pub(super) fn undo(input: &[u8]) -> (Option<Secret>, Vec<Undone>) {
    let mut text: Option<Secret> = None;
    let mut undone = Vec::new();
    for _ in 0..MAX_STEPS {
        let before = text.as_ref().map_or(input, Secret::expose);
        if before.contains(&0) {
            break;
        }
        let change = STEPS.iter().find_map(|(kind, step)| Some((*kind, step(before)?)));
        let Some((kind, after)) = change else { break };
        text = Some(after);
        if !undone.contains(&kind) {
            undone.push(kind);
        }
    }
    (text, undone)
}

#[cfg(test)]
mod tests;

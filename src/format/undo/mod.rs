//! Undoes what secret stores, `.env` files and mail do to the text of a key.
//!
//! Only the encoding around the key changes. The readers still require exactly one key and check
//! it.

mod base64;
mod candidates;
mod escapes;
mod json;
mod marks;
mod one_line;
mod surroundings;

pub(super) use self::base64::runs as base64_runs;
pub(super) use self::candidates::{Candidate, Frame, candidates};
pub(super) use self::marks::{beginnings, begins_key, mentions_key};
use super::{characters, magic, text};
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
    /// The key was in a text such as a `.env` file or a Secret of Kubernetes.
    Surroundings,
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
///
/// Takes the keys out of a text in which no reader would find one.
pub(super) fn undo(input: &[u8]) -> (Option<Secret>, Vec<Undone>) {
    let (text, undone) = unwrap(input);
    match taken_out(text.as_ref().map_or(input, Secret::expose)) {
        Some((keys, changes)) => {
            let mut all = undone;
            all.extend(changes);
            (Some(keys), all.into_iter().fold(Vec::new(), with))
        }
        None => (text, undone),
    }
}

fn with(mut undone: Vec<Undone>, change: Undone) -> Vec<Undone> {
    if !undone.contains(&change) {
        undone.push(change);
    }
    undone
}

/// Returns the keys in a text in which no line begins with a key.
fn taken_out(text: &[u8]) -> Option<(Secret, Vec<Undone>)> {
    let mut before = None;
    let is_found = text::lines(text).any(|line| {
        let may_be_value = marks::begins_ppk(line) && before.is_some_and(ends_like_name);
        before = Some(line).filter(|line| !line.trim_ascii().is_empty()).or(before);
        begins_key(characters::trim_start(line)) && !may_be_value
    });
    if text.contains(&0) || magic::format_of(text).is_some() || is_found {
        return None;
    }
    let found = candidates(text);
    // The readers accept base64 of DER.
    let is_der = base64::is_pure(text) && text.trim_ascii_start().starts_with(b"M");
    if found.is_empty() || is_der && found.len() == 1 {
        return None;
    }
    let mut keys = Secret::with_capacity(text.len());
    let mut changes = vec![Undone::Surroundings];
    for key in &found {
        keys.push(key.text.expose());
        keys.push(b"\n");
        changes.extend(&key.changes);
    }
    Some((keys, changes))
}

/// Returns whether the line is like `key: |` or `KEY="`, so that a PuTTY file may be its value.
/// Otherwise, its reader requires it to begin the text.
fn ends_like_name(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let end = line.iter().rposition(|byte| !b"|>-+0123456789\"' ".contains(byte));
    let name = line.get(..end.map_or(0, |end| end.saturating_add(1))).unwrap_or_default();
    let key = name.trim_ascii_start();
    let key = key.strip_prefix(b"- ").unwrap_or(key);
    name.ends_with(b"=") || key.ends_with(b":") && !key.contains(&b' ')
}

/// Undoes all known changes of the whole text.
fn unwrap(input: &[u8]) -> (Option<Secret>, Vec<Undone>) {
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
        undone = with(undone, kind);
    }
    (text, undone)
}

#[cfg(test)]
mod tests;

//! Quotation marks, assignments and mail marks around a key.

use super::base64;
use super::marks::{self, PEM_BEGIN, PPK_BEGIN, RFC4716_BEGIN};
use crate::format::text;
use crate::secret::Secret;

const QUOTES: &[u8] = b"\"'`";

/// Removes quotation marks around the text, also repeated ones.
pub(super) fn unquote(text: &[u8]) -> Option<Secret> {
    let text = text.trim_ascii();
    let quote = text.first().filter(|first| QUOTES.contains(first))?;
    let first = text.iter().position(|byte| byte != quote)?;
    let inner = text.get(first..)?;
    let before_comma = inner.strip_suffix(b",").or_else(|| inner.strip_suffix(b";"));
    let closed = before_comma.unwrap_or(inner);
    let last = closed.iter().rposition(|byte| byte != quote)?;
    let is_closed = last.saturating_add(1) < closed.len();
    let inner = if is_closed { closed.get(..=last)? } else { inner };
    (is_closed || marks::begins_key(inner)).then(|| Secret::copy_of(inner))
}

/// Cuts the text before a key on its line, such as `KEY=`.
pub(super) fn cut_prefix(text: &[u8]) -> Option<Secret> {
    let trimmed = text.trim_ascii();
    // Comments may contain anything, so nothing is cut after the beginning of a key.
    if marks::begins_key(trimmed) {
        let mut lines = text::lines(trimmed);
        let is_indented =
            trimmed.starts_with(PPK_BEGIN) && lines.any(|line| line.starts_with(b" "));
        return is_indented.then(|| without_indentation(trimmed));
    }
    if let Some(value) = after_assignment(trimmed) {
        return Some(without_indentation(value));
    }
    let mut lines = Secret::with_capacity(text.len());
    let mut is_cut = false;
    let mut rest = text;
    while let Some((before, after)) = next_begin(rest) {
        lines.push(before);
        if may_precede(lines.expose()) {
            lines.push(b"\n");
            is_cut = true;
        }
        let (begin, after) = after.split_at(PEM_BEGIN.len());
        lines.push(begin);
        rest = after;
    }
    lines.push(rest);
    is_cut.then_some(lines)
}

/// Cuts the white space before each line. PEM is read with it, PuTTY's format is not.
fn without_indentation(text: &[u8]) -> Secret {
    let mut lines = Secret::with_capacity(text.len().saturating_add(1));
    for line in text::lines(text) {
        lines.push(line.trim_ascii_start());
        lines.push(b"\n");
    }
    lines
}

/// Splits before the next BEGIN of PEM or RFC 4716.
fn next_begin(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const WORD: &[u8] = b"BEGIN ";
    let mut from = 0;
    loop {
        let word = marks::find(text.get(from..)?, WORD)?.checked_add(from)?;
        let start = word.saturating_sub(PEM_BEGIN.len().saturating_sub(WORD.len()));
        let (before, after) = text.split_at(start);
        if after.starts_with(PEM_BEGIN) || after.starts_with(RFC4716_BEGIN) {
            return Some((before, after));
        }
        from = word.saturating_add(WORD.len());
    }
}

/// Returns whether the last line is one after which a key may begin: an assignment, a field of
/// `--output text`, or an opening quotation mark.
fn may_precede(text: &[u8]) -> bool {
    let near = text.get(text.len().saturating_sub(MAX_PREFIX_BYTES)..).unwrap_or_default();
    let line = near.rsplit(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    let is_opening = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`\\([{".contains(byte);
    match line.iter().rfind(|byte| !is_opening(byte)) {
        Some(b'=' | b':') => true,
        Some(_) => line.ends_with(b"\t"),
        // White space alone is indentation, which the readers accept.
        None => !line.trim_ascii().is_empty(),
    }
}

/// Keeps the search for a prefix linear. Quotation marks and white space are shorter.
const MAX_PREFIX_BYTES: usize = 64;

/// Returns the value after `NAME=`, `export NAME=` or `NAME:` if a key may be in it.
fn after_assignment(text: &[u8]) -> Option<&[u8]> {
    let words = [&b"export "[..], b"set ", b"$env:", b"- "];
    let text = words.iter().find_map(|word| text.strip_prefix(*word)).unwrap_or(text);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.\"'".contains(byte);
    let end = text.iter().position(|byte| !is_name(byte))?;
    // Base64 with its padding is not a name.
    if end == 0 || end > MAX_PREFIX_BYTES {
        return None;
    }
    let value = match text.get(end..)?.trim_ascii_start() {
        [b'=' | b':', value @ ..] => value,
        _ => return None,
    };
    let line = text::lines(value).next().unwrap_or_default();
    let value = match line.trim_ascii() {
        // A block scalar of YAML.
        indicator @ [b'|' | b'>', ..] if indicator.len() < 4 => value.get(line.len()..)?,
        _ => value,
    };
    let value = value.trim_ascii();
    let inner = value.trim_ascii_start();
    let quoted = inner.iter().position(|byte| !QUOTES.contains(byte)).unwrap_or_default();
    marks::begins_key(inner.get(quoted..)?).then_some(value).or_else(|| {
        let unquoted = unquote(value);
        let inner = unquoted.as_ref().map_or(value, Secret::expose);
        base64::decode(inner).is_some().then_some(value)
    })
}

/// Removes the marks of quoted mail, `> `, from all lines.
pub(super) fn unmark(text: &[u8]) -> Option<Secret> {
    let is_marked = |line: &[u8]| line.trim_ascii_start().starts_with(b">");
    let is_quoted = !marks::begins_key(text.trim_ascii_start());
    if !is_quoted
        || !text::lines(text).any(|line| is_marked(line) && marks::begins_key(without_marks(line)))
    {
        return None;
    }
    let mut unmarked = Secret::with_capacity(text.len());
    for line in text::lines(text) {
        unmarked.push(if is_marked(line) { without_marks(line) } else { line });
        unmarked.push(b"\n");
    }
    Some(unmarked)
}

fn without_marks(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !b"> \t".contains(byte));
    line.get(start.unwrap_or(line.len())..).unwrap_or_default()
}

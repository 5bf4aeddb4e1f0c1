//! Finds every key in a text, wherever it begins. The readers take only keys that begin a line.

use super::marks::{self, PEM_BEGIN, PEM_END, PPK_BEGIN, RFC4716_BEGIN, RFC4716_END};
use super::{Undone, base64, unwrap};
use crate::format::der::Structure;
use crate::format::{openssh, pem, text};
use crate::secret::Secret;

/// A key in a text.
pub(in crate::format) struct Candidate {
    /// The key without the text around it.
    pub(in crate::format) text: Secret,
    pub(in crate::format) frame: Frame,
    /// Set if a reader may find the key here.
    pub(in crate::format) begins_line: bool,
    /// Set if this can only be a key, even if it cannot be read.
    pub(in crate::format) is_certain: bool,
    pub(super) changes: Vec<Undone>,
}

/// The form of a key in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Frame {
    /// DER in base64, without labels. It becomes PEM.
    Base64,
    /// An OpenSSH public key line.
    Line,
    Pem,
    Ppk,
    Rfc4716,
}

/// Base64 in base64 occurs in Kubernetes.
const MAX_DEPTH: usize = 3;
/// Longer than any label with its dashes, and than any text between a line end and a key.
const NEAR_BYTES: usize = 64;
/// An ED25519 key in PKCS#8.
const MIN_PRIVATE_CHARACTERS: usize = 64;

/// Returns all keys in the text in order, also those in base64. Text inside a key is part of it: a
/// comment may contain anything.
pub(in crate::format) fn candidates(text: &[u8]) -> Vec<Candidate> {
    let mut found = Vec::new();
    search(text, MAX_DEPTH, &mut found);
    found
}

fn search(text: &[u8], depth: usize, found: &mut Vec<Candidate>) {
    let mut ends = Ends::default();
    let (mut position, mut outside) = (0, 0);
    while let Some((start, frame)) = next_beginning(text, position) {
        position = start.saturating_add(1);
        let lead = lead(text, start);
        let begins_line = lead.trim_ascii().is_empty();
        let Some(end) = ends.of(text, start, frame, begins_line) else {
            if begins_line && matches!(frame, Frame::Ppk | Frame::Rfc4716) {
                found.push(Candidate::incomplete(frame));
            }
            continue;
        };
        search_base64(text.get(outside..start).unwrap_or_default(), depth, found);
        let key = text.get(start..end).unwrap_or_default();
        found.extend(Candidate::new(key, frame, lead));
        (position, outside) = (end, end);
    }
    search_base64(text.get(outside..).unwrap_or_default(), depth, found);
}

fn search_base64(text: &[u8], depth: usize, found: &mut Vec<Candidate>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for decoded in base64::blocks(text) {
        let bytes = decoded.expose();
        if bytes.first() == Some(&b'0') && Structure::of_beginning(bytes).is_some() {
            found.push(Candidate {
                text: pem::write(pem::PRIVATE_KEY, bytes, 64),
                frame: Frame::Base64,
                begins_line: false,
                is_certain: false,
                changes: vec![Undone::Base64],
            });
        } else {
            // A word on the next line may have become a NUL. Other data has NULs before any key.
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            let first = found.len();
            search(text, depth, found);
            for inner in found.iter_mut().skip(first) {
                inner.begins_line = false;
                inner.changes.insert(0, Undone::Base64);
            }
        }
    }
}

impl Candidate {
    fn new(key: &[u8], frame: Frame, lead: &[u8]) -> Option<Self> {
        let begins_line = lead.trim_ascii().is_empty();
        let (text, changes, is_certain) = match frame {
            Frame::Line => (public_line(key), Vec::new(), begins_line),
            _ => {
                let is_certain = match frame {
                    Frame::Pem => is_certain(key)?,
                    _ => true,
                };
                let unmarked = without_marks(key, lead);
                let (unwrapped, changes) = unwrap(unmarked.expose());
                (unwrapped.unwrap_or(unmarked), changes, is_certain)
            }
        };
        Some(Self { text, frame, begins_line, is_certain, changes })
    }

    /// Returns the beginning of a key without its end.
    fn incomplete(frame: Frame) -> Self {
        let text = Secret::default();
        Self { text, frame, begins_line: true, is_certain: true, changes: Vec::new() }
    }
}

/// Returns whether a PEM block can only be a private key, or `None` if its label is not of a key.
fn is_certain(block: &[u8]) -> Option<bool> {
    let label = block.get(PEM_BEGIN.len()..)?;
    let (label, body) = marks::split_before(label, b"-----")?;
    let (body, _) = marks::split_before(body, PEM_END)?;
    let characters = body.iter().filter(|byte| base64::is_character(byte)).count();
    match label {
        _ if label.ends_with(b"PRIVATE KEY") => Some(characters >= MIN_PRIVATE_CHARACTERS),
        _ => label.ends_with(b"PUBLIC KEY").then_some(false),
    }
}

/// Returns the next place where a key begins.
fn next_beginning(text: &[u8], from: usize) -> Option<(usize, Frame)> {
    let mut from = from;
    loop {
        let found = text.get(from..)?.iter().position(|byte| b"-Ps".contains(byte))?;
        let start = from.checked_add(found)?;
        let here = text.get(start..)?;
        let frame = if here.starts_with(PEM_BEGIN) {
            Some(Frame::Pem)
        } else if here.starts_with(PPK_BEGIN) {
            Some(Frame::Ppk)
        } else if here.starts_with(RFC4716_BEGIN) {
            Some(Frame::Rfc4716)
        } else {
            let near = here.get(..NEAR_BYTES).unwrap_or(here);
            let is_line = here.starts_with(b"ssh-") && openssh::is_line(near);
            (is_line && may_precede_line(lead(text, start))).then_some(Frame::Line)
        };
        if let Some(frame) = frame {
            return Some((start, frame));
        }
        from = start.checked_add(1)?;
    }
}

/// Returns the text before a key on its line, up to a limit.
fn lead(text: &[u8], start: usize) -> &[u8] {
    let near = text.get(start.saturating_sub(NEAR_BYTES)..start).unwrap_or_default();
    near.rsplit(|byte| b"\r\n".contains(byte)).next().unwrap_or_default()
}

/// Returns whether a public key may follow: at the start of a line or a string, or assigned. After
/// a word it belongs to a host of `known_hosts`, to options, or to a comment.
fn may_precede_line(lead: &[u8]) -> bool {
    let unquoted = lead.strip_suffix(b"\"").or_else(|| lead.strip_suffix(b"'"));
    let is_quoted = unquoted.is_some();
    let before = unquoted.unwrap_or(lead);
    let before = before.strip_suffix(b"\\").unwrap_or(before).trim_ascii_end();
    match before.last() {
        None | Some(b'=' | b':' | b'>') => true,
        Some(b',' | b'[' | b'(' | b'{' | b'-') => is_quoted || before == b"-",
        Some(b'n' | b'r') => before.get(before.len().saturating_sub(2)) == Some(&b'\\'),
        Some(_) => false,
    }
}

/// The next marks of keys. Searching each of them once keeps the time linear.
#[derive(Default)]
struct Ends {
    pem: Next,
    ppk: Next,
    /// A PuTTY key that begins a line.
    ppk_line: Next,
    /// The header that each PuTTY key has.
    public_lines: Next,
    rfc4716: Next,
    /// An RFC 4716 key that begins a line.
    rfc4716_line: Next,
}

impl Ends {
    /// Returns the place after the key that begins at `start`, or `None` if it has no end.
    fn of(&mut self, text: &[u8], start: usize, frame: Frame, begins_line: bool) -> Option<usize> {
        const MAC: &[u8] = b"Private-MAC:";
        let (mark, next) = match frame {
            Frame::Base64 => return None,
            Frame::Line => return Some(line_end(text, start, begins_line)),
            Frame::Pem => (PEM_END, &mut self.pem),
            Frame::Ppk => (MAC, &mut self.ppk),
            Frame::Rfc4716 => (RFC4716_END, &mut self.rfc4716),
        };
        let end = next.after(text, start, |rest| marks::find(rest, mark))?;
        let from = start.checked_add(1)?;
        // The comments of PuTTY and RFC 4716 are on lines with their header.
        let another = match frame {
            Frame::Ppk => self.ppk_line.after(text, from, |rest| line_of(rest, PPK_BEGIN)),
            Frame::Rfc4716 => {
                self.rfc4716_line.after(text, from, |rest| line_of(rest, RFC4716_BEGIN))
            }
            _ => marks::find(text.get(from..end)?, PEM_BEGIN),
        };
        let is_inner = |place: &usize| *place < end;
        let after = end.checked_add(mark.len())?;
        let rest = text.get(after..)?;
        let length = match frame {
            Frame::Pem if another.is_some() => return None,
            Frame::Ppk | Frame::Rfc4716 if another.is_some_and(|place| is_inner(&place)) => {
                return None;
            }
            Frame::Ppk => {
                let header = |rest: &[u8]| marks::find(rest, b"Public-Lines:");
                self.public_lines.after(text, from, header).filter(is_inner)?;
                let blank = rest.len().saturating_sub(rest.trim_ascii_start().len());
                let digits = rest.trim_ascii_start().iter();
                blank.saturating_add(digits.take_while(|byte| byte.is_ascii_hexdigit()).count())
            }
            _ => {
                let dashes: &[u8] = if frame == Frame::Pem { b"-----" } else { b"----" };
                let near = rest.get(..NEAR_BYTES).unwrap_or(rest);
                marks::find(near, dashes)?.checked_add(dashes.len())?
            }
        };
        after.checked_add(length)
    }
}

/// Returns the place where a line after the first one begins with a mark.
fn line_of(text: &[u8], begin: &[u8]) -> Option<usize> {
    let mut lines = text::lines(text);
    lines.next()?;
    loop {
        let place = text.len().checked_sub(lines.rest().len())?;
        let line = lines.next()?;
        if line.trim_ascii_start().starts_with(begin) {
            return Some(place);
        }
    }
}

/// The next place of a mark, if it was searched.
#[derive(Default)]
struct Next(Option<Option<usize>>);

impl Next {
    /// Returns the place at or after `start` that `search` finds.
    fn after(
        &mut self,
        text: &[u8],
        start: usize,
        search: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> Option<usize> {
        match self.0 {
            Some(found) if found.is_none_or(|found| found >= start) => found,
            _ => {
                let found = search(text.get(start..)?);
                let found = found.and_then(|found| found.checked_add(start));
                self.0 = Some(found);
                found
            }
        }
    }
}

/// Returns the end of a public key with its comment, or without it after other text on the line.
fn line_end(text: &[u8], start: usize, begins_line: bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let length = match begins_line {
        true => text::lines(rest).next().unwrap_or_default().len(),
        false => rest.len().saturating_sub(split_public(rest).2.len()),
    };
    start.saturating_add(length)
}

/// Returns the key type and the base64 of a public key line.
fn public_line(line: &[u8]) -> Secret {
    let (name, base64, _) = split_public(line);
    let mut key = Secret::with_capacity(name.len().saturating_add(base64.len()).saturating_add(1));
    for part in [name, b" ", base64] {
        key.push(part);
    }
    key
}

/// Splits a public key line after the key type and after the base64.
fn split_public(line: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_ascii_start();
    let is_base64 = |byte: &&u8| base64::is_character(byte) || **byte == b'=';
    let (base64, rest) = rest.split_at(rest.iter().take_while(is_base64).count());
    (name, base64, rest)
}

/// Cuts the mark before the key, such as `# `, from its other lines as well.
fn without_marks(key: &[u8], lead: &[u8]) -> Secret {
    let lead = lead.trim_ascii();
    let symbols = lead.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let other_lines = || text::lines(key).skip(1).map(<[u8]>::trim_ascii_start);
    let is_mark = |mark: &&[u8]| {
        let mark = mark.trim_ascii_end();
        !mark.is_empty() && other_lines().all(|line| line.is_empty() || line.starts_with(mark))
    };
    let marks = [lead, lead.get(..symbols).unwrap_or_default()];
    let mark = marks.iter().find(|mark| is_mark(mark)).copied().unwrap_or_default();
    let mut unmarked = Secret::with_capacity(key.len().saturating_add(1));
    for (number, line) in text::lines(key).enumerate() {
        let line = line.trim_ascii_start();
        let line = if number == 0 { line } else { line.strip_prefix(mark).unwrap_or(line) };
        unmarked.push(line.trim_ascii_start());
        unmarked.push(b"\n");
    }
    unmarked
}

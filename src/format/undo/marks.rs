//! The marks of keys in text.

use crate::format::openssh;
use crate::format::text;

pub(super) const PEM_BEGIN: &[u8] = b"-----BEGIN ";
pub(super) const PEM_END: &[u8] = b"-----END ";
pub(super) const PPK_BEGIN: &[u8] = b"PuTTY-User-Key-File-";
pub(super) const RFC4716_BEGIN: &[u8] = b"---- BEGIN SSH2 ";
pub(super) const RFC4716_END: &[u8] = b"---- END SSH2 ";
const BEGINS: [&[u8]; 3] = [PEM_BEGIN, PPK_BEGIN, RFC4716_BEGIN];

/// Returns whether a key begins here, in any format with text.
pub(in crate::format) fn begins_key(text: &[u8]) -> bool {
    BEGINS.iter().any(|begin| text.starts_with(begin))
        || text::lines(text).next().is_some_and(openssh::is_line)
}

/// Returns whether a PuTTY file begins on this line.
pub(super) fn begins_ppk(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(PPK_BEGIN)
}

/// Returns whether a key begins anywhere in the text.
pub(in crate::format) fn mentions_key(text: &[u8]) -> bool {
    beginnings(text).next().is_some()
        || text::lines(text).any(|line| openssh::is_line(line.trim_ascii_start()))
}

/// Returns the places where a framed key begins.
pub(in crate::format) fn beginnings(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            // Each beginning contains one of these bytes.
            let start = rest.iter().position(|byte| b"-P".contains(byte))?;
            let found = rest.get(start..)?;
            rest = found.get(1..)?;
            if BEGINS.iter().any(|begin| found.starts_with(begin)) {
                return Some(found);
            }
        }
    })
}

pub(super) fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

/// Splits the text before the first occurrence of `pattern`.
pub(super) fn split_before<'a>(text: &'a [u8], pattern: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    Some(text.split_at(find(text, pattern)?))
}

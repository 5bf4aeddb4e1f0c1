//! Finds characters that nobody sees, such as no-break spaces and bidirectional marks.

use super::invisible::Invisible;
use super::openssh;
use super::text;

/// Returns the first invisible character outside of comments, which may contain any.
pub(super) fn find(text: &[u8]) -> Option<Invisible> {
    first(text, without_comment, is_invisible)
}

/// Returns the first NUL, also in comments: other programs stop reading there.
pub(super) fn find_nul(text: &[u8]) -> Option<Invisible> {
    first(text, |line| line, |character| character == '\0')
}

fn first(
    text: &[u8],
    relevant: fn(&[u8]) -> &[u8],
    is_wanted: fn(char) -> bool,
) -> Option<Invisible> {
    text::lines(text).zip(1..).find_map(|(bytes, line)| {
        let mut characters = characters(relevant(bytes)).zip(1..);
        let (character, column) = characters.find(|(character, _)| is_wanted(*character))?;
        Some(Invisible { line, column, character })
    })
}

/// Returns the invisible character before which a key would begin: readers would skip this key.
pub(super) fn find_before_key(text: &[u8], begins_key: fn(&[u8]) -> bool) -> Option<Invisible> {
    text::lines(text).zip(1..).find_map(|(bytes, line)| {
        let key = trim_start(bytes);
        let lead = bytes.get(..bytes.len().saturating_sub(key.len()))?;
        let mut lead = characters(lead).zip(1..);
        let (character, column) = lead.find(|(found, _)| is_invisible(*found))?;
        begins_key(key).then_some(Invisible { line, column, character })
    })
}

/// Cuts white space and invisible characters.
pub(super) fn trim_start(line: &[u8]) -> &[u8] {
    let valid = line.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_lead = |found: char| is_invisible(found) || found.is_ascii_whitespace();
    let kept = valid.trim_start_matches(is_lead);
    line.get(valid.len().saturating_sub(kept.len())..).unwrap_or_default()
}

/// Cuts the comment of a public key line, of a PuTTY file and of RFC 4716.
fn without_comment(line: &[u8]) -> &[u8] {
    const HEADER: &[u8] = b"Comment:";
    if line.get(..HEADER.len()).is_some_and(|start| start.eq_ignore_ascii_case(HEADER)) {
        return HEADER;
    }
    if !openssh::is_line(line) {
        return line;
    }
    let mut spaces = line.iter().enumerate().filter(|(_, byte)| byte.is_ascii_whitespace());
    let end = spaces.nth(1).map_or(line.len(), |(end, _)| end);
    line.get(..end).unwrap_or(line)
}

fn characters(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain(chunk.invalid().iter().copied().map(char::from))
    })
}

/// Returns whether editors show a character as nothing or as white space, other than ASCII's.
fn is_invisible(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    );
    let is_plain = matches!(character, '\t' | '\n' | '\r' | '\u{c}' | ' ');
    is_format || !is_plain && (character.is_control() || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_invisible_character_is_found() {
        for (text, expected) in [
            ("ab\nc d\te", None),
            ("\u{200b}a", Some((1, 1, '\u{200b}'))),
            ("é\r\n\u{1d11e}b\u{a0}c\u{200b}", Some((2, 3, '\u{a0}'))),
            ("a\n\n\u{feff}", Some((3, 1, '\u{feff}'))),
            ("a\u{202e}", Some((1, 2, '\u{202e}'))),
            ("a\n\0", Some((2, 1, '\0'))),
            ("comment: a\u{a0}b\nc", None),
            ("ssh-ed25519 AAAA caf\u{e9}\u{a0}b", None),
            ("ssh-ed25519 AAAA\u{a0}b c\u{200b}", Some((1, 17, '\u{a0}'))),
        ] {
            let expected =
                expected.map(|(line, column, character)| Invisible { line, column, character });
            assert_eq!(find(text.as_bytes()), expected, "{text:?}");
        }
        let found = find(b"a\xa0b").unwrap();
        assert_eq!((found.column, found.character), (2, '\u{a0}'));
    }
}

//! Characters that do something to a terminal, or to the eye, instead of being shown.

use super::buffer::Buffer;

/// What becomes of such characters in texts from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controls {
    /// They stay as they are.
    Kept,
    /// They become visible escapes, except that a line stays a line: a private key is read off the
    /// terminal that way.
    EscapedInLines,
    /// They become visible escapes.
    Escaped,
}

/// Appends `text`.
pub(super) fn push(buffer: &mut Buffer, text: &str, controls: Controls) {
    match controls {
        Controls::Kept => buffer.push(text),
        Controls::Escaped => push_visible(buffer, text),
        Controls::EscapedInLines => {
            for line in text.split_inclusive('\n') {
                let content = line.strip_suffix('\n').unwrap_or(line);
                let ended = content.len() < line.len();
                let content = content.strip_suffix('\r').filter(|_| ended).unwrap_or(content);
                push_visible(buffer, content);
                // A line ends as it did, in LF or CR LF.
                buffer.push(line.get(content.len()..).unwrap_or_default());
            }
        }
    }
}

/// Returns `text` with visible escapes in the place of control and format characters, line breaks
/// included: one line that shows on a terminal what it holds, and does nothing to it.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut buffer = Buffer::default();
    push_visible(&mut buffer, text);
    buffer.into_text().to_string()
}

fn push_visible(buffer: &mut Buffer, text: &str) {
    buffer.push_replacing(text, is_hidden, push_escape);
}

/// Appends the escape that Python and C write for `character`.
pub(super) fn push_escape(buffer: &mut Buffer, character: char) {
    match character {
        '\n' => buffer.push("\\n"),
        '\r' => buffer.push("\\r"),
        '\t' => buffer.push("\\t"),
        '\0'..='\u{ff}' => buffer.print(format_args!("\\x{:02x}", u32::from(character))),
        '\u{100}'..='\u{ffff}' => buffer.print(format_args!("\\u{:04x}", u32::from(character))),
        _ => buffer.print(format_args!("\\U{:08x}", u32::from(character))),
    }
}

/// Returns whether `character` is a control (category Cc: C0, DEL, C1), a format character
/// (category Cf: bidirectional overrides, zero-width characters, tags) or a line or paragraph
/// separator (Zl, Zp) of Unicode 16.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0001}'
                | '\u{e0020}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(text: &str, controls: Controls) -> String {
        let mut buffer = Buffer::default();
        push(&mut buffer, text, controls);
        buffer.into_text().to_string()
    }

    #[test]
    fn shows_what_would_act_on_the_terminal() {
        let text = "a\x1b[2J\u{7f}\u{9b}1m\u{202e}\u{e0041}\t\r\n日";
        assert_eq!(pushed(text, Controls::Kept), text);
        assert_eq!(
            pushed(text, Controls::Escaped),
            "a\\x1b[2J\\x7f\\x9b1m\\u202e\\U000e0041\\t\\r\\n日"
        );
    }

    #[test]
    fn a_line_stays_a_line() {
        let key = "-----BEGIN\r\nMII\n\n-----END\n";
        assert_eq!(pushed(key, Controls::EscapedInLines), key);
        let forged = "real\rfake\r\r\nend\r";
        assert_eq!(pushed(forged, Controls::EscapedInLines), "real\\rfake\\r\r\nend\\r");
    }
}

//! Characters that control the terminal or are invisible.

use std::borrow::Cow;

/// The treatment of such characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controls {
    Kept,
    /// Escaped, except for line ends: a private key stays readable on the terminal.
    EscapedInLines,
    Escaped,
}

/// Returns `text` with its control and format characters as visible escapes, if asked for.
pub(super) fn escaped(text: &str, controls: Controls) -> Cow<'_, str> {
    match controls {
        Controls::Kept => text.into(),
        Controls::Escaped => replaced(text, is_hidden, escape),
        Controls::EscapedInLines => {
            let mut lines = String::with_capacity(text.len());
            for line in text.split_inclusive('\n') {
                let content = line.strip_suffix('\n').unwrap_or(line);
                let has_end = content.len() < line.len();
                let content = content.strip_suffix('\r').filter(|_| has_end).unwrap_or(content);
                lines.push_str(&replaced(content, is_hidden, escape));
                // Keeps the line end as it is, LF or CR LF.
                lines.push_str(line.get(content.len()..).unwrap_or_default());
            }
            lines.into()
        }
    }
}

/// Returns `text` on one line, with visible escapes instead of control and format characters,
/// line breaks included. The result cannot control a terminal.
#[must_use]
pub fn visible(text: &str) -> String {
    replaced(text, is_hidden, escape).into_owned()
}

/// Returns `text` with replacements for some characters.
pub(super) fn replaced(
    text: &str,
    is_replaced: impl Fn(char) -> bool,
    replacement: impl Fn(char) -> String,
) -> Cow<'_, str> {
    if !text.contains(&is_replaced) {
        return text.into();
    }
    let replace = |character| {
        if is_replaced(character) { replacement(character) } else { character.to_string() }
    };
    text.chars().map(replace).collect()
}

/// Returns the escape of `character` in Python and C.
pub(super) fn escape(character: char) -> String {
    match character {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\0'..='\u{ff}' => format!("\\x{:02x}", u32::from(character)),
        '\u{100}'..='\u{ffff}' => format!("\\u{:04x}", u32::from(character)),
        _ => format!("\\U{:08x}", u32::from(character)),
    }
}

/// Returns whether `character` is a control (Unicode 16 category Cc: C0, DEL, C1), a format
/// character (Cf: bidirectional overrides, zero-width characters, tags) or a line or paragraph
/// separator (Zl, Zp).
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

    #[test]
    fn controls_become_visible_escapes() {
        let text = "a\x1b[2J\u{7f}\u{9b}1m\u{202e}\u{e0041}\t\r\n日";
        assert_eq!(escaped(text, Controls::Kept), text);
        assert_eq!(
            escaped(text, Controls::Escaped),
            "a\\x1b[2J\\x7f\\x9b1m\\u202e\\U000e0041\\t\\r\\n日"
        );
    }

    #[test]
    fn line_ends_survive_escaping() {
        let key = "-----BEGIN\r\nMII\n\n-----END\n";
        assert_eq!(escaped(key, Controls::EscapedInLines), key);
        let forged = "real\rfake\r\r\nend\r";
        assert_eq!(escaped(forged, Controls::EscapedInLines), "real\\rfake\\r\r\nend\\r");
    }
}

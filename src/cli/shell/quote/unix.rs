//! Quotes words for bash, dash, zsh and fish, on an interactive command line and in a script.
//!
//! Each form except the last means the same in all four:
//! - A word of plain characters stays as it is.
//! - Text is quoted by `'…'`, and a `'` in it is written as `\'`, outside of the quotes.
//! - Some words become the output of `printf` with octal escapes. Fish reads `\\` and `\'` inside
//!   of `'…'`, the history expansion of bash misjudges quotes near a backslash, and terminals act
//!   on control characters.
//! - Such output loses a line break at the end, so these words are written as `$'…'`. Dash reads
//!   another word, which begins with `$`, and fish rejects the line. Neither runs anything else.

use crate::cli::output::visible;

pub(super) fn quoted(word: &[u8]) -> String {
    let text = str::from_utf8(word).ok().filter(|text| visible(text) == *text);
    match text {
        Some(text) if !text.is_empty() && text.bytes().all(is_plain) => text.to_owned(),
        Some("") => "''".to_owned(),
        Some(text) if !is_misjudged(text) => {
            let parts = text.split('\'').map(|part| match part {
                "" => String::new(),
                part => format!("'{part}'"),
            });
            parts.collect::<Vec<_>>().join("\\'")
        }
        _ if word.ends_with(b"\n") => {
            format!("$'{}'", escaped(word, |byte| format!("\\x{byte:02x}")))
        }
        _ => format!("\"$(printf '{}')\"", escaped(word, |byte| format!("\\{byte:03o}"))),
    }
}

/// Returns true if a shell reads the quotes around a text differently from POSIX.
fn is_misjudged(text: &str) -> bool {
    text.contains('\\') || text.contains('\'') && text.contains('!')
}

/// Returns true if a byte is not special to any shell, anywhere in a word.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./:@+,".contains(&byte)
}

fn escaped(word: &[u8], escape: fn(u8) -> String) -> String {
    let byte = |&byte: &u8| match byte {
        b'.' | b'/' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => escape(byte),
    };
    word.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_all_shells() {
        for (word, expected) in [
            ("eu-west-1", "eu-west-1"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("''", r"\'\'"),
            ("", "''"),
            ("é", "'é'"),
            ("=sh", "'=sh'"),
            ("%self", "'%self'"),
            ("~root", "'~root'"),
            ("!!", "'!!'"),
            ("k=v", "'k=v'"),
            (r"\'", r#""$(printf '\134\047')""#),
            ("it's!", r#""$(printf 'it\047s\041')""#),
            ("-n\u{1b}[2J\u{202e}", r#""$(printf '\055n\033\1332J\342\200\256')""#),
            ("a'\n", r"$'a\x27\x0a'"),
        ] {
            assert_eq!(quoted(word.as_bytes()), expected, "{word:?}");
        }
        assert_eq!(quoted(b"\xff%s"), r#""$(printf '\377\045s')""#);
    }
}

//! Quotes words for cmd and PowerShell.
//!
//! Both read `"…"`. Inside, cmd expands `%`, PowerShell expands `$` and backticks, and `"` ends the
//! word for one or the other. A word with one of these, or with a character that acts on a
//! terminal, has no form that is harmless in both. [`UNQUOTABLE`] replaces it.

use crate::cli::output::visible;

/// A placeholder that is not a valid file name, and that no shell expands.
pub const UNQUOTABLE: &str = "\"<name>\"";

/// Quotes a word. Returns [`UNQUOTABLE`] if it is not Unicode.
pub(super) fn quoted(word: Option<&str>) -> String {
    let Some(word) = word.filter(|word| visible(word) == **word && !word.contains(is_special))
    else {
        return UNQUOTABLE.to_owned();
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || br"-_./\:+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    // A backslash before the closing quote would escape it.
    let backslashes = word.len() - word.trim_end_matches('\\').len();
    format!("\"{word}{}\"", r"\".repeat(backslashes))
}

/// Returns true if a character is special inside of `"…"`. PowerShell takes typographic quotes for
/// `"`.
fn is_special(character: char) -> bool {
    matches!(character, '"' | '%' | '$' | '`' | '\u{201c}'..='\u{201f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_cmd_and_powershell() {
        for (word, expected) in [
            ("eu-west-1", "eu-west-1"),
            (r"C:\Users\u\k.pem", r"C:\Users\u\k.pem"),
            ("a b", "\"a b\""),
            ("it's", "\"it's\""),
            ("a&b", "\"a&b\""),
            ("@a", "\"@a\""),
            (r"C:\a b\", r#""C:\a b\\""#),
            ("", "\"\""),
            ("a\"&calc", UNQUOTABLE),
            ("%CMDCMDLINE:~-1%&calc", UNQUOTABLE),
            ("$(calc)", UNQUOTABLE),
            ("a`nb", UNQUOTABLE),
            ("\u{201d};calc", UNQUOTABLE),
            ("a\u{1b}", UNQUOTABLE),
        ] {
            assert_eq!(quoted(Some(word)), expected, "{word:?}");
        }
        assert_eq!(quoted(None), UNQUOTABLE);
    }
}

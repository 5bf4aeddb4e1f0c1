//! The words of a section header or a command: those of a shell, as Python's `shlex.split` finds them.

/// Splits a text into words, or returns `None` if a quotation is not closed.
#[must_use]
pub fn split(header: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = header.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                quoted(&mut characters, word, '\'')?;
            }
            '"' => {
                let word = word.get_or_insert_default();
                quoted(&mut characters, word, '"')?;
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Some(words)
}

/// Appends the characters up to the closing quotation mark. Within double quotation marks, a
/// backslash escapes a quotation mark and itself.
fn quoted(characters: &mut std::str::Chars<'_>, word: &mut String, end: char) -> Option<()> {
    loop {
        match characters.next()? {
            character if character == end => return Some(()),
            '\\' if end == '"' => match characters.next()? {
                escaped @ ('"' | '\\') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            character => word.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_split_like_shell_words() {
        for (header, words) in [
            ("profile a", vec!["profile", "a"]),
            ("profile \"my prof\"", vec!["profile", "my prof"]),
            ("profile 'a \\'", vec!["profile", "a \\"]),
            ("profile a\\ b", vec!["profile", "a b"]),
            ("profile \"a\\\"b\\c\"d'e'", vec!["profile", "a\"b\\cde"]),
            ("profile ''", vec!["profile", ""]),
            ("  profile\tb\u{f6}b #c ", vec!["profile", "b\u{f6}b", "#c"]),
            ("", vec![]),
        ] {
            assert_eq!(split(header).unwrap(), words, "{header}");
        }
        for header in ["profile \"a", "profile 'a", "profile a\\", "profile \"a\\"] {
            assert_eq!(split(header), None, "{header}");
        }
    }
}

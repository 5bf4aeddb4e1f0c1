//! Truncates texts of servers and libraries for messages.

/// The maximum length of a text in a message.
const MAX_BYTES: usize = 1 << 10;

/// Returns the beginning of a text. The terminal module escapes control characters.
pub(super) fn cut(text: &str) -> String {
    let beginning = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    if beginning.len() < text.len() { format!("{beginning}…") } else { text.to_owned() }
}

/// Returns the first words of a text, up to a number of characters.
pub(super) fn words(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let beginning = text.get(..end).unwrap_or_default();
    let beginning = beginning.rsplit_once(' ').map_or(beginning, |(words, _)| words);
    format!("{beginning} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(words("could not be built", 18), "could not be built");
        assert_eq!(words("could not be built", 16), "could not be …");
        assert_eq!(words("\u{e9}\u{e9}\u{e9}", 2), "\u{e9}\u{e9} …");
        assert_eq!(cut("No.\u{1b}"), "No.\u{1b}");
        let whole = "é".repeat(MAX_BYTES / 2);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&format!("a{whole}")), format!("a{}…", "é".repeat(MAX_BYTES / 2 - 1)));
    }
}

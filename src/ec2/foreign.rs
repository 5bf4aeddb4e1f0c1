//! Texts from a server.

/// The most that a message shows of one, in bytes.
const MAX_BYTES: usize = 1 << 10;

/// Returns the beginning of a text, to be part of a message. The terminal makes control characters visible.
pub(super) fn cut(text: &str) -> String {
    let beginning = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    if beginning.len() < text.len() { format!("{beginning}…") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("No.\u{1b}"), "No.\u{1b}");
        let whole = "é".repeat(MAX_BYTES / 2);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&format!("a{whole}")), format!("a{}…", "é".repeat(MAX_BYTES / 2 - 1)));
    }
}

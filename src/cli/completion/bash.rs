//! Splits a line as bash does, and quotes completions for bash.

use super::candidate::{Candidate, Completions};

/// The word at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BashWord {
    /// The text so far, without quotes.
    pub(super) text: String,
    /// Number of bytes of the text before the part that bash replaces. Bash replaces the text
    /// after the last word-breaking character, or after an open quote.
    kept: usize,
    /// The open quote.
    quote: Option<char>,
}

/// Splits a line, up to the cursor, into the words after the program and the word at the cursor.
/// `breaks` are the characters at which bash splits words for completion (`COMP_WORDBREAKS`). The
/// program sees an option and its value as one word.
pub(super) fn split(line: &str, breaks: &str) -> (Vec<String>, BashWord) {
    let mut words = Vec::new();
    let mut reader = Reader::default();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (reader.quote, character) {
            (Some('"'), '\\') => match characters.next_if(|&next| "\"\\$`".contains(next)) {
                Some(next) => reader.text.push(next),
                None => reader.text.push('\\'),
            },
            (Some(quote), _) if quote == character => reader.quote = None,
            (Some(_), _) => reader.text.push(character),
            (None, '\\') => {
                reader.is_begun = true;
                reader.text.extend(characters.next());
            }
            (None, '"' | '\'') => {
                reader.is_begun = true;
                reader.quote = Some(character);
                reader.opened = reader.text.len();
            }
            (None, ' ' | '\t' | '\n') => words.extend(std::mem::take(&mut reader).end()),
            (None, _) => {
                reader.is_begun = true;
                reader.is_redirection |= matches!(character, '<' | '>');
                reader.text.push(character);
                if breaks.contains(character) {
                    reader.broken = reader.text.len();
                }
            }
        }
    }
    let Reader { text, quote, opened, broken, .. } = reader;
    let kept = if quote.is_some() { opened } else { broken };
    let words = words.into_iter().skip(1).collect();
    (words, BashWord { text, kept, quote })
}

/// An incomplete word.
#[derive(Default)]
struct Reader {
    text: String,
    is_begun: bool,
    is_redirection: bool,
    quote: Option<char>,
    opened: usize,
    broken: usize,
}

impl Reader {
    /// Returns the word, or `None` if it is missing or a redirection.
    fn end(self) -> Option<String> {
        (self.is_begun && !self.is_redirection).then_some(self.text)
    }
}

/// Quotes the part of each candidate that replaces bash's part of the word.
pub(super) fn quoted(answer: Completions, word: &BashWord) -> Completions {
    let Completions::Words(candidates) = answer else { return answer };
    let candidate = |candidate: Candidate| {
        let rest = candidate.text.get(word.kept..)?;
        Some(Candidate::plain(match word.quote {
            // Bash adds the closing quote. Nothing inside of `"` prevents the history expansion of
            // `!`.
            Some('"') if rest.contains('!') => return None,
            Some('"') => escaped(rest, |character| "\"\\$`".contains(character)),
            Some(_) if rest.contains('\'') => return None,
            Some(_) => rest.to_owned(),
            None => escaped(rest, |character| !is_plain(character)),
        }))
    };
    Completions::Words(candidates.into_iter().filter_map(candidate).collect())
}

fn escaped(text: &str, needs: impl Fn(char) -> bool) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if needs(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Returns true if a character is never special to bash.
fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "-_./:=@%+,".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn offered(line: &str, text: &str) -> Vec<String> {
        let (_, word) = split(line, BREAKS);
        let Completions::Words(words) =
            quoted(Completions::Words(vec![Candidate::plain(text)]), &word)
        else {
            panic!("no words");
        };
        words.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn line_is_split_as_bash_does() {
        for (line, before, text) in [
            ("keypair ", &[][..], ""),
            ("keypair describe", &[], "describe"),
            (
                "keypair  describe a\\ b 'c d' \"e \\\" \\f\" ",
                &["describe", "a b", "c d", "e \" \\f"],
                "",
            ),
            ("keypair describe --output=js", &["describe"], "--output=js"),
            ("keypair describe '' \"a b", &["describe", ""], "a b"),
            ("keypair describe 2>/dev/null a:b", &["describe"], "a:b"),
        ] {
            let (words, word) = split(line, BREAKS);
            assert_eq!(words, before, "{line}");
            assert_eq!(word.text, text, "{line}");
        }
    }

    #[test]
    fn candidates_fit_quotes_and_breaks() {
        assert_eq!(offered("keypair describe a", "a b"), ["a\\ b"]);
        assert_eq!(
            offered("keypair describe ", "$(rm -r ~)&'\"`!"),
            ["\\$\\(rm\\ -r\\ \\~\\)\\&\\'\\\"\\`\\!"]
        );
        assert_eq!(offered("keypair describe \"a", "a $x\"`\\"), ["a \\$x\\\"\\`\\\\"]);
        assert_eq!(offered("keypair describe \"a", "a!"), [""; 0]);
        assert_eq!(offered("keypair describe 'a", "a $x"), ["a $x"]);
        assert_eq!(offered("keypair describe 'a", "a'b"), [""; 0]);
        assert_eq!(offered("keypair describe --output=js", "--output=json"), ["json"]);
        assert_eq!(offered("keypair describe --output=", "--output=json"), ["json"]);
        assert_eq!(offered("keypair describe a:b", "a:b:c"), ["b:c"]);
        assert_eq!(offered("keypair describe 'a:'b", "a:b:c"), ["a:b:c"]);
    }
}

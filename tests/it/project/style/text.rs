//! The wording in source files, scripts and documentation.

/// A paragraph, comment or string literal: its lines with their numbers.
#[derive(Default)]
pub(super) struct Text(Vec<(usize, String)>);

/// A word in lower case.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) begins_sentence: bool,
}

impl Text {
    /// Returns the words. Quoted code counts as one word without letters.
    pub(super) fn words(&self) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let (mut in_code, mut begins_sentence) = (false, true);
        for (line, text) in &self.0 {
            let text = text.trim_start();
            let item = text.strip_prefix("- ").or_else(|| text.strip_prefix("* "));
            begins_sentence |= item.is_some();
            let mut prose = String::new();
            for (at, part) in item.unwrap_or(text).split('`').enumerate() {
                in_code ^= at > 0;
                prose.push_str(if in_code { "`" } else { part });
            }
            for piece in prose.split_whitespace() {
                let is_mark = |character: char| !character.is_alphanumeric();
                let word = piece.trim_matches(is_mark).to_lowercase();
                words.push(Word { text: word, line: *line, begins_sentence });
                let end = piece.trim_end_matches(['"', '\'', ')', '*', '_', '”']);
                begins_sentence = end.ends_with(['.', '!', '?']);
            }
        }
        words
    }

    /// Returns the lines, separated by spaces.
    pub(super) fn joined(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(|(_, text)| text.as_str()).collect();
        lines.join(" ")
    }
}

/// Collects consecutive lines in texts.
#[derive(Default)]
struct Texts {
    done: Vec<Text>,
    open: Text,
    prefix: String,
}

impl Texts {
    /// Adds a line. It continues the previous text if that ends one line above with this prefix.
    fn add(&mut self, line: usize, prefix: &str, text: &str) {
        let follows = self.open.0.last().is_some_and(|(last, _)| last + 1 == line);
        if !follows || self.prefix != prefix || text.trim().is_empty() {
            self.end();
        }
        prefix.clone_into(&mut self.prefix);
        self.open.0.push((line, text.to_owned()));
    }

    fn end(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
    }

    fn finish(mut self) -> Vec<Text> {
        self.end();
        self.done.retain(|text| !text.0.is_empty());
        self.done
    }
}

/// Returns the comments of a Rust file, and its string literals on request.
pub(super) fn of_rust(source: &str, with_strings: bool) -> Vec<Text> {
    let characters: Vec<char> = source.chars().collect();
    let mut texts = Texts::default();
    let mut strings = Vec::new();
    let (mut at, mut line, mut in_fence) = (0, 1, false);
    while let Some(&character) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        match (character, next) {
            ('\n', _) => line += 1,
            ('/', Some('/')) => {
                let end = characters[at..].iter().position(|&character| character == '\n');
                let comment: String =
                    characters[at..end.map_or(characters.len(), |end| at + end)].iter().collect();
                let prefix = ["///", "//!"].into_iter().find(|prefix| comment.starts_with(prefix));
                let prefix = prefix.unwrap_or("//");
                let text = comment[prefix.len()..].trim();
                if text.starts_with("```") {
                    in_fence = !in_fence;
                } else if !in_fence {
                    texts.add(line, prefix, text);
                }
                at += comment.chars().count();
                continue;
            }
            // A character, or the name of a lifetime.
            ('\'', Some('\\')) => {
                at += 3;
                while characters.get(at).is_some_and(|&character| character != '\'') {
                    at += 1;
                }
            }
            ('\'', Some(_)) if characters.get(at + 2) == Some(&'\'') => at += 2,
            ('"', _) => {
                let is_word = |character: &char| character.is_alphanumeric() || *character == '_';
                let hashes = characters[..at].iter().rev().take_while(|&&mark| mark == '#').count();
                let start = at - hashes;
                let word = characters[..start].iter().rev().take_while(|&mark| is_word(mark));
                let kind: String = word.collect::<Vec<_>>().into_iter().rev().collect();
                let (length, text) = literal(&characters[at..], &kind, hashes, line);
                line += characters[at..at + length].iter().filter(|&&mark| mark == '\n').count();
                if !kind.starts_with('b') || kind.len() > 2 {
                    strings.push(text);
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    let mut texts = texts.finish();
    if with_strings {
        texts.extend(strings);
    }
    texts
}

/// Returns the length of the string literal at the start of `characters`, and its text. `kind` is
/// the prefix of the literal, such as `r`.
fn literal(characters: &[char], kind: &str, hashes: usize, first: usize) -> (usize, Text) {
    let is_raw = matches!(kind, "r" | "br" | "cr");
    let mut text = Text(vec![(first, String::new())]);
    let mut at = 1;
    while let Some(&character) = characters.get(at) {
        at += 1;
        let mut current = character;
        match character {
            '\\' if !is_raw => {
                // An escape is a space, also at the end of a line.
                if characters.get(at) != Some(&'\n') {
                    at += 1;
                }
                current = ' ';
            }
            '"' => {
                let follows = characters[at..].iter().take_while(|&&mark| mark == '#').count();
                if !is_raw || follows >= hashes {
                    return (at, text);
                }
            }
            '\n' => {
                let line = text.0.last().map_or(first, |(line, _)| line + 1);
                text.0.push((line, String::new()));
                continue;
            }
            _ => {}
        }
        text.0.last_mut().expect("a text has a line").1.push(current);
    }
    (at, text)
}

/// Returns the paragraphs, list items, headings and table cells of a Markdown file.
pub(super) fn of_markdown(source: &str) -> Vec<Text> {
    let mut texts = Texts::default();
    let mut in_fence = false;
    for (number, line) in source.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            texts.end();
        } else if line.starts_with('|') {
            for cell in line.split('|') {
                texts.add(number + 1, "|", cell);
                texts.end();
            }
        } else if line.starts_with('#') {
            texts.end();
            texts.add(number + 1, "#", line.trim_start_matches('#'));
            texts.end();
        } else if !in_fence {
            texts.add(number + 1, "", line);
        }
    }
    texts.finish()
}

/// Returns the comments of a script or configuration file, and the docstrings of Python.
pub(super) fn of_script(source: &str) -> Vec<Text> {
    let mut texts = Texts::default();
    let mut in_docstring = false;
    for (number, line) in source.lines().enumerate() {
        let quotes = line.matches("\"\"\"").count();
        if in_docstring || quotes > 0 {
            texts.add(number + 1, "\"\"\"", line.trim().trim_matches('"'));
            in_docstring ^= quotes % 2 == 1;
            continue;
        }
        let trimmed = line.trim_start();
        let comment = match trimmed.strip_prefix('#') {
            Some(comment) => Some(comment),
            None => line.split_once("  # ").map(|(_, comment)| comment),
        };
        if let Some(comment) = comment.filter(|comment| !comment.starts_with('!')) {
            texts.add(number + 1, "#", comment);
        }
    }
    texts.finish()
}

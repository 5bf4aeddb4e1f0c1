//! Shell commands in hints, built from words.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use super::quote::quoted;

/// A command to paste into a shell. Its display form quotes the words.
#[derive(Clone, Debug)]
pub struct ShellCommand {
    words: Vec<Word>,
    operands: Vec<OsString>,
    takes_registry: bool,
    registry_options: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A word of any characters.
    Plain(OsString),
    /// `OPTION=VALUE`.
    Joined(&'static str, OsString),
    /// Shell syntax, which never comes from outside.
    Syntax(&'static str),
}

impl ShellCommand {
    /// Begins a command of any program.
    pub fn new(program: &'static str) -> Self {
        Self {
            words: vec![Word::Plain(program.into())],
            operands: Vec::new(),
            takes_registry: false,
            registry_options: Vec::new(),
        }
    }

    /// Begins a command of this program that uses the registry.
    pub fn keypair(command: &'static str) -> Self {
        Self { takes_registry: true, ..Self::new("keypair").word(command) }
    }

    /// Adds a fixed word: a command, a flag, a placeholder.
    pub fn word(mut self, word: &'static str) -> Self {
        self.words.push(Word::Plain(word.into()));
        self
    }

    /// Adds shell syntax, unquoted.
    pub fn syntax(mut self, syntax: &'static str) -> Self {
        self.words.push(Word::Syntax(syntax));
        self
    }

    pub fn option(mut self, option: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.words.extend(option_words(option, value.as_ref()));
        self
    }

    /// Adds an option of this program with a path as its value.
    pub fn path_option(self, option: &'static str, path: &Path) -> Self {
        self.option(option, path_operand(path))
    }

    /// Adds an operand, after `--` if it looks like an option.
    pub fn operand(mut self, operand: impl AsRef<OsStr>) -> Self {
        self.operands.push(operand.as_ref().to_owned());
        self
    }

    /// Adds the path of a file or directory as an operand that no program mistakes for an option.
    pub fn path(self, path: &Path) -> Self {
        self.operand(path_operand(path))
    }

    /// Adds the path of a file or directory for commands that treat `*` and `[…]` as wildcards.
    #[cfg(windows)]
    pub fn literal(mut self, path: &Path) -> Self {
        let has_wildcards = path.as_os_str().as_encoded_bytes().iter().any(|b| b"*?[]".contains(b));
        self.words.push(match has_wildcards {
            true => Word::Syntax(super::quote::UNQUOTABLE),
            false => Word::Plain(path_operand(path)),
        });
        self
    }

    /// Adds the options that select a registry, if the command uses one.
    pub fn in_registry<'a>(
        mut self,
        options: impl IntoIterator<Item = (&'static str, &'a OsStr)>,
    ) -> Self {
        if self.takes_registry {
            let words = options.into_iter().flat_map(|(option, value)| option_words(option, value));
            self.registry_options = words.collect();
        }
        self
    }
}

/// Returns a command of the SQLite shell for a file.
pub fn sqlite(path: &Path) -> ShellCommand {
    // The shell does not take these names for files.
    let is_special = [":", "file:"]
        .iter()
        .any(|start| path.as_os_str().as_encoded_bytes().starts_with(start.as_bytes()));
    let path = if is_special { Path::new(".").join(path) } else { path.to_owned() };
    ShellCommand::new("sqlite3").path(&path)
}

/// Returns an option and its value, joined by `=` if the value looks like an option.
fn option_words(option: &'static str, value: &OsStr) -> Vec<Word> {
    if looks_like_option(value) {
        vec![Word::Joined(option, value.to_owned())]
    } else {
        vec![Word::Plain(option.into()), Word::Plain(value.to_owned())]
    }
}

/// Returns a path that does not begin like an option: with `-`, on Windows also with `/`.
fn path_operand(path: &Path) -> OsString {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut operand = OsString::new();
    if bytes.starts_with(b"-") || cfg!(windows) && bytes.starts_with(b"/") {
        operand.push(if cfg!(windows) { r".\" } else { "./" });
    }
    operand.push(path);
    operand
}

fn looks_like_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

impl fmt::Display for ShellCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { words, operands, takes_registry: _, registry_options } = self;
        let shown = |word: &Word| match word {
            Word::Plain(word) => quoted(word),
            Word::Joined(option, value) => format!("{option}={}", quoted(value)),
            Word::Syntax(syntax) => (*syntax).to_owned(),
        };
        let words = words.iter().map(shown);
        let operands = operands.iter().map(|operand| quoted(operand));
        let options = registry_options.iter().map(shown);
        let all: Vec<String> = if self.operands.iter().any(|word| looks_like_option(word)) {
            words.chain(options).chain(["--".to_owned()]).chain(operands).collect()
        } else {
            words.chain(operands).chain(options).collect()
        };
        formatter.write_str(&all.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_not_taken_for_options() {
        let options = [("--region", OsStr::new("-r"))];
        for (operand, expected) in [
            ("web", "keypair delete web --region=-r"),
            ("-x", "keypair delete --region=-r -- -x"),
            ("--all", "keypair delete --region=-r -- --all"),
        ] {
            let command = ShellCommand::keypair("delete").operand(operand).in_registry(options);
            assert_eq!(command.to_string(), expected);
        }
        let command = ShellCommand::new("rm").path(Path::new("-rf")).in_registry(options);
        assert_eq!(command.to_string(), if cfg!(windows) { r"rm .\-rf" } else { "rm ./-rf" });
    }

    #[test]
    #[cfg(unix)]
    fn sqlite_shell_gets_names_of_files() {
        for (path, expected) in [
            ("k.db", "sqlite3 k.db .tables"),
            ("/a/file:k.db", "sqlite3 /a/file:k.db .tables"),
            ("file:k.db", "sqlite3 ./file:k.db .tables"),
            (":memory:", "sqlite3 ./:memory: .tables"),
            ("-k.db", "sqlite3 ./-k.db .tables"),
        ] {
            assert_eq!(sqlite(Path::new(path)).operand(".tables").to_string(), expected);
        }
    }

    #[test]
    fn only_syntax_stays_unquoted() {
        let command = ShellCommand::new("a").syntax("|").word("|").operand("|");
        let quote = if cfg!(windows) { '"' } else { '\'' };
        assert_eq!(command.to_string(), format!("a | {quote}|{quote} {quote}|{quote}"));
    }
}

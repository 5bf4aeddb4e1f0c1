//! A section of a file, and its settings.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFile {
    Config,
    Credentials,
}

/// The settings of a section. Keys are in lower case.
#[derive(Clone, Debug, Default)]
pub struct Section {
    pub(super) settings: BTreeMap<String, Setting>,
}

impl Section {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.setting(key).map(Setting::value)
    }

    /// Returns a setting by its key.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// Returns the settings in alphabetical order of their keys.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.settings.iter().map(|(key, setting)| (key.as_str(), setting))
    }
}

/// A value with its place. The debug output omits the value, which may be secret.
#[derive(Clone)]
pub struct Setting {
    pub(super) value: Zeroizing<String>,
    pub file: ProfileFile,
    /// The line of the key, starting at 1.
    pub line: usize,
}

impl Setting {
    /// Returns the value. The lines of a block start after a line break.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the value of a key in an indented block.
    #[must_use]
    pub fn nested(&self, key: &str) -> Option<&str> {
        let block = self.value.strip_prefix('\n')?;
        let pairs = block.split(ends_line).filter_map(|line| line.split_once('='));
        // The last one counts.
        pairs.rev().find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}:{}", self.file, self.line)
    }
}

/// Returns whether a character ends a line of a block, as for `splitlines` in Python.
pub(super) fn ends_line(character: char) -> bool {
    matches!(character, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

//! The syntax of the files: that of `RawConfigParser` in Python's `configparser`, strict, with
//! comments on lines of their own only
//! (<https://docs.python.org/3/library/configparser.html#supported-ini-file-structure>).

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::error::SyntaxFault;
use super::section::{ProfileFile, Section, Setting, ends_line};

/// A line, starting at 1, and its fault.
type Fault = (usize, SyntaxFault);

/// The sections of a file in their order.
pub(super) struct Ini {
    /// The settings of `[DEFAULT]`, which all sections inherit.
    inherited: Section,
    sections: Vec<(String, Section)>,
}

/// The place where the next line belongs.
struct Cursor {
    /// The index of the section, or `None` for `[DEFAULT]`.
    section: Option<usize>,
    key: Option<String>,
}

impl Ini {
    pub(super) fn parse(file: ProfileFile, text: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(text).map_err(|error| {
            let valid = text.get(..error.valid_up_to()).unwrap_or_default();
            (valid.iter().filter(|byte| **byte == b'\n').count() + 1, SyntaxFault::NotUtf8)
        })?;
        if text.starts_with('\u{feff}') {
            return Err((1, SyntaxFault::ByteOrderMark));
        }
        let mut ini = Self { inherited: Section::default(), sections: Vec::new() };
        let mut names = BTreeMap::new();
        let mut cursor: Option<Cursor> = None;
        let (mut indent, mut count) = (0, 0);
        for (number, line) in (1..).zip(lines(text)) {
            let value = line.trim();
            let open =
                cursor.as_ref().and_then(|cursor| Some((cursor.section, cursor.key.clone()?)));
            if value.is_empty() || value.starts_with(['#', ';']) {
                // An empty line, but not a comment, belongs to a value that goes on.
                if let Some((section, key)) = open.filter(|_| value.is_empty()) {
                    ini.extend(section, &key, "");
                }
                continue;
            }
            let spaces = line.chars().take_while(|character| character.is_whitespace()).count();
            if let Some((section, key)) = open.filter(|_| spaces > indent) {
                ini.extend(section, &key, value);
                continue;
            }
            indent = spaces;
            count += 1;
            if count > MAX_LINES {
                return Err((number, SyntaxFault::TooMany { unit: "settings", max: MAX_LINES }));
            }
            if let Some(name) = section_name(value) {
                let section = ini.start(name, &mut names).map_err(|fault| (number, fault))?;
                cursor = Some(Cursor { section, key: None });
                continue;
            }
            let Some(cursor) = &mut cursor else {
                let is_open = value.starts_with('[');
                let fault =
                    if is_open { SyntaxFault::UnclosedSection } else { SyntaxFault::NoSection };
                return Err((number, fault));
            };
            let (key, value) = assignment(value).map_err(|fault| (number, fault))?;
            let setting = Setting { value: Zeroizing::new(value.to_owned()), file, line: number };
            let section = ini.section(cursor.section);
            if section.settings.insert(key.clone(), setting).is_some() {
                return Err((number, SyntaxFault::DuplicateKey(key)));
            }
            cursor.key = Some(key);
        }
        ini.finish()?;
        if ini.inherited.settings.len() * ini.sections.len() > MAX_LINES {
            return Err((1, SyntaxFault::TooMany { unit: "inherited settings", max: MAX_LINES }));
        }
        Ok(ini)
    }

    /// Returns the sections with the settings that they inherit.
    pub(super) fn sections(self) -> impl Iterator<Item = (String, Section)> {
        let Self { inherited, sections } = self;
        sections.into_iter().map(move |(name, section)| {
            let mut settings = inherited.settings.clone();
            settings.extend(section.settings);
            (name, Section { settings })
        })
    }

    fn section(&mut self, index: Option<usize>) -> &mut Section {
        match index.and_then(|index| self.sections.get_mut(index)) {
            Some((_, section)) => section,
            None => &mut self.inherited,
        }
    }

    /// Starts a section and returns its index.
    fn start(
        &mut self,
        name: &str,
        names: &mut BTreeMap<String, ()>,
    ) -> Result<Option<usize>, SyntaxFault> {
        if name == "DEFAULT" {
            return Ok(None);
        }
        if names.insert(name.to_owned(), ()).is_some() {
            return Err(SyntaxFault::DuplicateSection(name.to_owned()));
        }
        if self.sections.len() == MAX_SECTIONS {
            return Err(SyntaxFault::TooMany { unit: "sections", max: MAX_SECTIONS });
        }
        self.sections.push((name.to_owned(), Section::default()));
        Ok(Some(self.sections.len() - 1))
    }

    /// Adds a line to a value.
    fn extend(&mut self, section: Option<usize>, key: &str, line: &str) {
        if let Some(setting) = self.section(section).settings.get_mut(key) {
            setting.value.push('\n');
            setting.value.push_str(line);
        }
    }

    /// Removes empty lines at the ends of values, and checks the indented blocks.
    fn finish(&mut self) -> Result<(), Fault> {
        let sections = self.sections.iter_mut().map(|(_, section)| section);
        for section in sections.chain([&mut self.inherited]) {
            for (key, Setting { value, line, .. }) in &mut section.settings {
                let length = value.trim_end().len();
                value.truncate(length);
                let mut block = value.strip_prefix('\n').unwrap_or_default().split(ends_line);
                if !block.all(|line| line.trim().is_empty() || line.contains('=')) {
                    return Err((*line, SyntaxFault::InvalidBlock(key.clone())));
                }
            }
        }
        Ok(())
    }
}

/// Returns the lines. They end in a line feed, a carriage return, or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Returns the text between the first and the last bracket of a section header.
fn section_name(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Splits `KEY = VALUE` or `KEY: VALUE`. Keys are not case-sensitive.
fn assignment(line: &str) -> Result<(String, &str), SyntaxFault> {
    let Some((key, value)) = line.split_once(['=', ':']) else {
        let is_section = line.starts_with('[');
        return Err(if is_section {
            SyntaxFault::UnclosedSection
        } else {
            SyntaxFault::NoAssignment
        });
    };
    match key.trim_end() {
        "" => Err(SyntaxFault::NoKey),
        key => Ok((key.to_lowercase(), value.trim())),
    }
}

/// More than the number of accounts in the largest organization.
const MAX_SECTIONS: usize = 50_000;
/// Sections and settings. Each takes much more memory than its bytes.
const MAX_LINES: usize = 250_000;

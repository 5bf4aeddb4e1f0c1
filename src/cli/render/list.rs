//! An answer that is a list, shown while its elements come.

use std::collections::BTreeSet;

use super::buffer::Buffer;
use super::style::{OutputFormat, Style};
use super::value::Value;
use super::{json, text, yaml};
use crate::secret::Secret;

/// An object whose only member is a list. The parts make the same page as [`render`](super::render)
/// makes of all of it.
pub struct List {
    name: &'static str,
    layout: Layout,
    escape: bool,
    is_begun: bool,
}

enum Layout {
    Json,
    JsonLines,
    /// With the names of the scalars that some element has.
    Text(BTreeSet<String>),
    Yaml,
}

impl List {
    /// Begins the page of a list with this name, of which some elements are known: those that come later
    /// have scalars under no other names.
    ///
    /// Returns `None` for a table, for the width of which all elements have to be known.
    pub fn new(
        name: &'static str,
        known: impl Iterator<Item = Value>,
        format: OutputFormat,
        style: &Style,
    ) -> Option<Self> {
        let layout = match format {
            OutputFormat::Json => Layout::Json,
            OutputFormat::JsonLines => Layout::JsonLines,
            OutputFormat::Text => Layout::Text(text::scalar_names(known)),
            OutputFormat::Yaml => Layout::Yaml,
            OutputFormat::Table => return None,
        };
        Some(Self { name, layout, escape: style.escape, is_begun: false })
    }

    /// Returns the next elements as they are to be written.
    pub fn part(&mut self, elements: impl Iterator<Item = Value>) -> Secret {
        let begin = (!self.is_begun).then_some(self.name);
        let elements = elements.inspect(|_| self.is_begun = true);
        match &self.layout {
            Layout::Json => json::render_part(begin, elements, self.escape),
            Layout::JsonLines => json::render_elements(elements, self.escape),
            Layout::Text(columns) => text::render_part(self.name, elements, columns, self.escape),
            Layout::Yaml => yaml::render_part(begin, elements, self.escape),
        }
    }

    /// Returns what comes after the last element.
    pub fn end(self) -> Secret {
        let nothing = || Value::object([(self.name, Value::List(Vec::new()))]);
        match (&self.layout, self.is_begun) {
            (Layout::Json, true) => json::end(),
            (Layout::Json, false) => {
                json::render(Buffer::default(), &nothing(), self.escape).into_secret()
            }
            (Layout::Yaml, false) => {
                yaml::render(Buffer::default(), &nothing(), self.escape).into_secret()
            }
            (Layout::Yaml, true) | (Layout::JsonLines | Layout::Text(_), _) => Secret::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::render;

    fn pair(name: &str, tags: &[&str], has_time: bool) -> Value {
        let tags = tags.iter().map(|key| Value::object([("Key", Value::from(*key))]));
        let mut members = vec![("KeyPairId", Value::from("key-1")), ("Tags", Value::list(tags))];
        members.extend(has_time.then(|| ("CreateTime", "2026-11-24".into())));
        members.push(("KeyName", name.into()));
        Value::object(members)
    }

    #[test]
    fn the_parts_are_the_page() {
        let pairs = [
            pair("a\u{202e}\n\"", &["k", "l"], false),
            pair("no", &[], true),
            pair("", &["# é"], true),
        ];
        for format in
            [OutputFormat::Json, OutputFormat::JsonLines, OutputFormat::Yaml, OutputFormat::Text]
        {
            for escape in [false, true] {
                let style = Style { escape, ..Style::default() };
                for count in 0..=pairs.len() {
                    let pairs = &pairs[..count];
                    let whole = Value::object([("KeyPairs", Value::list(pairs.to_vec()))]);
                    let whole = render(&whole, "DescribeKeyPairs", format, &style);
                    for cut in 0..=count {
                        let known = pairs.iter().cloned();
                        let mut list = List::new("KeyPairs", known, format, &style).unwrap();
                        let (some, others) = pairs.split_at(cut);
                        let mut page = list.part(some.iter().cloned());
                        page.push(list.part([].into_iter()).expose());
                        page.push(list.part(others.iter().cloned()).expose());
                        page.push(list.end().expose());
                        let text = |page: &Secret| String::from_utf8(page.expose().to_vec());
                        assert_eq!(text(&page), text(&whole), "{format:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_table_has_to_be_known_whole() {
        let list = List::new("KeyPairs", [].into_iter(), OutputFormat::Table, &Style::default());
        assert!(list.is_none());
    }
}

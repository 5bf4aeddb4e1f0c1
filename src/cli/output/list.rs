//! A page with a list that is written while its elements arrive.

use std::collections::BTreeSet;
use std::mem;

use serde_json::json;

use super::buffer::Buffer;
use super::style::{OutputFormat, Style};
use super::value::Value;
use super::{json, text, yaml};
use crate::secret::Secret;

/// An object with an array as its only member. The parts make the same page as
/// [`render`](super::render) with the whole object.
pub struct List {
    name: &'static str,
    layout: Layout,
    escape: bool,
    is_begun: bool,
}

enum Layout {
    Json,
    JsonLines,
    /// With the names of the scalars of all elements.
    Text(BTreeSet<String>),
    /// With the column of the list.
    Yaml(usize),
    Off,
}

impl List {
    /// Begins a page with the array `name`. The names of all scalars in later elements must occur
    /// in the `known` elements.
    ///
    /// Returns `None` for a table, because its width depends on all elements.
    pub fn new(
        name: &'static str,
        known: impl Iterator<Item = Value>,
        format: OutputFormat,
        style: &Style,
    ) -> Option<Self> {
        let layout = match format {
            OutputFormat::Json => Layout::Json,
            OutputFormat::JsonLines => Layout::JsonLines,
            OutputFormat::Text => {
                let mut columns = BTreeSet::new();
                known.for_each(|element| text::add_scalar_names(&mut columns, &element.0));
                Layout::Text(columns)
            }
            OutputFormat::Yaml => Layout::Yaml(0),
            OutputFormat::YamlStream => Layout::Yaml(yaml::INDENTATION),
            OutputFormat::Off => Layout::Off,
            OutputFormat::Table => return None,
        };
        Some(Self { name, layout, escape: style.escape, is_begun: false })
    }

    /// Returns the page of the next elements.
    pub fn part(&mut self, elements: impl Iterator<Item = Value>) -> Secret {
        let mut buffer = Buffer::default();
        for Value(element) in elements {
            let begin = (!mem::replace(&mut self.is_begun, true)).then_some(self.name);
            match &self.layout {
                Layout::Json => json::render_element(&mut buffer, begin, &element, self.escape),
                Layout::JsonLines => json::render_line(&mut buffer, &element, self.escape),
                Layout::Text(columns) => {
                    text::render_element(&mut buffer, self.name, &element, columns, self.escape);
                }
                Layout::Yaml(column) => {
                    yaml::render_element(&mut buffer, begin, &element, *column, self.escape);
                }
                Layout::Off => {}
            }
        }
        buffer.into_text().into()
    }

    /// Returns the end of the page after the last element.
    pub fn end(self) -> Secret {
        let mut buffer = Buffer::default();
        let empty = || json!({self.name: []});
        match (&self.layout, self.is_begun) {
            (Layout::Json, true) => json::render_end(&mut buffer),
            (Layout::Json, false) => json::render(&mut buffer, &empty(), self.escape),
            (Layout::Yaml(0), false) => yaml::render(&mut buffer, &empty(), self.escape),
            (Layout::Yaml(_), false) => yaml::render_stream(&mut buffer, &empty(), self.escape),
            (Layout::Yaml(_), true) | (Layout::JsonLines | Layout::Text(_) | Layout::Off, _) => {}
        }
        buffer.into_text().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::render;

    fn pair(name: &str, tags: &[&str], has_time: bool) -> Value {
        let tags = tags.iter().map(|key| Value::object([("Key", Value::from(*key))]));
        let mut members = vec![("KeyPairId", Value::from("key-1")), ("Tags", Value::list(tags))];
        members.extend(has_time.then(|| ("CreateTime", "2026-11-24".into())));
        members.push(("KeyName", name.into()));
        Value::object(members)
    }

    #[test]
    fn parts_make_the_whole_page() {
        let pairs = [
            pair("a\u{202e}\n\"", &["k", "l"], false),
            pair("no", &[], true),
            pair("", &["# é"], true),
        ];
        for format in [
            OutputFormat::Json,
            OutputFormat::JsonLines,
            OutputFormat::Yaml,
            OutputFormat::YamlStream,
            OutputFormat::Text,
            OutputFormat::Off,
        ] {
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
    fn table_cannot_be_written_in_parts() {
        let list = List::new("KeyPairs", [].into_iter(), OutputFormat::Table, &Style::default());
        assert!(list.is_none());
    }
}

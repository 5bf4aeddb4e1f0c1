//! Tables drawn with ASCII characters: a port of `TableFormatter` (`awscli/formatter.py`) and
//! `MultiTable` (`awscli/table.py`) of the AWS CLI, byte for byte.
//!
//! The AWS CLI fails if the rows of an array differ in length, and on an array of objects and other
//! values. Here such a row begins a new box.

mod canvas;
mod section;
mod width;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::buffer::Buffer;
use super::escape::{self, Controls};
use super::python;
use super::style::Style;
use super::value::is_scalar;
use canvas::Canvas;
use section::{Cell, Section};

/// Writes `value` as a table with the headline `title`, or nothing if the value is false in Python.
/// The table of a scalar is only a headline.
pub(super) fn render(buffer: &mut Buffer, value: &Value, title: &str, style: &Style) {
    let controls = if style.escape { Controls::Escaped } else { Controls::Kept };
    let mut table = Table { sections: Vec::new(), controls };
    table.add(Some(title), value, 0);
    let widest = |sections: &[Section]| sections.iter().map(Section::width).max().unwrap_or(0);
    let mut width = widest(&table.sections);
    if width > style.width {
        for section in &mut table.sections {
            section.transpose();
        }
        width = widest(&table.sections);
    }
    let mut canvas = Canvas::new(buffer, style.color);
    if !table.sections.is_empty() {
        canvas.rule(width);
    }
    for section in &table.sections {
        section.draw(width, &mut canvas);
    }
}

struct Table {
    sections: Vec<Section>,
    controls: Controls,
}

impl Table {
    /// Adds `value` to a new section with a title, or to the last section without one.
    fn add(&mut self, title: Option<&str>, value: &Value, indentation: usize) {
        if python::is_falsy(value) {
            return;
        }
        if title.is_some() {
            self.begin(title, indentation);
        }
        match value {
            Value::Array(elements) => match elements.first() {
                Some(Value::Object(_)) => self.add_objects(elements, title, indentation),
                _ => {
                    for element in elements {
                        self.add_element(element);
                    }
                }
            },
            Value::Object(members) => self.add_object(members, indentation),
            _ => {}
        }
    }

    fn add_element(&mut self, element: &Value) {
        match element {
            Value::Array(elements) if elements.iter().all(is_scalar) => {
                let row = elements.iter().map(|scalar| self.cell(scalar)).collect();
                self.add_row(row);
            }
            Value::Array(_) => self.add(None, element, 0),
            // A loop over an object in Python yields its names.
            Value::Object(members) => {
                let row = members.keys().map(|name| self.header(name)).collect();
                self.add_row(row);
            }
            _ => self.add_row(vec![self.cell(element)]),
        }
    }

    /// Adds a row with the scalars below their names, and a section for each other member.
    fn add_object(&mut self, members: &Map<String, Value>, indentation: usize) {
        let mut members: Vec<_> = members.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        let (scalars, others): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(_, value)| is_scalar(value));
        match scalars.as_slice() {
            [] => {}
            [(name, value)] => self.add_row(vec![self.header(name), self.cell(value)]),
            _ => {
                self.add_headers(scalars.iter().map(|(name, _)| self.header(name)).collect());
                self.add_row(scalars.iter().map(|(_, value)| self.cell(value)).collect());
            }
        }
        for (name, value) in others {
            self.add(Some(name), value, indentation + 1);
        }
    }

    /// Adds a row for each object. If some objects have members that are not scalars, each object
    /// gets a section, followed by the sections of these members.
    fn add_objects(&mut self, elements: &[Value], title: Option<&str>, indentation: usize) {
        let (headers, others) = member_names(elements);
        let titles = |table: &Self| headers.iter().map(|name| table.header(name)).collect();
        self.add_headers(titles(self));
        for (position, element) in elements.iter().enumerate() {
            if position > 0 && !others.is_empty() {
                self.begin(title, indentation);
                self.add_headers(titles(self));
            }
            if !matches!(element, Value::Object(_)) {
                self.add_element(element);
                continue;
            }
            let cells = headers.iter().map(|name| match element.get(name) {
                Some(value) => self.cell(value),
                None => Cell::default(),
            });
            self.add_row(cells.collect());
            for name in &others {
                if let Some(value) = element.get(name) {
                    self.add(Some(name), value, indentation + 1);
                }
            }
        }
    }

    fn begin(&mut self, title: Option<&str>, indentation: usize) {
        let title = title.map(|title| self.header(title));
        self.sections.push(Section::new(title, indentation));
    }

    fn add_headers(&mut self, headers: Vec<Cell>) {
        self.change_section(headers.len(), |section| section.add_headers(headers));
    }

    fn add_row(&mut self, row: Vec<Cell>) {
        self.change_section(row.len(), |section| section.add_row(row));
    }

    /// Changes the last section, or a new one if the last has another number of columns.
    fn change_section(&mut self, columns: usize, change: impl FnOnce(&mut Section)) {
        match self.sections.last_mut() {
            Some(last) if last.fits(columns) => change(last),
            last => {
                let indentation = last.map_or(0, |last| last.indentation());
                let mut section = Section::new(None, indentation);
                change(&mut section);
                self.sections.push(section);
            }
        }
    }

    fn cell(&self, value: &Value) -> Cell {
        Cell::new(python::str(value, self.controls).into_owned())
    }

    fn header(&self, name: &str) -> Cell {
        Cell::new(escape::escaped(name, self.controls).into_owned())
    }
}

/// Returns the names of all members of the objects in an array that are scalars, and the names of
/// all others. A name can be in both.
fn member_names(elements: &[Value]) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut scalars, mut others) = (BTreeSet::new(), BTreeSet::new());
    for element in elements {
        if let Value::Object(members) = element {
            for (name, value) in members {
                let names = if is_scalar(value) { &mut scalars } else { &mut others };
                names.insert(name.as_str());
            }
        }
    }
    (scalars, others)
}

#[cfg(test)]
mod tests;

//! One box of a table.

use super::canvas::Canvas;
use super::width::width;

/// A text and its width in columns.
#[derive(Default)]
pub(super) struct Cell {
    text: String,
    width: usize,
}

impl Cell {
    pub(super) fn new(text: String) -> Self {
        let width = width(&text);
        Self { text, width }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// A title, headers and rows. All rows have the same number of columns.
pub(super) struct Section {
    title: Option<Cell>,
    indentation: usize,
    headers: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    /// Width of the widest cell of each column, or `None` before the first row.
    widths: Option<Vec<usize>>,
}

/// Columns around a cell: two spaces on either side.
const PADDING: usize = 4;
/// Columns of the two outer edges.
const EDGES: usize = 2;
/// Width of a missing title: the AWS CLI measures Python's `None`.
const NO_TITLE: usize = 4;

impl Section {
    pub(super) fn new(title: Option<Cell>, indentation: usize) -> Self {
        Self { title, indentation, headers: Vec::new(), rows: Vec::new(), widths: None }
    }

    pub(super) fn indentation(&self) -> usize {
        self.indentation
    }

    /// Returns whether a row with `columns` cells fits.
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.widths.as_ref().is_none_or(|widths| widths.len() == columns)
    }

    pub(super) fn add_headers(&mut self, headers: Vec<Cell>) {
        self.widen(&headers);
        self.headers = headers;
    }

    pub(super) fn add_row(&mut self, row: Vec<Cell>) {
        self.widen(&row);
        self.rows.push(row);
    }

    fn widen(&mut self, row: &[Cell]) {
        let widths = self.widths.get_or_insert_with(|| vec![0; row.len()]);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width.max(*width);
        }
    }

    /// Replaces a single row by one row for each column, with its header and its value.
    pub(super) fn transpose(&mut self) {
        if self.headers.is_empty() || self.rows.len() != 1 {
            return;
        }
        self.widths = None;
        let headers = std::mem::take(&mut self.headers);
        let rows = std::mem::take(&mut self.rows);
        for (header, element) in headers.into_iter().zip(rows.into_iter().flatten()) {
            self.add_row(vec![header, element]);
        }
    }

    /// Returns the width of the section in columns, with the bars of its indentation.
    pub(super) fn width(&self) -> usize {
        let columns: usize = self.columns().map(|width| width + PADDING).sum();
        let title = self.title.as_ref().map_or(NO_TITLE, |title| title.width);
        columns.max(title) + EDGES + 2 * self.indentation
    }

    /// Draws the section in a table of `width` columns.
    pub(super) fn draw(&self, width: usize, canvas: &mut Canvas<'_>) {
        let width = width.saturating_sub(2 * self.indentation);
        if let Some(title) = self.title.as_ref().filter(|title| !title.text.is_empty()) {
            canvas.line(self.indentation, |canvas| center(canvas, title, width, "|"));
            if self.headers.is_empty() && self.rows.is_empty() {
                self.rule(&[width], canvas);
            }
        }
        let widths = self.scaled_columns(width);
        if !self.headers.is_empty() {
            self.rule(&widths, canvas);
            self.row(&self.headers, &widths, canvas, center);
        }
        if !self.rows.is_empty() && !widths.is_empty() {
            self.rule(&widths, canvas);
            for row in &self.rows {
                self.row(row, &widths, canvas, align_left);
            }
            self.rule(&widths, canvas);
        }
    }

    fn columns(&self) -> impl Iterator<Item = usize> {
        self.widths.iter().flatten().copied()
    }

    /// Returns the widths of the columns, scaled to fill `width`.
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "floats as in Python; a table never has 2^53 columns"
    )]
    fn scaled_columns(&self, width: usize) -> Vec<usize> {
        let padded: Vec<usize> = self.columns().map(|width| width + PADDING).collect();
        let factor = width as f64 / padded.iter().sum::<usize>() as f64;
        let mut scaled: Vec<usize> = padded
            .iter()
            .map(|&width| (factor * width as f64).round_ties_even() as usize)
            .collect();
        // Rounding errors reduce the first columns or extend the last ones.
        let total: usize = scaled.iter().sum();
        let columns = scaled.len();
        for position in (0..columns).cycle().take(total.saturating_sub(width)) {
            if let Some(column) = scaled.get_mut(position) {
                *column = column.saturating_sub(1);
            }
        }
        for position in (0..columns).rev().cycle().take(width.saturating_sub(total)) {
            if let Some(column) = scaled.get_mut(position) {
                *column += 1;
            }
        }
        scaled
    }

    fn rule(&self, widths: &[usize], canvas: &mut Canvas<'_>) {
        canvas.line(self.indentation, |canvas| {
            for (position, width) in widths.iter().enumerate() {
                let left = left_edge(position, "+");
                canvas.push(left);
                canvas.repeat("-", width.saturating_sub(left.len() + 1));
                canvas.push("+");
            }
        });
    }

    fn row(
        &self,
        row: &[Cell],
        widths: &[usize],
        canvas: &mut Canvas<'_>,
        draw: fn(&mut Canvas<'_>, &Cell, usize, &str),
    ) {
        canvas.line(self.indentation, |canvas| {
            for (position, (cell, width)) in row.iter().zip(widths).enumerate() {
                draw(canvas, cell, *width, left_edge(position, "|"));
            }
        });
    }
}

/// Returns the left edge of a cell. Only the first cell has one, the others share an edge.
fn left_edge(position: usize, edge: &str) -> &str {
    if position == 0 { edge } else { "" }
}

/// Draws `cell` in the middle of `length` columns, edges included.
fn center(canvas: &mut Canvas<'_>, cell: &Cell, length: usize, left_edge: &str) {
    let start = (length / 2).saturating_sub(cell.width / 2 + 1);
    canvas.push(left_edge);
    canvas.repeat(" ", start);
    canvas.push(cell.text());
    canvas.repeat(" ", length.saturating_sub(left_edge.len() + start + cell.width + 1));
    canvas.push("|");
}

/// Draws `cell` two spaces from the left of `length` columns, edges included.
fn align_left(canvas: &mut Canvas<'_>, cell: &Cell, length: usize, left_edge: &str) {
    let needed = cell.width + 2 + left_edge.len() + 1;
    let padding = if needed <= length { 2 } else { 0 };
    canvas.push(left_edge);
    canvas.repeat(" ", padding);
    canvas.element(cell.text());
    canvas.repeat(" ", length.saturating_sub(left_edge.len() + padding + cell.width + 1));
    canvas.push("|");
}

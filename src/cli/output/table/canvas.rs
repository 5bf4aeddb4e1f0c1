//! The lines of a table.

use crate::cli::output::buffer::Buffer;

const BRIGHT_BLUE: &str = "\x1b[1m\x1b[34m";
const DIM_YELLOW: &str = "\x1b[2m\x1b[33m";
const RESET: &str = "\x1b[0m";

/// Lines of text with or without color.
///
/// With color, the AWS CLI writes through `colorama` with `autoreset`, which resets the colors
/// after each write. It makes four writes for a line, and so does this.
pub(super) struct Canvas<'b> {
    buffer: &'b mut Buffer,
    color: bool,
}

impl<'b> Canvas<'b> {
    pub(super) fn new(buffer: &'b mut Buffer, color: bool) -> Self {
        Self { buffer, color }
    }

    pub(super) fn rule(&mut self, width: usize) {
        self.repeat("-", width);
        self.push("\n");
        self.end_write();
    }

    /// Draws a line with `indentation` bars on either side.
    pub(super) fn line(&mut self, indentation: usize, draw: impl FnOnce(&mut Self)) {
        self.bars(indentation);
        draw(self);
        self.end_write();
        self.bars(indentation);
        self.push("\n");
        self.end_write();
    }

    pub(super) fn push(&mut self, text: &str) {
        self.buffer.push(text);
    }

    pub(super) fn repeat(&mut self, text: &str, times: usize) {
        self.buffer.repeat(text, times);
    }

    /// Draws the text of a cell that is not a header.
    pub(super) fn element(&mut self, text: &str) {
        self.push_colored(BRIGHT_BLUE, text);
    }

    fn bars(&mut self, count: usize) {
        for _ in 0..count {
            self.push_colored(DIM_YELLOW, "|");
        }
        self.end_write();
    }

    fn push_colored(&mut self, color: &str, text: &str) {
        let (color, reset) = if self.color { (color, RESET) } else { ("", "") };
        for piece in [color, text, reset] {
            self.buffer.push(piece);
        }
    }

    fn end_write(&mut self) {
        if self.color {
            self.buffer.push(RESET);
        }
    }
}

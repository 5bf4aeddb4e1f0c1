//! What a table is drawn on.

use crate::cli::render::buffer::Buffer;

const BRIGHT_BLUE: &str = "\x1b[1m\x1b[34m";
const DIM_YELLOW: &str = "\x1b[2m\x1b[33m";
const RESET: &str = "\x1b[0m";

/// Lines of text, in colour or not.
///
/// With colour, the AWS CLI writes through `colorama` with `autoreset`, which resets the colours
/// after each write. Four writes make a line, and so do they here.
pub(super) struct Canvas {
    buffer: Buffer,
    color: bool,
}

impl Canvas {
    pub(super) fn new(buffer: Buffer, color: bool) -> Self {
        Self { buffer, color }
    }

    /// Draws a line of hyphens.
    pub(super) fn rule(&mut self, width: usize) {
        self.repeat("-", width);
        self.push("\n");
        self.end_write();
    }

    /// Draws a line between `indentation` bars on either side.
    pub(super) fn line(&mut self, indentation: usize, draw: impl FnOnce(&mut Self)) {
        self.bars(indentation);
        draw(self);
        self.end_write();
        self.bars(indentation);
        self.push("\n");
        self.end_write();
    }

    /// Draws `text` as it is.
    pub(super) fn push(&mut self, text: &str) {
        self.buffer.push(text);
    }

    /// Draws `text` as many times as said.
    pub(super) fn repeat(&mut self, text: &str, times: usize) {
        self.buffer.repeat(text, times);
    }

    /// Draws the content of a row.
    pub(super) fn element(&mut self, text: &str) {
        self.push_colored(BRIGHT_BLUE, text);
    }

    pub(super) fn into_buffer(self) -> Buffer {
        self.buffer
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

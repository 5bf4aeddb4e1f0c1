//! The choices that the caller makes about a page.

/// The value of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON, indented by four spaces.
    #[default]
    Json,
    /// JSON, a line for each element of a list.
    JsonLines,
    /// YAML in block style.
    Yaml,
    /// Lines of values with tabs between them.
    Text,
    /// Boxes of ASCII lines.
    Table,
}

/// What the page has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The columns of the terminal. A wider table is turned, one member a line. The AWS CLI takes
    /// 80 where the standard output is no terminal.
    pub width: usize,
    /// Whether tables have colours: `--color on`, or `auto` on a terminal.
    pub color: bool,
    /// Whether control and format characters in texts become visible escapes, because the page
    /// goes to a terminal.
    pub escape: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 80, color: false, escape: false }
    }
}

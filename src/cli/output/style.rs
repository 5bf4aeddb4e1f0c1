//! The format and the style of a page.

/// The value of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON, indented by four spaces.
    #[default]
    Json,
    /// JSON, one line for each element of a list.
    JsonLines,
    /// YAML in block style.
    Yaml,
    /// YAML in block style, as the only element of a list.
    YamlStream,
    /// Tab-separated lines.
    Text,
    /// Tables drawn with ASCII characters.
    Table,
    /// Nothing.
    Off,
}

/// Width, colors and escapes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. A wider table is transposed, with one member per line. The AWS CLI
    /// uses 80 columns if the standard output is not a terminal.
    pub width: usize,
    /// Colors in tables: `--color on`, or `auto` on a terminal.
    pub color: bool,
    /// Visible escapes instead of control and format characters, for a page on a terminal.
    pub escape: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 80, color: false, escape: false }
    }
}

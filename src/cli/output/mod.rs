//! The output of a response: [`Value`] → `--query` ([`query::Query`]) → page.
//!
//! `json`, `text` and `table` are the output of the AWS CLI for the same value, byte for byte
//! (`awscli/formatter.py`, `awscli/text.py`, `awscli/table.py`). `yaml` and `yaml-stream` have the
//! data of AWS CLI version 2, and `jsonl` is not part of the AWS CLI.
//!
//! A response may contain a private key. The allocator of the program wipes all memory that is
//! freed, so texts and buffers on the way to the page are plain strings.

mod buffer;
mod escape;
mod json;
mod list;
mod number;
mod python;
pub mod query;
mod style;
mod table;
mod text;
mod value;
mod yaml;

pub use escape::visible;
pub use list::List;
pub use style::{OutputFormat, Style};
pub use value::Value;

use self::buffer::Buffer;
use crate::secret::Secret;

/// Returns the page with `value`.
///
/// `title` is the headline of a table: the name of the operation, such as `DescribeKeyPairs`.
#[must_use]
pub fn render(value: &Value, title: &str, format: OutputFormat, style: &Style) -> Secret {
    let mut buffer = Buffer::default();
    write(&mut buffer, value, title, format, style);
    buffer.into_text().into()
}

/// Returns the page with `value`, or `None` if it exceeds `limit` bytes. A table can be much larger
/// than the value, because all its rows are as wide as the widest.
#[must_use]
pub fn render_within(
    limit: usize,
    value: &Value,
    title: &str,
    format: OutputFormat,
    style: &Style,
) -> Option<Secret> {
    let mut buffer = Buffer::within(limit);
    write(&mut buffer, value, title, format, style);
    buffer.into_whole()
}

fn write(
    buffer: &mut Buffer,
    Value(value): &Value,
    title: &str,
    format: OutputFormat,
    style: &Style,
) {
    match format {
        OutputFormat::Json => json::render(buffer, value, style.escape),
        OutputFormat::JsonLines => json::render_lines(buffer, value, style.escape),
        OutputFormat::Yaml => yaml::render(buffer, value, style.escape),
        OutputFormat::YamlStream => yaml::render_stream(buffer, value, style.escape),
        OutputFormat::Text => text::render(buffer, value, style.escape),
        OutputFormat::Table => table::render(buffer, value, title, style),
        OutputFormat::Off => {}
    }
}

//! How a response is shown: response → [`Value`] → `--query` ([`query::Query`]) → bytes.
//!
//! `json`, `text` and `table` are what the AWS CLI prints for the same value, byte for byte
//! (`awscli/formatter.py`, `awscli/text.py`, `awscli/table.py`); `yaml` has the shape that AWS CLI
//! version 2 gives it; `jsonl` is ours. A response may hold a private key, so everything on the way, the finished
//! page included, is memory that is wiped.

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
pub use number::Number;
pub use style::{OutputFormat, Style};
pub use value::Value;

use self::buffer::Buffer;
use crate::secret::Secret;

/// Returns `value` as it is to be written to the standard output.
///
/// `title` is the name of the operation, such as `DescribeKeyPairs`: the headline of a table.
#[must_use]
pub fn render(value: &Value, title: &str, format: OutputFormat, style: &Style) -> Secret {
    render_in(Buffer::default(), value, title, format, style).into_secret()
}

/// As [`render`], or `None` if the page has more bytes than the limit: a table is as wide in each row
/// as in the widest, so that it may be much larger than the value.
#[must_use]
pub fn render_within(
    limit: usize,
    value: &Value,
    title: &str,
    format: OutputFormat,
    style: &Style,
) -> Option<Secret> {
    render_in(Buffer::within(limit), value, title, format, style).into_whole()
}

fn render_in(
    buffer: Buffer,
    value: &Value,
    title: &str,
    format: OutputFormat,
    style: &Style,
) -> Buffer {
    match format {
        OutputFormat::Json => json::render(buffer, value, style.escape),
        OutputFormat::JsonLines => json::render_lines(buffer, value, style.escape),
        OutputFormat::Yaml => yaml::render(buffer, value, style.escape),
        OutputFormat::Text => text::render(buffer, value, style.escape),
        OutputFormat::Table => table::render(buffer, value, title, style),
    }
}

//! Literals: JSON between backticks.

use serde_json::Value;

/// Parses the content of a literal. Invalid JSON is a text without quotes: JMESPath no longer
/// allows it (JEP-12), but the documentation of the AWS CLI still uses it.
pub(super) fn parse(content: &str) -> Option<Value> {
    let json = content.replace("\\`", "`");
    let parsed = serde_json::from_str(&json);
    parsed.or_else(|_| serde_json::from_str(&format!("\"{}\"", json.trim_start()))).ok()
}

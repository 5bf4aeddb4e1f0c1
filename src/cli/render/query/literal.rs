//! Literals: JSON between backticks.

use crate::cli::render::number::Number;
use crate::cli::render::value::Value;

/// Reads what is between the backticks of a literal. What is no JSON is a text without quotes,
/// which JMESPath gave up (JEP-12) and the documentation of the AWS CLI did not.
pub(super) fn read(lexeme: &str) -> Option<Value> {
    let json = lexeme.replace("\\`", "`");
    let read: Result<serde_json::Value, _> = serde_json::from_str(&json);
    let read = read.or_else(|_| serde_json::from_str(&format!("\"{}\"", json.trim_start())));
    read.ok().map(value)
}

fn value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => bool.into(),
        serde_json::Value::Number(number) => match number.as_i128() {
            Some(integer) => Number::Integer(integer).into(),
            None => number.as_f64().into(),
        },
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(elements) => Value::list(elements.into_iter().map(value)),
        serde_json::Value::Object(members) => {
            Value::object(members.into_iter().map(|(name, member)| (name, value(member))))
        }
    }
}

//! The cases for the AWS CLI.

use keypair::cli::output::OutputFormat;
use serde_json::{Value, json};

/// A value, a query and the output options.
pub(crate) struct Case {
    pub(crate) value: Value,
    pub(crate) expression: Option<String>,
    pub(crate) format: OutputFormat,
    pub(crate) width: usize,
    pub(crate) color: bool,
}

impl Case {
    pub(crate) fn query(value: &Value, expression: &str, format: OutputFormat) -> Self {
        let expression = Some(expression.to_owned());
        Self { value: value.clone(), expression, format, width: 80, color: false }
    }

    pub(crate) fn format_name(&self) -> &'static str {
        match self.format {
            OutputFormat::Json => "json",
            OutputFormat::Text => "text",
            OutputFormat::Table => "table",
            OutputFormat::JsonLines
            | OutputFormat::Yaml
            | OutputFormat::YamlStream
            | OutputFormat::Off => panic!("the oracle does not support this format"),
        }
    }
}

/// Returns a value as JSON, as text, and as narrow, wide and colored tables.
pub(crate) fn in_every_format(value: &Value, expression: Option<&str>) -> Vec<Case> {
    let case = |format, width, color| Case {
        value: value.clone(),
        expression: expression.map(str::to_owned),
        format,
        width,
        color,
    };
    vec![
        case(OutputFormat::Json, 80, false),
        case(OutputFormat::Text, 80, false),
        case(OutputFormat::Table, 20, false),
        case(OutputFormat::Table, 80, false),
        case(OutputFormat::Table, 999, false),
        case(OutputFormat::Table, 80, true),
    ]
}

/// Returns a DescribeKeyPairs response with every kind of member.
pub(crate) fn pairs() -> Value {
    json!({
        "KeyPairs": [
            {
                "KeyPairId": "key-0a1b2c3d4e5f60718", "KeyType": "rsa",
                "Tags": [{ "Key": "Name", "Value": "web" }, { "Key": "env", "Value": "日本" }],
                "CreateTime": "2024-03-01T10:00:00+00:00", "KeyName": "web-1",
                "KeyFingerprint": "1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f"
            },
            {
                "KeyPairId": "key-1111111111111111a", "KeyType": "ed25519", "Tags": [],
                "CreateTime": "2023-01-15T08:30:00+00:00", "KeyName": "it's \"naïve\"",
                "KeyFingerprint": "WGi8YXVvIBXYwwqHNwVl0tCDqiZgJd0ZpqC5Ofb3Jz4="
            },
            { "KeyPairId": "key-2222222222222222b", "KeyName": "web-2", "Size": 2048, "Ratio": 0.5 }
        ],
        "Count": 3, "Next": null, "Done": true, "Empty": {},
        "Numbers": [3, 1.5, -2, 0, 1e16, 10], "Texts": ["b", "", "é", "a", "B"],
        "Mixed": [1, "1", true, null, [1, [2]], { "b": 1, "a": 2 }],
        "Nested": { "z": { "n": 1 }, "a": { "n": 2 }, "m": { "o": 3 } }
    })
}

/// Returns responses of the operations, and values of every shape.
pub(crate) fn responses() -> Vec<Value> {
    vec![
        pairs(),
        json!({}),
        json!({ "Return": true }),
        json!({ "KeyPairs": [] }),
        json!({ "Return": true, "KeyPairId": "key-03c8d3aceb53b507" }),
        json!({
            "KeyFingerprint": "1f:51:ae:28", "KeyName": "MyKeyPair", "KeyPairId": "key-1",
            "KeyMaterial": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n"
        }),
        json!({ "Parameter": { "Name": "/ec2/keypair/key-1", "Type": "SecureString", "Version": 1 } }),
        json!({ "KeyPairs": [{ "Tags": [{ "Key": "k", "Value": "v" }] }, { "Tags": [] }] }),
        json!({ "KeyPairs": [{ "a": 1 }, { "a": [1, "it's", { "b": "\"'\n\u{a0}\u{e000}" }] }] }),
        json!({ "a": { "b": { "c": { "d": ["x", "y"], "e": null } } }, "f": [[1, 2], [3, 4]] }),
        json!({ "Wide": "日本語ＡＢｱ한국😀", "Ambiguous": "é·Ω…±\u{301}\u{ad}\u{fffd}\u{e000}", "ß": "ß" }),
        json!({ "ß": [{ "ﬁ": [1] }], "i": ["ŉ"], "": ["x"], "x": { "": { "y": 1 } } }),
        json!({ "Controls": "\u{0}\u{8}\t\n\u{c}\r\u{1b}\u{7f}\u{85}\u{2028}\u{feff}\"\\/" }),
        json!({ "Numbers": [0, -1, 1.0, 0.1, 1e16, 1e-5, 123456789012345680.0, 5e-324, -0.0] }),
        json!({ "Objects": [[{ "a": 1, "b": 2 }], [{ "c": 3, "d": 4 }]], "Keys": ["x", { "y": 1 }] }),
        json!({ "Falsy": [{ "a": [], "b": {} }, { "a": 0, "b": "" }], "Lists": [[], []] }),
    ]
}

/// Returns expressions with results of unusual shapes.
pub(crate) fn shapes() -> impl Iterator<Item = &'static str> {
    include_str!("../../../oracle/shapes.txt").lines()
}

/// Returns expressions of every kind, including invalid ones.
pub(crate) fn expressions() -> impl Iterator<Item = &'static str> {
    include_str!("../../../oracle/expressions.txt").lines()
}

/// Returns texts that a YAML parser could misread.
pub(crate) fn yaml_texts() -> impl Iterator<Item = Value> {
    let lines = include_str!("../../../oracle/yaml.jsonl").lines();
    lines.map(|line| line.parse().expect("the file has one JSON text a line"))
}

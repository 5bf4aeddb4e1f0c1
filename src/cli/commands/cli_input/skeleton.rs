//! Samples of inputs and responses, as version 2 of the AWS CLI prints them.

use crate::cli::error::Operation;
use crate::cli::output::{OutputFormat, Value};

/// Returns the sample of a command's input in JSON.
pub(super) fn json(command: &str) -> &'static str {
    match command {
        "create-key-pair" => include_str!("skeletons/create-key-pair.json"),
        "create-tags" => include_str!("skeletons/create-tags.json"),
        "delete-key-pair" => include_str!("skeletons/delete-key-pair.json"),
        "delete-tags" => include_str!("skeletons/delete-tags.json"),
        "get-parameter" => include_str!("skeletons/get-parameter.json"),
        "get-parameters" => include_str!("skeletons/get-parameters.json"),
        "get-password-data" => include_str!("skeletons/get-password-data.json"),
        "import-key-pair" => include_str!("skeletons/import-key-pair.json"),
        "send-ssh-public-key" => include_str!("skeletons/send-ssh-public-key.json"),
        _ => include_str!("skeletons/describe-key-pairs.json"),
    }
}

/// Returns the sample of a command's input in YAML.
pub(super) fn yaml(command: &str) -> &'static str {
    match command {
        "create-key-pair" => include_str!("skeletons/create-key-pair.yaml"),
        "create-tags" => include_str!("skeletons/create-tags.yaml"),
        "delete-key-pair" => include_str!("skeletons/delete-key-pair.yaml"),
        "delete-tags" => include_str!("skeletons/delete-tags.yaml"),
        "get-parameter" => include_str!("skeletons/get-parameter.yaml"),
        "get-parameters" => include_str!("skeletons/get-parameters.yaml"),
        "get-password-data" => include_str!("skeletons/get-password-data.yaml"),
        "import-key-pair" => include_str!("skeletons/import-key-pair.yaml"),
        "send-ssh-public-key" => include_str!("skeletons/send-ssh-public-key.yaml"),
        _ => include_str!("skeletons/describe-key-pairs.yaml"),
    }
}

/// Returns the sample of a command's response and the name of its operation. As in version 2, a
/// time has no `T` in texts and tables.
pub fn sample(command: &str, format: OutputFormat) -> Option<(Value, Operation)> {
    let (json, operation) = match command {
        "create-key-pair" => {
            (include_str!("skeletons/create-key-pair.output.json"), Operation::CreateKeyPair)
        }
        "create-tags" => ("{}", Operation::CreateTags),
        "delete-key-pair" => {
            (include_str!("skeletons/delete-key-pair.output.json"), Operation::DeleteKeyPair)
        }
        "delete-tags" => ("{}", Operation::DeleteTags),
        "get-parameter" => {
            (include_str!("skeletons/get-parameter.output.json"), Operation::GetParameter)
        }
        "get-parameters" => {
            (include_str!("skeletons/get-parameters.output.json"), Operation::GetParameters)
        }
        "get-password-data" => {
            (include_str!("skeletons/get-password-data.output.json"), Operation::GetPasswordData)
        }
        "import-key-pair" => {
            (include_str!("skeletons/import-key-pair.output.json"), Operation::ImportKeyPair)
        }
        "send-ssh-public-key" => {
            (include_str!("skeletons/send-ssh-public-key.output.json"), Operation::SendSshPublicKey)
        }
        _ => {
            (include_str!("skeletons/describe-key-pairs.output.json"), Operation::DescribeKeyPairs)
        }
    };
    let json = match format {
        OutputFormat::Text | OutputFormat::Table => json.replace("01T00", "01 00"),
        _ => json.to_owned(),
    };
    serde_json::from_str::<serde_json::Value>(&json).ok().map(|json| (json.into(), operation))
}

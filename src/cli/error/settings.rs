//! Failures of global options and of the environment.

use super::{ExitStatus, Failure};
use crate::cli::output::query::QueryError;
use crate::cli::settings::SettingsError;

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let error = &error;
        let failure = |status| Self::new(status, error.to_string(), error);
        match error {
            SettingsError::EmptyElement { .. } => failure(ExitStatus::Usage),
            #[cfg(feature = "ec2")]
            SettingsError::NotWithEc2 { .. }
            | SettingsError::EndpointUrl { has_scheme: false, .. } => failure(ExitStatus::Usage),
            #[cfg(feature = "ec2")]
            SettingsError::EndpointUrl { has_scheme: true, .. }
            | SettingsError::Region { .. }
            | SettingsError::Timeout { .. } => {
                failure(ExitStatus::Usage).for_aws(ExitStatus::Other)
            }
            #[cfg(not(feature = "ec2"))]
            SettingsError::Ec2NotBuilt => {
                failure(ExitStatus::Configuration).hint("pass `--registry local` to use a file")
            }
            SettingsError::OfEc2 => {
                failure(ExitStatus::Usage).hint("omit `--registry local`: this command needs EC2")
            }
            SettingsError::NoHome => failure(ExitStatus::Configuration)
                .hint("pass `--registry-file PATH` or set KEYPAIR_REGISTRY_FILE"),
            SettingsError::NoSshFolder => failure(ExitStatus::Configuration),
            SettingsError::Query(source) => {
                let place = match source {
                    QueryError::Syntax { expression, offset, .. }
                    | QueryError::TooDeep { expression, offset, .. } => {
                        let before = expression.get(..*offset).unwrap_or(expression);
                        format!(", at character {}: {expression}", before.chars().count() + 1)
                    }
                    _ => String::new(),
                };
                let sentence = format!("invalid value for --query: {source}{place}");
                let failure = Self::new(ExitStatus::Usage, sentence, error);
                // The AWS CLI calls a function after the request only.
                if place.is_empty() { failure.for_aws(ExitStatus::Other) } else { failure }
            }
            SettingsError::UnknownOutput(given) => failure(ExitStatus::Other).hint(format!(
                "set {} to json, jsonl, text, table, yaml, yaml-stream or off",
                given.origin
            )),
            SettingsError::UnknownTimestampFormat(given) => failure(ExitStatus::Configuration)
                .coded("Configuration")
                .hint(format!("set {} to iso8601 or wire", given.origin)),
            SettingsError::UnknownRegistry { .. } => {
                failure(ExitStatus::Usage).hint("the registries are `local` and `ec2`")
            }
        }
    }
}

//! Failures to store a private key in Parameter Store.

use std::path::Path;

use super::{ExitStatus, Failure, Hint, Operation, chain, delete};
use crate::cli::shell::ShellCommand;
use crate::operations::{OperationError, StoreError};
use crate::registry::{KeyName, ParameterName, RegistryError, ValueFault};

impl Failure {
    pub(super) fn of_store(error: &StoreError) -> Self {
        let failure = |status| Self::new(status, chain(error), error);
        match error {
            StoreError::Value { fault, .. } => failure(ExitStatus::NotAccepted).hint(match fault {
                ValueFault::NotText => "use a format that is text: pem, openssh, pkcs8 or ppk",
                ValueFault::TooLarge { .. } => {
                    "an advanced parameter holds 8192 bytes: make it with `aws ssm put-parameter --tier Advanced`"
                }
                ValueFault::Braces => "pass `--comment TEXT` or use another format",
            }),
            StoreError::NotClean { .. } => failure(ExitStatus::NotAccepted).hint(
                Hint::run(ShellCommand::new("keypair").word("convert").word("FILE").option("--out", "NEW"))
                    .text(" to write only the private key to a new file"),
            ),
            StoreError::OtherKey { .. } => failure(ExitStatus::NotAccepted).hint(
                Hint::run(ShellCommand::keypair("verify").word("FILE")).text(" to find its pair"),
            ),
            StoreError::Refused { name, parameter, source } => {
                Self::of_refused_parameter(name, parameter, source)
            }
            StoreError::Unknown { name, kept, .. } => {
                let kept_in = kept.as_ref().map(|path| {
                    format!("; `{name}` is registered, its private key is kept in {}", path.display())
                });
                let sentence = format!("{}{}", chain(error), kept_in.unwrap_or_default());
                let store = match kept {
                    Some(path) => store(name).path(path),
                    None => store(name).operand("FILE"),
                };
                Self::new(ExitStatus::Refused, sentence, error)
                    .hint(Hint::run(store).text(" to try again; that replaces nothing"))
            }
        }
    }

    /// Words a failure to store a private key after which the pair stays registered.
    pub(super) fn of_pair_not_stored(
        name: &KeyName,
        kept: &Path,
        cause: &OperationError,
        error: &OperationError,
    ) -> Self {
        let (place, cause) = (kept.display(), Self::from(cause).sentence());
        let sentence =
            format!("`{name}` is registered, but its private key is only in {place}: {cause}");
        Self::new(ExitStatus::Refused, sentence, error)
            .hint(Hint::run(store(name).path(kept)).text(" to try again"))
            .hint(Hint::run(delete(name)).text(" to delete the registration"))
    }

    fn of_refused_parameter(
        name: &KeyName,
        parameter: &ParameterName,
        source: &RegistryError,
    ) -> Self {
        let failure = Self::from(source).during(Operation::PutParameter);
        let RegistryError::Refused { code, .. } = source else { return failure };
        match code.as_str() {
            "ParameterAlreadyExists" => Self { status: ExitStatus::Exists, ..failure }.only_hint(
                format!("{parameter} exists; choose another name for the key of `{name}`"),
            ),
            "AccessDeniedException" => failure.hint(format!(
                "this needs ssm:PutParameter for {parameter}, and kms:Encrypt for your own KMS key"
            )),
            "InvalidKeyId" => {
                failure.hint("`--kms-key-id` must name an enabled KMS key of the same region")
            }
            "ParameterLimitExceeded" => failure.hint("delete parameters, or raise the quota"),
            "TooManyUpdates" => failure.hint("run the command again"),
            _ => failure,
        }
    }
}

fn store(name: &KeyName) -> ShellCommand {
    ShellCommand::keypair("store").operand(name.as_str())
}

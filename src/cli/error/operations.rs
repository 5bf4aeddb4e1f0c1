//! Failures of operations.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use super::{ExitStatus, Failure, Hint, Operation, chain, delete, describe, unanswered};
use crate::cli::shell::{self, ShellCommand};
use crate::file::FileError;
use crate::format::FormatError;
use crate::key::GenerateError;
use crate::operations::{KeptKey, OperationError};
use crate::registry::{ParameterName, RegistryError};

impl From<&OperationError> for Failure {
    fn from(error: &OperationError) -> Self {
        match error {
            OperationError::Conflict(conflict) => Self::of_conflict(conflict),
            OperationError::Agent(source) => Self::of_agent(source),
            OperationError::AgentKeyNotRemoved { name, cause, source: _ } => {
                Self::of_stayed_key(name, cause)
            }
            OperationError::File(source @ FileError::HardLinks { .. }) => {
                Self::new(ExitStatus::NotAccepted, format!("nothing was deleted: {source}"), error)
                    .hint("delete the other hard links first: they would keep the private key")
            }
            OperationError::File(source) => Self::of_file(source),
            OperationError::RemovalNotSynced(_) => {
                Self::new(ExitStatus::Other, chain(error), error)
            }
            OperationError::FileNotRemoved(source) => {
                let failure = Self::new(ExitStatus::Other, chain(error), error);
                match source {
                    FileError::Changed { kept, .. } => failure.hint(
                        Hint::run(ShellCommand::keypair("verify").path(kept))
                            .text(" to find the pair of that file"),
                    ),
                    // Another program has removed it.
                    FileError::Io { source, .. } if source.kind() == ErrorKind::NotFound => failure,
                    FileError::Io { path, .. } => {
                        failure.hint(Hint::run(shell::remove(path)).text(" to delete it"))
                    }
                    _ => failure,
                }
            }
            OperationError::FileWithoutPair { name, path } => {
                Self::of_file_without_pair(name, path, error)
            }
            OperationError::KeyInText { .. } => {
                Self::new(ExitStatus::NotAccepted, error.to_string(), error).hint(
                    "nothing was deleted; omit `--private-key-file`, and delete the key from the file yourself",
                )
            }
            OperationError::Interrupted => {
                Self::new(ExitStatus::Interrupted, error.to_string(), error)
            }
            OperationError::Instance { call, source } => {
                Self::from(source).during(Operation::of_call(*call))
            }
            OperationError::Incomplete { made, wanted, last, source } => {
                let last = last.as_ref().map(|last| format!(", the last is `{last}`"));
                let last = last.unwrap_or_default();
                let known = match **source {
                    OperationError::OutcomeUnknown { .. } => "known to be ",
                    _ => "",
                };
                let sentence = format!("{made} of {wanted} pairs are {known}registered{last}");
                Self::from(&**source).hint(sentence)
            }
            OperationError::Format(FormatError::Cost(source)) => Self::of_cost(*source, error),
            OperationError::Format(_) => Self::new(ExitStatus::NotAccepted, chain(error), error),
            OperationError::NotAKey { origin, source } => Self::of_key(origin, source, false),
            OperationError::Generate(GenerateError::Inconsistent) => {
                Self::new(ExitStatus::Other, chain(error), error).hint(
                    "run the command again; if this repeats, check the memory and the processor",
                )
            }
            OperationError::Generate(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::GenerationUnknown { name, .. } => {
                Self::new(ExitStatus::Refused, chain(error), error)
                    .hint(describe(name))
                    .hint(Hint::run(delete(name)).text(" to delete it if it was created just now"))
            }
            OperationError::MaterialMismatch { .. } => {
                Self::new(ExitStatus::Refused, error.to_string(), error)
            }
            OperationError::RolledBack { name, cause } => {
                let failure = Self::from(&**cause);
                let hint = format!("`{name}` was created, and deleted again");
                match **cause {
                    // The outcome is known after all.
                    OperationError::OutcomeUnknown { .. } => failure.only_hint(hint),
                    _ => failure.hint(hint),
                }
            }
            OperationError::DeletionIncomplete { deleted, left, source } => {
                let failure = Self::from(&**source);
                let failure = match deleted.is_empty() {
                    true => failure,
                    false => failure.hint(format!("deleted before: {}", quoted(deleted))),
                };
                match left.is_empty() {
                    true => failure,
                    false => failure.hint(format!("not deleted: {}", quoted(left))),
                }
            }
            OperationError::DeletionUnknown { .. } | OperationError::TaggingUnknown { .. } => {
                Self::new(ExitStatus::Refused, chain(error), error)
                    .hint(Hint::run(ShellCommand::keypair("describe")).text(" to check"))
            }
            OperationError::KeyLost { name, source, .. } => {
                let failure = Self::new(ExitStatus::Refused, chain(error), error);
                match source {
                    RegistryError::OtherRegistered { .. } => failure.hint(describe(name)),
                    _ => failure.hint(Hint::run(delete(name)).text(" to delete it")),
                }
            }
            OperationError::OutcomeUnknown { name, is_own, kept, source } => {
                let KeptKey { path, in_agent, private_key: _, others, replaced } = &**kept;
                let kept = place(path.as_deref(), *in_agent);
                let kept = kept.map(|place| match others.last() {
                    Some(last) => format!(
                        "; the private keys of {} pairs are kept in {place} to {}",
                        others.len().saturating_add(1),
                        last.display()
                    ),
                    None => format!("; the private key is kept in {place}"),
                });
                let mut sentence = format!("{}{}", chain(error), kept.unwrap_or_default());
                if let Some(old) = replaced.first() {
                    let more = if replaced.len() > 1 { "; so are the others" } else { "" };
                    let old = format!(", the file that it replaced in {}{more}", old.display());
                    sentence.push_str(&old);
                }
                let check = match path {
                    // The response was lost: the pair with this name may be another user's.
                    Some(path) if !source.is::<RegistryError>() => {
                        let command = ShellCommand::keypair("verify").path(path);
                        Hint::run(command.option("--key-name", name.as_str())).text(" to check")
                    }
                    _ => describe(name),
                };
                let failure = Self::new(ExitStatus::Refused, sentence, error).hint(check);
                // Otherwise it may be another user's.
                match is_own {
                    true => failure.hint(Hint::run(delete(name)).text(" to delete it")),
                    false => failure,
                }
            }
            OperationError::Output(source) => {
                Self::new(unanswered(source), chain(error), error).for_aws(ExitStatus::Other)
            }
            OperationError::OutputAfterChange(_) => {
                Self::new(ExitStatus::Other, chain(error), error)
            }
            OperationError::OutputAfterCreate { name, path, in_agent, .. } => {
                let key = place(path.as_deref(), *in_agent);
                let key = key.map(|place| format!(", its private key is in {place}"));
                let key = key.unwrap_or_default();
                let sentence = format!("`{name}` is registered{key}, but {}", chain(error));
                Self::new(ExitStatus::Other, sentence, error)
            }
            OperationError::KeyNotPushable { .. } => {
                Self::new(ExitStatus::NotAccepted, error.to_string(), error)
                    .hint("it accepts RSA keys of 2048 and 4096 bits, and ED25519 keys")
            }
            OperationError::NoSsh { id, fault } => Self::of_ssh_fault(id, fault, error),
            OperationError::MarkUnpaired { .. } => {
                Self::new(ExitStatus::Other, error.to_string(), error)
                    .hint("delete the lines from `# keypair begin` to `# keypair end`")
            }
            OperationError::CannotConnect { .. } => {
                Self::new(ExitStatus::Other, chain(error), error)
                    .hint("check the security group, the address and the port")
            }
            OperationError::PushRejected { .. } => {
                Self::new(ExitStatus::Refused, error.to_string(), error)
            }
            OperationError::KeyMismatch { .. } => {
                Self::new(ExitStatus::NotAccepted, format!("nothing was deleted: {error}"), error)
            }
            OperationError::Parameter { source, .. } => {
                Self::from(source).during(Operation::GetParameter)
            }
            OperationError::ParameterNotPrivate { parameter }
            | OperationError::ParameterMismatch { parameter, .. }
            | OperationError::PrivateKeyNotVerified { parameter, .. } => {
                let status = match error {
                    OperationError::PrivateKeyNotVerified { .. } => ExitStatus::Refused,
                    _ => ExitStatus::NotAccepted,
                };
                Self::new(status, error.to_string(), error).hint(
                    Hint::from("nothing was changed; run ")
                        .command(get_parameter(parameter))
                        .text(" to see the parameter"),
                )
            }
            OperationError::ParameterNotDeleted { parameter, file: _, source } => {
                let mut failure = Self::from(source).during(Operation::DeleteParameter);
                failure.sentence = format!("{error}: {}", failure.sentence);
                failure.only_hint(delete_parameter(parameter))
            }
            OperationError::ParameterTag { .. } => {
                Self::new(ExitStatus::NotAccepted, chain(error), error)
                    .hint(Hint::run(ShellCommand::keypair("tag")).text(" to change the tag"))
            }
            OperationError::NotStored { name, kept, cause, source: _ } => {
                Self::of_pair_not_stored(name, kept, cause, error)
            }
            OperationError::Store(source) => Self::of_store(source),
            OperationError::Password(source) => Self::of_password(source),
            OperationError::Registry(source) => source.into(),
            OperationError::Name(source) => {
                Self::new(ExitStatus::NotAccepted, format!("invalid key name: {source}"), error)
            }
            OperationError::CannotRun { source, .. } => {
                let status = if source.kind() == ErrorKind::NotFound { 127 } else { 126 };
                Self::new(ExitStatus::OfCommand(status), chain(error), error)
            }
            OperationError::AgentServer(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::Signals(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::Signalled { signal } => {
                let status = ExitStatus::OfCommand(signal.saturating_add(128));
                Self::new(status, error.to_string(), error)
            }
            OperationError::StillRegistered { name, source } => {
                let mut failure = Self::from(&**source);
                failure.sentence = format!("`{name}` is still registered: {}", failure.sentence);
                failure.only_hint(Hint::run(delete(name)).text(" to delete it"))
            }
            OperationError::SameFile { .. } => {
                Self::new(ExitStatus::Usage, error.to_string(), error)
                    .hint("pass different files to `--out` and `--public-out`")
            }
            OperationError::UsageUnknown { by, source } => {
                Self::from(source).during(Operation::of_user(*by))
            }
            OperationError::UnsafeFileName { .. } => {
                Self::new(ExitStatus::NotAccepted, error.to_string(), error)
                    .hint("pass `--out PATH`")
            }
        }
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        Self::from(&error)
    }
}

fn quoted(list: &[impl fmt::Display]) -> String {
    list.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}

fn get_parameter(name: &ParameterName) -> ShellCommand {
    ShellCommand::keypair("get-parameter").option("--name", name.as_str())
}

/// Advises to delete a parameter.
pub fn delete_parameter(name: &ParameterName) -> Hint {
    let command = ShellCommand::new("aws").word("ssm").word("delete-parameter");
    Hint::run(command.option("--name", name.as_str())).text(" to delete it")
}

/// Describes the location of a private key.
fn place(path: Option<&Path>, in_agent: bool) -> Option<String> {
    match (path, in_agent) {
        (Some(path), false) => Some(path.display().to_string()),
        (Some(path), true) => Some(format!("{} and the ssh-agent", path.display())),
        (None, true) => Some("the ssh-agent".to_owned()),
        (None, false) => None,
    }
}

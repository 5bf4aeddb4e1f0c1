//! Failures of a registry.

use std::fmt;
use std::path::Path;

use super::credentials::{CREDENTIALS, credential_settings, log_in, log_in_again, token_file};
use super::{ExitStatus, Failure, Hint, chain, delete, describe, unanswered};
use crate::cli::regions::NOT_ENABLED;
use crate::cli::shell::{self, ShellCommand};
use crate::file::FileError;
use crate::local::SIDECAR_SUFFIXES;
use crate::registry::{
    CredentialFault, CredentialSource, DryRunChange, Instance, KeyName, RegistryError,
};

impl From<&RegistryError> for Failure {
    fn from(error: &RegistryError) -> Self {
        let answer = |status, code, message: &str| Self::refused(status, code, message, error);
        let unusable = || Self::new(ExitStatus::Configuration, chain(error), error);
        let another =
            "to use another file, pass `--registry-file PATH` or set KEYPAIR_REGISTRY_FILE";
        match error {
            RegistryError::Busy { .. } => Self::new(ExitStatus::Refused, chain(error), error)
                .hint("try again; another process is using it"),
            RegistryError::Damaged { .. } => unusable()
                .hint(
                    Hint::run(ShellCommand::keypair("doctor"))
                        .text(" to see the damage and how to save the rest"),
                )
                .hint("restore the file from a copy")
                .hint(another),
            RegistryError::DeletionIncomplete { source, .. } => Self::from(&**source),
            RegistryError::Duplicate { name } => answer(
                ExitStatus::Exists,
                "InvalidKeyPair.Duplicate",
                &format!("The keypair '{name}' already exists."),
            )
            .hint(taken()),
            RegistryError::IdsNotFound { ids } => {
                answer(ExitStatus::NotFound, "InvalidKeyPair.NotFound", &missing("ID ", ids))
                    .hint(list())
            }
            RegistryError::NamesNotFound { names } => {
                answer(ExitStatus::NotFound, "InvalidKeyPair.NotFound", &missing("", names))
                    .hint(list())
            }
            RegistryError::InstanceNotFound { reference } => answer(
                ExitStatus::NotFound,
                "InvalidInstanceID.NotFound",
                &format!("The instance ID '{reference}' does not exist"),
            )
            .hint(OF_INSTANCE),
            RegistryError::InstanceAmbiguous { instances, .. } => {
                let sentence = format!("{error}: {}", listed(instances));
                Self::new(ExitStatus::NotAccepted, sentence, error).hint("pass the ID of one of them")
            }
            RegistryError::Credentials { profile, .. } => {
                let place = profile.as_ref().map(|profile| format!(" of the profile `{profile}`"));
                let place = place.unwrap_or_default();
                let sentence = format!("Unable to locate credentials{place}");
                Self::new(ExitStatus::Configuration, sentence, error)
                    .coded("NoCredentials")
                    .hint(CREDENTIALS)
            }
            RegistryError::CredentialSource { from, is_malformed, is_refused, source } => {
                Self::of_credential_source(from, *is_malformed, *is_refused, source, unusable())
            }
            RegistryError::ExpiredCredentials { from, .. } => match from {
                CredentialSource::Environment => unusable().hint(
                    "set new values for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN \
                     and AWS_CREDENTIAL_EXPIRATION",
                ),
                CredentialSource::Sso { profile } => unusable().hint(log_in(profile)),
                CredentialSource::Login { profile } => unusable().hint(log_in_again(profile)),
                _ => unusable().hint("renew them, and check the clock of this machine"),
            },
            RegistryError::CredentialSettings(fault) => {
                let failure = match credential_settings(fault) {
                    Some(hint) => unusable().hint(hint),
                    None => unusable(),
                };
                match &**fault {
                    CredentialFault::InvalidValue { name, .. } if name.starts_with(DURATION) => {
                        failure.for_aws(ExitStatus::Usage)
                    }
                    _ => failure,
                }
            }
            RegistryError::InvalidSetting { .. } => unusable(),
            RegistryError::SettingsFile(_) => {
                unusable().hint("to use other files, set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
            }
            RegistryError::TokenFile { origin, .. } => unusable().hint(token_file(origin)),
            RegistryError::CertificateAuthorities { .. } => {
                unusable().hint("pass a PEM file with `--ca-bundle PATH` or AWS_CA_BUNDLE")
            }
            RegistryError::Regions { failures, registered } => {
                let Some((first, others)) = failures.split_first() else { return unusable() };
                let others: Vec<_> =
                    others.iter().map(|failure| failure.location.to_string()).collect();
                let mut failure =
                    Self::from(&first.error).in_regions(&first.location, &others);
                if failure.aws_code().is_some_and(|code| NOT_ENABLED.contains(&code)) {
                    let region = &first.location;
                    failure = failure.hint(format!("{region} may not be enabled for the account"));
                }
                for pair in registered {
                    let place = pair.location.as_ref().map(ToString::to_string).unwrap_or_default();
                    failure = failure
                        .hint(format!("`{}` ({}) is registered in {place}", pair.name, pair.id));
                }
                failure
            }
            RegistryError::UsageUnsupported => {
                let sentence = "cannot find unused pairs in a local registry";
                Self::new(ExitStatus::Usage, sentence, error)
                    .hint("pass `--registry ec2` with `--unused`")
            }
            RegistryError::StoreUnsupported => Self::new(ExitStatus::Usage, chain(error), error)
                .hint("pass `--registry ec2`"),
            RegistryError::GenerateUnsupported => Self::new(ExitStatus::Usage, chain(error), error)
                .hint("pass `--generate here` to make it on this machine"),
            RegistryError::NoProfile { origin, .. } => unusable().hint(
                Hint::run(ShellCommand::new("aws").word("configure").word("list-profiles"))
                    .text(format!(" to list the profiles, and correct {origin}")),
            ),
            RegistryError::NoRegion => {
                let sentence = "You must specify a region.";
                Self::new(ExitStatus::Configuration, sentence, error)
                    .coded("NoRegion")
                    .hint(REGION)
            }
            RegistryError::DeletedOther { .. } => {
                Self::new(ExitStatus::Refused, chain(error), error)
                    .hint(Hint::run(ShellCommand::keypair("describe")).text(" to check"))
            }
            RegistryError::NotDeleted { name, .. }
            | RegistryError::OtherRegistered { name, .. } => {
                Self::new(ExitStatus::Refused, chain(error), error).hint(describe(name))
            }
            RegistryError::DryRunIgnored { change } => {
                Self::of_ignored_dry_run(change.as_ref(), error)
            }
            RegistryError::ExpiryNotKept => {
                let sentence = format!("{error}, so the key pair was deleted again");
                Self::new(ExitStatus::Refused, sentence, error)
                    .hint("without this tag, `prune` would never find the key pair")
            }
            RegistryError::Mismatched { .. }
            | RegistryError::OutcomeUnknown(_)
            | RegistryError::Unreadable(_) => Self::new(ExitStatus::Refused, chain(error), error),
            RegistryError::Unreachable(_) => Self::new(ExitStatus::Refused, chain(error), error)
                .hint("pass `--debug` for details; check `--endpoint-url` and the proxy variables"),
            RegistryError::Untrusted { .. } => Self::new(ExitStatus::Refused, chain(error), error)
                .hint(
                    "pass the PEM file of its certificate authority with `--ca-bundle PATH` or \
                     AWS_CA_BUNDLE",
                ),
            RegistryError::Refused { code, message, retries } => {
                Self::of_refusal(code, message, *retries, error)
            }
            RegistryError::NewerSchema { .. } => unusable()
                .hint("update keypair: a newer version wrote the file")
                .hint(another),
            RegistryError::NotARegistry { .. } => unusable().hint(another),
            RegistryError::Settings(_) => {
                unusable().hint("check the AWS_… variables and options for empty or malformed values")
            }
            RegistryError::Unusable { source, .. } => match source.downcast_ref() {
                Some(FileError::Foreign { .. } | FileError::SharedHardLinks { .. }) => unusable()
                    .hint("another user may have planted it; use a directory only you can write to")
                    .hint(another),
                Some(FileError::HardLinks { path, .. }) => {
                    let [copy, replace] = shell::separate(path);
                    unusable()
                        .hint("a change under one name can be lost under the other")
                        .hint(
                            Hint::from("under the name that keypair used last, run ")
                                .command(copy)
                                .text(" and ")
                                .command(replace)
                                .text(" to separate them"),
                        )
                        .hint(another)
                }
                Some(FileError::NotAFile { path, found })
                    if is_sidecar(path) && *found != "a directory" =>
                {
                    unusable().hint(Hint::run(shell::remove(path)).text(" to remove it")).hint(another)
                }
                Some(FileError::NotAFile { .. } | FileError::NoName { .. }) => {
                    unusable().hint(another)
                }
                Some(_) => unusable(),
                // An error of SQLite.
                None => unusable()
                    .hint("check the disk, or restore the file from a copy")
                    .hint(another),
            },
            RegistryError::Tag(source) => Self::of_tag(source),
            RegistryError::FilterTooLong { .. } => {
                Self::new(ExitStatus::Usage, chain(error), error).hint("shorten `--filters`")
            }
            RegistryError::TooManyFilterValues { .. } => answer(
                ExitStatus::Refused,
                "FilterLimitExceeded",
                "The maximum number of filter values specified on a single call is 200",
            ),
            RegistryError::CallbackFailed(source) => Self::new(
                unanswered(source),
                format!("nothing was registered: {}", chain(error)),
                error,
            ),
            RegistryError::UnknownFilter { name } => answer(
                ExitStatus::Refused,
                "InvalidParameterValue",
                &format!("The filter '{name}' is invalid"),
            )
            .hint("the filters are key-name, key-pair-id, fingerprint, tag-key and tag:KEY"),
        }
    }
}

impl Failure {
    /// Describes the change that a server made in a dry run.
    fn of_ignored_dry_run(change: Option<&DryRunChange>, error: &RegistryError) -> Self {
        let failure =
            |change: String| Self::new(ExitStatus::Refused, format!("{error}: {change}"), error);
        // By name: the ID in the response may belong to another pair.
        let deletion = |name: &KeyName| Hint::run(delete(name)).text(" to delete it");
        match change {
            None => failure("nothing was changed".to_owned())
                .hint("this server does not support dry runs"),
            Some(DryRunChange::Created(name)) => {
                failure(format!("`{name}` was created, and its private key is lost"))
                    .hint(deletion(name))
            }
            Some(DryRunChange::Deleted(pair)) => failure(format!("`{pair}` was deleted")).hint(
                Hint::run(ShellCommand::keypair("import")).text(" to register its key again"),
            ),
            Some(DryRunChange::Tagged(ids)) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                failure(format!("the tags of {} were changed", ids.join(", ")))
                    .hint(Hint::run(ShellCommand::keypair("describe")).text(" to check"))
            }
            Some(DryRunChange::Registered(name)) => {
                failure(format!("`{name}` was registered")).hint(deletion(name))
            }
        }
    }

    /// Words an error response as the AWS CLI does. The common codes have their own exit status.
    fn of_refusal(code: &str, message: &str, retries: u32, error: &RegistryError) -> Self {
        let status = match code {
            "EC2InstanceNotFoundException"
            | "InvalidInstanceID.NotFound"
            | "InvalidKeyPair.NotFound" => ExitStatus::NotFound,
            "InvalidKeyPair.Duplicate" => ExitStatus::Exists,
            "ParameterNotFound" | "ParameterVersionNotFound" => ExitStatus::NotFound,
            "InvalidKey.Format" | "InvalidKeyPair.Format" => ExitStatus::NotAccepted,
            _ => ExitStatus::Refused,
        };
        let mut failure = Self::refused(status, code, message, error);
        if let Some(refusal) = &mut failure.refusal {
            refusal.retries = retries;
        }
        match status {
            ExitStatus::NotFound if code.starts_with("Parameter") => {
                failure.hint("CloudFormation stores only the private keys of pairs that EC2 made")
            }
            ExitStatus::NotFound if code.contains("Instance") => failure.hint(OF_INSTANCE),
            ExitStatus::NotFound => failure.hint(list()),
            ExitStatus::Exists => failure.hint(taken()),
            _ => failure,
        }
    }
}

/// Lists instances in a sentence.
fn listed(instances: &[Instance]) -> String {
    let one = |Instance { id, state, addresses, .. }: &Instance| {
        let address = addresses.public_ipv4.or(addresses.private_ipv4);
        let address = address.map(|address| format!(", {address}")).unwrap_or_default();
        format!("{id} ({}{address})", state.name())
    };
    let shown: Vec<_> = instances.iter().take(MAX_LISTED).map(one).collect();
    match instances.len().saturating_sub(MAX_LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

const MAX_LISTED: usize = 20;

/// An unknown instance may be in another region, or may have another name.
const OF_INSTANCE: &str = "an instance is found by its ID or by the value of its Name tag, in one region; \
                           pass `--region REGION` to look in another";

pub(super) const REGION: &str = "pass `--region REGION`, set AWS_REGION or run `aws configure`";

/// Returns whether SQLite keeps the file next to a registry.
fn is_sidecar(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    SIDECAR_SUFFIXES.iter().any(|suffix| bytes.ends_with(suffix.as_bytes()))
}

/// Advises to list the registered pairs.
fn list() -> Hint {
    Hint::run(ShellCommand::keypair("describe")).text(" to list the registered pairs")
}

/// Advises how to resolve a name conflict.
fn taken() -> Hint {
    Hint::from("choose another name, or run ")
        .command(ShellCommand::keypair("describe"))
        .text(" to list the registered pairs")
}

/// The AWS CLI validates the parameters of a role with its request.
const DURATION: &str = "duration_seconds ";

fn missing(kind: &str, references: &[impl fmt::Display]) -> String {
    let list: Vec<_> = references.iter().map(ToString::to_string).collect();
    match &list[..] {
        [one] => format!("The key pair {kind}'{one}' does not exist"),
        _ => format!("The key pairs {kind}'{}' do not exist", list.join(", ")),
    }
}

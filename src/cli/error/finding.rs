//! Wording of the findings of `doctor`, with their remedies.

use std::io::ErrorKind;
use std::path::Path;

#[cfg(feature = "ec2")]
use super::credentials::{CREDENTIALS, credential_settings, token_file};
use super::registry::REGION;
use super::{Failure, Hint, Operation, chain, delete};
use crate::cli::settings::RegistryOptions;
use crate::cli::shell::{self, ShellCommand};
#[cfg(feature = "ec2")]
use crate::ec2::{ConfigurationFault, InvalidValue};
use crate::file::{FileError, FileInfo, ProcessState, StaleDirectory};
use crate::local;
use crate::operations::doctor::{FileRole, Finding, Level};
#[cfg(feature = "ec2")]
use crate::profile::ProfileFileError;
use crate::registry::{DamageError, Fault, RegistryError, Weakness};

/// A finding in words.
#[derive(Debug)]
pub struct Notice {
    pub level: Level,
    /// For programs: `ExposedPrivateKey`.
    pub code: &'static str,
    /// A path, or the name of a pair.
    pub subject: String,
    pub sentence: String,
    /// A command, or text with commands.
    pub remedy: String,
}

impl Notice {
    /// Words a finding. `registry` is the file of the local registry, if it is in use.
    pub fn of(finding: &Finding, registry: Option<&Path>, options: &RegistryOptions) -> Self {
        let (subject, sentence, remedy) = match finding {
            #[cfg(feature = "ec2")]
            Finding::Configuration(fault) => of_configuration(fault),
            Finding::Exposed { path, role, facts } => (
                text_of(path),
                format!(
                    "others can {} {} ({})",
                    describe_access(*facts),
                    describe_role(*role),
                    facts.permissions()
                ),
                match role {
                    FileRole::PrivateKey => shell::allow_owner_to_read(path).into(),
                    _ => shell::allow_owner_only(path).into(),
                },
            ),
            Finding::EmbeddedKey { path, facts } => (
                text_of(path),
                match facts.is_readable_by_others() {
                    true => format!(
                        "this file contains a private key, and others can read it ({})",
                        facts.permissions()
                    ),
                    false => "this file contains a private key".into(),
                },
                Hint::from("keep the key in a file of its own, or run ")
                    .command(shell::allow_owner_only(path)),
            ),
            Finding::DirectoryOpen { path, facts } => (
                text_of(path),
                format!(
                    "other users can replace the registry in this directory ({})",
                    facts.permissions()
                ),
                shell::protect_directory(path).into(),
            ),
            Finding::Foreign { path, role: FileRole::Directory, facts, .. } => (
                text_of(path),
                format!(
                    "this directory above the registry belongs to the user {}, who can replace the \
                     registry",
                    facts.owner
                ),
                ELSEWHERE.into(),
            ),
            Finding::Foreign { path, role, facts, is_in_shared_directory } => (
                text_of(path),
                format!("{} belongs to the user {}", describe_role(*role), facts.owner),
                match is_in_shared_directory {
                    // Until the command runs, the owner can put a link there.
                    true => {
                        "another user may have planted it; use a directory only you can write to"
                            .into()
                    }
                    false => Hint::from("use it only if you know where it comes from; then run ")
                        .command(shell::take_ownership(path)),
                },
            ),
            Finding::JournalLink(path) => (
                text_of(path),
                "the registry's journal is a symbolic link".into(),
                shell::remove(path).into(),
            ),
            Finding::Link { path, target, is_whole: true } => (
                text_of(path),
                format!("the registry is a symbolic link to {}", target.display()),
                "no action needed if this is intended".into(),
            ),
            Finding::Link { path, target, is_whole: false } => (
                text_of(path),
                format!(
                    "the registry is a symbolic link to {}, which does not exist",
                    target.display()
                ),
                shell::remove(path).into(),
            ),
            Finding::StaleFile(path) => (
                text_of(path),
                "stale temporary file of a killed command; it may contain a private key".into(),
                Hint::run(ShellCommand::keypair("verify").path(path))
                    .text(" to find its pair, ")
                    .command(shell::remove(path))
                    .text(" to delete it"),
            ),
            Finding::StaleDirectory { directory: folder, is_prunable, has_key } => {
                of_stale_directory(folder, *is_prunable, *has_key)
            }
            Finding::More { code, count, .. } => (
                (*code).into(),
                format!("{count} more of this kind"),
                "fix the listed ones to see the rest".into(),
            ),
            Finding::NotAFile { path, found } => (
                text_of(path),
                format!("skipped: this is {found}"),
                "pass files or directories".into(),
            ),
            Finding::NotChecked { source, .. } => of_file(source),
            Finding::Registry(fault) => of_fault(fault, registry),
            Finding::Ec2Failed(error) => of_refusal(
                "EC2",
                error,
                Hint::run(ShellCommand::new("keypair").syntax("describe --registry ec2 --debug"))
                    .text(" for details"),
            ),
            Finding::Unusable(error) => {
                of_refusal("registry", error, "check its permissions and the disk".into())
            }
        };
        let remedy = remedy.in_registry(options).to_string();
        Self { level: finding.level(), code: finding.code(), subject, sentence, remedy }
    }
}

/// Subject, sentence and remedy.
type Wording = (String, String, Hint);

const ELSEWHERE: &str =
    "to use a file elsewhere, pass `--registry-file PATH` or set KEYPAIR_REGISTRY_FILE";

fn of_stale_directory(folder: &StaleDirectory, is_prunable: bool, has_key: bool) -> Wording {
    let key = if has_key { ", with a private key" } else { "" };
    let sentence = format!("stale directory of a killed `keypair exec`{key}");
    let (sentence, remedy) = match folder.user() {
        _ if is_prunable => (sentence, prune()),
        ProcessState::Running => (
            format!("{sentence}; its command still runs"),
            Hint::run(ShellCommand::keypair("prune").word("--delete"))
                .text(" after the command ends to delete it"),
        ),
        // `prune` cannot see the command either.
        ProcessState::Unknown | ProcessState::Ended => (
            sentence,
            Hint::from("if its command has ended, run ")
                .command(shell::remove_directory(folder.path())),
        ),
    };
    (text_of(folder.path()), sentence, remedy)
}

/// Advises to delete expired pairs.
fn prune() -> Hint {
    Hint::run(ShellCommand::keypair("prune").word("--delete")).text(" to delete it")
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}

fn describe_access(facts: FileInfo) -> &'static str {
    match (facts.is_readable_by_others(), facts.is_writable_by_others()) {
        (_, false) => "read",
        (false, true) => "write to",
        (true, true) => "read and write to",
    }
}

fn describe_role(role: FileRole) -> &'static str {
    match role {
        FileRole::Credentials => "this file with AWS credentials",
        FileRole::Directory => "this folder",
        FileRole::Journal => "the registry's journal",
        FileRole::PrivateKey => "this private key",
        FileRole::Registry => "the registry",
    }
}

fn of_file(error: &FileError) -> Wording {
    let elsewhere = || Hint::from("pass an existing file or directory");
    match error {
        FileError::Io { path, source, .. } => {
            let remedy = match source.kind() {
                ErrorKind::NotFound => elsewhere(),
                ErrorKind::PermissionDenied => {
                    Hint::run(shell::allow_reading(path)).text(" as its owner")
                }
                _ => "check the file system".into(),
            };
            let cause = source.to_string();
            let cause = cause.split(" (os error").next().unwrap_or_default();
            (text_of(path), format!("cannot read this: {cause}"), remedy)
        }
        FileError::MissingDirectory { path: folder } => {
            (text_of(folder), "cannot read this: it does not exist".into(), elsewhere())
        }
        FileError::TooLarge { path, limit } => (
            text_of(path),
            format!("cannot read this: it is larger than {limit} bytes"),
            "pass a smaller file".into(),
        ),
        error => ("file".into(), chain(error), elsewhere()),
    }
}

fn of_fault(fault: &Fault, registry: Option<&Path>) -> Wording {
    let path = registry.unwrap_or(Path::new("registry"));
    let sqlite = |statements: &str| shell::sqlite(path).operand(statements);
    match fault {
        Fault::Interrupted => (
            text_of(path),
            "a change to the registry was interrupted; the rest was not checked".into(),
            Hint::run(ShellCommand::keypair("describe")).text(" to undo it, then check again"),
        ),
        Fault::Damaged(damage) => {
            (text_of(path), format!("the registry is damaged: {damage}"), repair(damage, path))
        }
        Fault::Expired { name, expiry } => {
            (name.to_string(), format!("this pair expired at {expiry}"), prune())
        }
        Fault::InvalidEntry { row, name, source } => {
            let statements = "PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE row = ";
            (
                if name.is_empty() { format!("row {row}") } else { name.clone() },
                format!("invalid registry entry: {}", chain(source)),
                Hint::run(sqlite(&format!("{statements}{row}")))
                    .text(" to delete it, ")
                    .command(ShellCommand::keypair("import").word("NAME").word("FILE"))
                    .text(" to register it again"),
            )
        }
        Fault::ModuliSkipped { count } => (
            text_of(path),
            format!("skipped the moduli of {count} more RSA keys"),
            Hint::run(ShellCommand::keypair("fingerprint").word("FILE"))
                .text(" to check the key in a file"),
        ),
        Fault::Orphans { count } => (
            text_of(path),
            format!("{count} tags in the registry do not belong to a key pair"),
            sqlite("DELETE FROM tag WHERE key_pair NOT IN (SELECT row FROM key_pair)").into(),
        ),
        Fault::Weak { name, weakness } => (
            name.to_string(),
            of_weakness(*weakness),
            Hint::run(ShellCommand::keypair("create").word("NEW"))
                .text(" to make another, ")
                .command(delete(name))
                .text(" to delete this one"),
        ),
    }
}

/// Advises how to repair a registry, or to save its readable part.
fn repair(damage: &DamageError, path: &Path) -> Hint {
    let drop = |kind: &str, name: &str| {
        let name = name.replace('"', "\"\"");
        Hint::run(shell::sqlite(path).operand(format!("DROP {kind} \"{name}\"")))
    };
    match damage {
        // SQLite reads nothing of such a file.
        DamageError::Emptied | DamageError::SchemaFormat => "restore a copy".into(),
        DamageError::ForeignKey { table } => {
            drop("TABLE", table).text(" to delete it; its rows refer to key pairs")
        }
        DamageError::UnexpectedObject { kind, name } => {
            drop(kind.sql(), name).text(" to delete it")
        }
        // Some systems build the program without `.recover`.
        _ => Hint::from("restore a copy, or run ")
            .command(
                shell::sqlite(path)
                    .operand(".clone NEW")
                    .operand(".open NEW")
                    .operand(local::mark_statements()),
            )
            .text(" to save the readable part, and ")
            .command(ShellCommand::new("keypair").word("doctor").option("--registry-file", "NEW"))
            .text(" to check it"),
    }
}

/// Describes a weakness.
pub fn of_weakness(weakness: Weakness) -> String {
    match weakness {
        Weakness::Short { bits } => {
            let fewest = Weakness::MIN_RSA_BITS;
            format!("weak RSA key: {bits} bits, fewer than {fewest}")
        }
        Weakness::Exponent { bits } => {
            format!("weak RSA key: public exponent of {bits} bits; FIPS 186-5 allows 17 to 256")
        }
        Weakness::ExponentRefused { bits } => format!(
            "unusable RSA key: OpenSSH refuses a public exponent of {bits} bits with this modulus"
        ),
        Weakness::Modulus(flaw) => flaw.to_string(),
    }
}

/// Uses the wording of the same failure in a command.
fn of_refusal(subject: &str, error: &RegistryError, otherwise: Hint) -> Wording {
    let failure = Failure::from(error).during(Operation::DescribeKeyPairs);
    let sentence = failure.sentence();
    let remedy = failure.hints.into_iter().reduce(Hint::and).unwrap_or(otherwise);
    (subject.to_owned(), sentence, remedy)
}

#[cfg(feature = "ec2")]
fn of_configuration(fault: &ConfigurationFault) -> Wording {
    let aws = || "AWS".to_owned();
    match fault {
        ConfigurationFault::Credentials(fault) => (
            aws(),
            fault.to_string(),
            credential_settings(fault).unwrap_or_else(|| "correct this setting".into()),
        ),
        ConfigurationFault::InvalidToken { origin, .. } => {
            (aws(), fault.to_string(), token_file(origin))
        }
        ConfigurationFault::NoCredentials { may_be_of_instance } => {
            let role = ShellCommand::keypair("doctor").word("--online");
            match may_be_of_instance {
                true => (
                    aws(),
                    "no credentials found; this machine may have a role".into(),
                    Hint::from(CREDENTIALS).and(Hint::run(role).text(" to check for a role")),
                ),
                false => (aws(), fault.to_string(), CREDENTIALS.into()),
            }
        }
        ConfigurationFault::NoProfile { name } => (
            aws(),
            fault.to_string(),
            Hint::from("run `aws configure list-profiles` to list the profiles, ")
                .command(configure(name))
                .text(" to make it"),
        ),
        ConfigurationFault::Value(InvalidValue { name, expected, .. }) => {
            (aws(), fault.to_string(), format!("set {name} to {expected}").into())
        }
        ConfigurationFault::NoRegion => (aws(), fault.to_string(), REGION.into()),
        ConfigurationFault::ProfileFile(error) => match &**error {
            ProfileFileError::File(error) => of_file(error),
            ProfileFileError::Syntax { path, line, fault } => (
                text_of(path),
                format!("cannot parse line {line} of this file: {fault}"),
                format!("correct line {line}").into(),
            ),
        },
    }
}

#[cfg(feature = "ec2")]
fn configure(profile: &str) -> ShellCommand {
    ShellCommand::new("aws").word("configure").option("--profile", profile)
}

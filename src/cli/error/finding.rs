//! What to say of what `doctor` finds, and what can be done about it.

use std::io::ErrorKind;
use std::path::Path;

#[cfg(feature = "ec2")]
use super::registry::{CREDENTIALS, REGION};
use super::{Failure, Hint, Operation, chain, delete};
use crate::cli::settings::RegistryOptions;
use crate::cli::shell::{self, ShellCommand};
#[cfg(feature = "ec2")]
use crate::ec2::{ConfigurationFault, Source};
use crate::file::{FileError, FileInfo};
use crate::operations::doctor::{FileRole, Finding, Level};
use crate::registry::{Fault, RegistryError, Weakness};

/// A finding as a person reads it.
#[derive(Debug)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// The word for it.
    pub code: &'static str,
    /// What it is about: a path, a name, ….
    pub subject: String,
    /// What is the matter.
    pub sentence: String,
    /// What can be done: a command, or text with commands in it.
    pub remedy: String,
}

impl Notice {
    /// Returns what to say of a finding; `registry` is the file of the local registry, if that is meant,
    /// and `options` are those that lead to the registry.
    pub fn of(finding: &Finding, registry: Option<&Path>, options: &RegistryOptions) -> Self {
        let (subject, sentence, remedy) = match finding {
            #[cfg(feature = "ec2")]
            Finding::Configuration(fault) => of_configuration(fault),
            Finding::Exposed { path, role, facts } => (
                shown(path),
                format!(
                    "others can {} {} ({})",
                    deeds(*facts),
                    possession(*role),
                    facts.permissions()
                ),
                match role {
                    FileRole::PrivateKey => shell::leave_to_reader(path).into(),
                    _ => shell::leave_to_owner(path).into(),
                },
            ),
            Finding::DirectoryOpen { path, facts } => (
                shown(path),
                format!(
                    "others can put another file in the place of the registry here ({})",
                    facts.permissions()
                ),
                shell::close_folder(path).into(),
            ),
            Finding::Foreign { path, role: FileRole::Directory, facts } => (
                shown(path),
                format!(
                    "this folder above the registry belongs to the user {}, who can put another file in \
                     its place",
                    facts.owner
                ),
                ELSEWHERE.into(),
            ),
            Finding::Foreign { path, role, facts } => (
                shown(path),
                format!("{} belongs to the user {}", possession(*role), facts.owner),
                Hint::from("use it only if you know where it comes from; then run ")
                    .command(shell::take_over(path)),
            ),
            Finding::Link { path, target, is_whole: true } => (
                shown(path),
                format!("the registry is a symbolic link to {}", target.display()),
                "no action needed if this is intended".into(),
            ),
            Finding::Link { path, target, is_whole: false } => (
                shown(path),
                format!(
                    "the registry is a symbolic link to {}, which is not there",
                    target.display()
                ),
                shell::remove(path).into(),
            ),
            Finding::StaleFile(path) => (
                shown(path),
                "a killed command left this temporary file behind, which may be a private key"
                    .into(),
                Hint::run(ShellCommand::keypair("verify").path(path))
                    .text(" to find its pair, ")
                    .command(shell::remove(path))
                    .text(" to delete it"),
            ),
            Finding::StaleDirectory { directory: folder, is_prunable } => (
                shown(folder.path()),
                "a killed `keypair exec` left this folder with a private key behind".into(),
                match is_prunable {
                    true => prune(),
                    false => shell::remove_folder(folder.path()).into(),
                },
            ),
            Finding::More { code, count, .. } => (
                (*code).into(),
                format!("there are {count} more of this kind"),
                "fix the listed ones to see the rest".into(),
            ),
            Finding::NotAFile { path, found } => (
                shown(path),
                format!("this is {found}, and was not looked at"),
                "pass files or folders".into(),
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

/// What a finding is about, what is the matter, and what can be done.
type Said = (String, String, Hint);

const ELSEWHERE: &str =
    "to use a file elsewhere, pass `--registry-file PATH` or set KEYPAIR_REGISTRY_FILE";

/// Advises to remove what has expired.
fn prune() -> Hint {
    Hint::run(ShellCommand::keypair("prune").word("--delete")).text(" to delete it")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn deeds(facts: FileInfo) -> &'static str {
    match (facts.is_readable_by_others(), facts.is_writable_by_others()) {
        (_, false) => "read",
        (false, true) => "write to",
        (true, true) => "read and write to",
    }
}

fn possession(role: FileRole) -> &'static str {
    match role {
        FileRole::Credentials => "this file with AWS credentials",
        FileRole::Directory => "this folder",
        FileRole::Journal => "the registry's journal",
        FileRole::PrivateKey => "this private key",
        FileRole::Registry => "the registry",
    }
}

fn of_file(error: &FileError) -> Said {
    let elsewhere = || Hint::from("pass an existing file or folder");
    match error {
        FileError::Io { path, source, .. } => {
            let remedy = match source.kind() {
                ErrorKind::NotFound => elsewhere(),
                ErrorKind::PermissionDenied => {
                    Hint::run(shell::let_read(path)).text(" as its owner")
                }
                _ => "check the file system".into(),
            };
            let cause = source.to_string();
            let cause = cause.split(" (os error").next().unwrap_or_default();
            (shown(path), format!("this cannot be looked at: {cause}"), remedy)
        }
        FileError::MissingDirectory { path: folder } => {
            (shown(folder), "this cannot be looked at: it is not there".into(), elsewhere())
        }
        error => ("file".into(), chain(error), elsewhere()),
    }
}

fn of_fault(fault: &Fault, registry: Option<&Path>) -> Said {
    let path = registry.unwrap_or(Path::new("registry"));
    let sqlite = |statements: &str| ShellCommand::new("sqlite3").path(path).operand(statements);
    match fault {
        Fault::Interrupted => (
            shown(path),
            "a change to the registry was cut short, and the rest was not looked at".into(),
            Hint::run(ShellCommand::keypair("describe")).text(" to undo it, then check again"),
        ),
        Fault::Damaged { message } => (
            shown(path),
            format!("the registry is damaged: {message}"),
            Hint::from("restore a copy, or run ")
                .command(sqlite(".recover").pipe("| sqlite3 NEW"))
                .text(" to save the readable part"),
        ),
        Fault::Expired { name, expiry } => {
            (name.to_string(), format!("this pair expired at {expiry}"), prune())
        }
        Fault::InvalidEntry { row, name, source } => {
            let statements = "PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE row = ";
            (
                if name.is_empty() { format!("row {row}") } else { name.clone() },
                format!("the registry's entry of this pair cannot be used: {source}"),
                Hint::run(sqlite(&format!("{statements}{row}")))
                    .text(" to delete it, ")
                    .command(ShellCommand::keypair("import").word("NAME").word("FILE"))
                    .text(" to register it again"),
            )
        }
        Fault::ModuliSkipped { count } => (
            shown(path),
            format!("the moduli of {count} more RSA keys were not examined"),
            Hint::run(ShellCommand::keypair("fingerprint").word("FILE"))
                .text(" to examine the key in a file"),
        ),
        Fault::Orphans { count } => (
            shown(path),
            format!("{count} tags in the registry belong to no pair"),
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

/// Says why a key is weak.
pub fn of_weakness(weakness: Weakness) -> String {
    match weakness {
        Weakness::Short { bits } => {
            let fewest = Weakness::MIN_RSA_BITS;
            format!("this RSA key has {bits} bits, and fewer than {fewest} are weak")
        }
        Weakness::Exponent { bits } => {
            format!(
                "this RSA key has a public exponent of {bits} bits, and FIPS 186-5 has 17 to 256"
            )
        }
        Weakness::ExponentRefused { bits } => format!(
            "this RSA key has a public exponent of {bits} bits, and OpenSSH refuses it at this length of the \
             modulus"
        ),
        Weakness::Modulus(flaw) => flaw.to_string(),
    }
}

/// Says what the failure of a command would say.
fn of_refusal(subject: &str, error: &RegistryError, otherwise: Hint) -> Said {
    let failure = Failure::from(error).during(Operation::DescribeKeyPairs);
    let sentence = failure.sentence();
    let remedy = failure.hints.into_iter().reduce(Hint::and).unwrap_or(otherwise);
    (subject.to_owned(), sentence, remedy)
}

#[cfg(feature = "ec2")]
fn of_configuration(fault: &ConfigurationFault) -> Said {
    let aws = || "AWS".to_owned();
    match fault {
        ConfigurationFault::HalfAKey { place, found, missing } => (
            aws(),
            fault.to_string(),
            match place {
                Source::Profile { name, .. } => configure(name).into(),
                _ => format!("set {missing}, or unset {found}").into(),
            },
        ),
        ConfigurationFault::Malformed { path, message } => (
            shown(path),
            format!("the SDK cannot read this file: {message}"),
            "correct it, or delete it and run `aws configure`".into(),
        ),
        ConfigurationFault::NoCredentials { may_be_of_instance } => {
            let role = ShellCommand::keypair("doctor").word("--online");
            match may_be_of_instance {
                true => (
                    aws(),
                    "no credentials are found, unless this machine has a role".into(),
                    Hint::from(CREDENTIALS).and(Hint::run(role).text(" to check for a role")),
                ),
                false => (aws(), fault.to_string(), CREDENTIALS.into()),
            }
        }
        ConfigurationFault::NoProfile { name, needed_by } => (
            aws(),
            match needed_by {
                Some(other) => {
                    format!("the profile {other} needs the profile {name}, which is not there")
                }
                None => fault.to_string(),
            },
            Hint::from("run `aws configure list-profiles` to list the profiles, ")
                .command(configure(name))
                .text(" to make it"),
        ),
        ConfigurationFault::NoRegion => (aws(), fault.to_string(), REGION.into()),
        ConfigurationFault::Unreadable(error) => of_file(error),
    }
}

#[cfg(feature = "ec2")]
fn configure(profile: &str) -> ShellCommand {
    ShellCommand::new("aws").word("configure").option("--profile", profile)
}

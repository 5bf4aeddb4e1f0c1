//! What to say of what `doctor` finds, and what can be done about it.

use std::io::ErrorKind;
use std::path::Path;

use super::{Failure, chain};
use crate::cli::operation::Operation;
use crate::cli::shell::{self, quoted, quoted_path};
use crate::commands::doctor::{Content, Finding, Level};
#[cfg(feature = "ec2")]
use crate::ec2::{ConfigurationFault, Source};
use crate::file::{Facts, FileError};
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
    /// What can be done: a command, or a sentence with commands between backticks.
    pub remedy: String,
}

impl Notice {
    /// Returns what to say of a finding; `registry` is the file of the local registry, if that is meant.
    pub fn of(finding: &Finding, registry: Option<&Path>) -> Self {
        let [subject, sentence, remedy] = match finding {
            #[cfg(feature = "ec2")]
            Finding::Configuration(fault) => of_configuration(fault),
            Finding::Exposed { path, what, facts } => [
                shown(path),
                format!("others can {} {} ({})", deeds(*facts), possession(*what), facts.rights()),
                match what {
                    Content::PrivateKey => shell::leave_to_reader(path),
                    _ => shell::leave_to_owner(path),
                },
            ],
            Finding::FolderOpen { path, facts } => [
                shown(path),
                format!(
                    "others can put another file in the place of the registry here ({})",
                    facts.rights()
                ),
                shell::close_folder(path),
            ],
            Finding::Foreign { path, what: Content::Folder, facts } => [
                shown(path),
                format!(
                    "this folder above the registry belongs to the user {}, who can put another file in \
                     its place",
                    facts.owner
                ),
                ELSEWHERE.into(),
            ],
            Finding::Foreign { path, what, facts } => [
                shown(path),
                format!("{} belongs to the user {}", possession(*what), facts.owner),
                format!(
                    "use it only if you know how it came there; then `{}`",
                    shell::take_over(path)
                ),
            ],
            Finding::Link { path, target, is_whole: true } => [
                shown(path),
                format!("the registry is a symbolic link to {}", target.display()),
                "none is needed if that is meant".into(),
            ],
            Finding::Link { path, target, is_whole: false } => [
                shown(path),
                format!(
                    "the registry is a symbolic link to {}, which is not there",
                    target.display()
                ),
                shell::remove(path),
            ],
            Finding::LeftFile(path) => [
                shown(path),
                "a killed command left this temporary file behind, which may be a private key"
                    .into(),
                format!(
                    "`keypair verify {}` tells whose it is, `{}` removes it",
                    quoted_path(path),
                    shell::remove(path)
                ),
            ],
            Finding::LeftFolder { folder, is_expired } => [
                shown(folder.path()),
                "a killed `keypair exec` left this folder with a private key behind".into(),
                match is_expired {
                    true => "`keypair prune --delete` removes it".into(),
                    false => shell::remove_folder(folder.path()),
                },
            ],
            Finding::More { code, count, .. } => [
                (*code).into(),
                format!("there are {count} more of this kind"),
                "they come into view when others are remedied".into(),
            ],
            Finding::NotAFile { path, found } => [
                shown(path),
                format!("this is {found}, and was not looked at"),
                "name files and folders".into(),
            ],
            Finding::NotLookedAt { source, .. } => of_file(source),
            Finding::Registry(fault) => of_fault(fault, registry),
            Finding::Unanswered(error) => of_refusal(
                "EC2",
                error,
                "`keypair describe --debug` says more, with `--registry ec2`",
            ),
            Finding::Unusable(error) => {
                of_refusal("registry", error, "look at its permissions, and at the disk")
            }
        };
        Self { level: finding.level(), code: finding.code(), subject, sentence, remedy }
    }
}

const ELSEWHERE: &str = "`--registry-file PATH` or KEYPAIR_REGISTRY_FILE names a file elsewhere";

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn deeds(facts: Facts) -> &'static str {
    match (facts.is_readable_by_others(), facts.is_writable_by_others()) {
        (_, false) => "read",
        (false, true) => "write to",
        (true, true) => "read and write to",
    }
}

fn possession(what: Content) -> &'static str {
    match what {
        Content::Credentials => "this file with AWS credentials",
        Content::Folder => "this folder",
        Content::Journal => "the registry's journal",
        Content::PrivateKey => "this private key",
        Content::Registry => "the registry",
    }
}

fn of_file(error: &FileError) -> [String; 3] {
    let elsewhere = || "name a file or a folder that is there".to_owned();
    match error {
        FileError::Io { path, source, .. } => {
            let remedy = match source.kind() {
                ErrorKind::NotFound => elsewhere(),
                ErrorKind::PermissionDenied => {
                    format!("{}, as its owner", shell::let_read(path))
                }
                _ => "look at the file system".into(),
            };
            let cause = source.to_string();
            let cause = cause.split(" (os error").next().unwrap_or_default();
            [shown(path), format!("this cannot be looked at: {cause}"), remedy]
        }
        FileError::NoFolder { folder } => {
            [shown(folder), "this cannot be looked at: it is not there".into(), elsewhere()]
        }
        error => ["file".into(), chain(error), elsewhere()],
    }
}

fn of_fault(fault: &Fault, registry: Option<&Path>) -> [String; 3] {
    let path = registry.unwrap_or(Path::new("registry"));
    let sqlite = |statements: &str| format!("sqlite3 {} {}", quoted_path(path), quoted(statements));
    match fault {
        Fault::CutShort => [
            shown(path),
            "a change to the registry was cut short, and the rest was not looked at".into(),
            "`keypair describe` undoes it; then look again".into(),
        ],
        Fault::Damaged { message } => [
            shown(path),
            format!("the registry is damaged: {message}"),
            format!(
                "put a copy in its place, or save what can be read: `{} | sqlite3 NEW`",
                sqlite(".recover")
            ),
        ],
        Fault::Expired { name, expiry } => [
            name.to_string(),
            format!("this pair expired at {expiry}"),
            "`keypair prune --delete` removes it".into(),
        ],
        Fault::Illegible { row, name, source } => {
            let statements = "PRAGMA foreign_keys = 1; DELETE FROM key_pair WHERE row = ";
            [
                if name.is_empty() { format!("row {row}") } else { name.clone() },
                format!("the registry's entry of this pair cannot be used: {source}"),
                format!(
                    "`{}` removes it, `keypair import NAME FILE` registers it anew",
                    sqlite(&format!("{statements}{row}"))
                ),
            ]
        }
        Fault::Orphans { count } => [
            shown(path),
            format!("{count} tags in the registry belong to no pair"),
            sqlite("DELETE FROM tag WHERE key_pair NOT IN (SELECT row FROM key_pair)"),
        ],
        Fault::Weak { name, weakness } => [
            name.to_string(),
            match weakness {
                Weakness::Short { bits } => {
                    let fewest = Weakness::FEWEST_BITS;
                    format!("this RSA key has {bits} bits, and fewer than {fewest} are weak")
                }
                Weakness::Exponent { bits } => format!(
                    "this RSA key has a public exponent of {bits} bits, and FIPS 186-5 has 17 to 256"
                ),
            },
            format!(
                "`keypair create NEW` makes another, `keypair delete {}` removes this one",
                quoted(name.as_str())
            ),
        ],
    }
}

/// Says what the failure of a command would say.
fn of_refusal(subject: &str, error: &RegistryError, otherwise: &str) -> [String; 3] {
    let Failure { sentence, hints, .. } = Failure::of_registry(error, Operation::DescribeKeyPairs);
    let remedy = if hints.is_empty() { otherwise.to_owned() } else { hints.join("; ") };
    [subject.to_owned(), sentence, remedy]
}

#[cfg(feature = "ec2")]
fn of_configuration(fault: &ConfigurationFault) -> [String; 3] {
    let aws = || "AWS".to_owned();
    match fault {
        ConfigurationFault::HalfAKey { place, found, missing } => [
            aws(),
            fault.to_string(),
            match place {
                Source::Profile { name, .. } => {
                    format!("aws configure --profile {}", quoted(name))
                }
                _ => format!("set {missing}, or unset {found}"),
            },
        ],
        ConfigurationFault::Malformed { path, message } => [
            shown(path),
            format!("the SDK cannot read this file: {message}"),
            "correct it, or remove it and let `aws configure` write it".into(),
        ],
        ConfigurationFault::NoCredentials { may_be_of_instance } => {
            let given = "`aws configure`, `--profile NAME` or AWS_ACCESS_KEY_ID gives some";
            match may_be_of_instance {
                true => [
                    aws(),
                    "no credentials are found, unless this machine has a role".into(),
                    format!("{given}; `keypair doctor --online` tells of the role"),
                ],
                false => [aws(), fault.to_string(), given.into()],
            }
        }
        ConfigurationFault::NoProfile { name, needed_by } => [
            aws(),
            match needed_by {
                Some(other) => {
                    format!("the profile {other} needs the profile {name}, which is not there")
                }
                None => fault.to_string(),
            },
            format!(
                "`aws configure list-profiles` shows which there are, `aws configure --profile {}` makes it",
                quoted(name)
            ),
        ],
        ConfigurationFault::NoRegion => [
            aws(),
            fault.to_string(),
            "`--region REGION`, AWS_REGION or `aws configure` names one".into(),
        ],
        ConfigurationFault::Unreadable(error) => of_file(error),
    }
}

//! The findings of `doctor`.

use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(feature = "ec2")]
use crate::ec2::ConfigurationFault;
use crate::file::{FileError, FileInfo, StaleDirectory};
#[cfg(feature = "ec2")]
use crate::profile::ProfileFileError;
#[cfg(feature = "ec2")]
use crate::registry::CredentialFault;
use crate::registry::{Fault, RegistryError};

#[derive(Debug)]
pub enum Finding {
    #[cfg(feature = "ec2")]
    Configuration(ConfigurationFault),
    /// Other users can read or write the file.
    Exposed {
        path: PathBuf,
        role: FileRole,
        facts: FileInfo,
    },
    /// A configuration contains a private key.
    EmbeddedKey {
        path: PathBuf,
        facts: FileInfo,
    },
    /// Other users can replace the registry in this directory.
    DirectoryOpen {
        path: PathBuf,
        facts: FileInfo,
    },
    /// The file or directory belongs to another user.
    Foreign {
        path: PathBuf,
        role: FileRole,
        facts: FileInfo,
        /// True if other users can create files next to it.
        is_in_shared_directory: bool,
    },
    /// The journal of the registry is a symbolic link, and SQLite does not follow it.
    JournalLink(PathBuf),
    /// The registry file is a symbolic link.
    Link {
        path: PathBuf,
        target: PathBuf,
        /// True if the target exists.
        is_whole: bool,
    },
    /// A stale temporary file of a killed command.
    StaleFile(PathBuf),
    /// A stale directory of a killed `exec`.
    StaleDirectory {
        directory: StaleDirectory,
        /// True if `prune` deletes it.
        is_prunable: bool,
        has_key: bool,
    },
    /// Further findings with this code that are not in the list.
    More {
        code: &'static str,
        level: Level,
        count: u64,
    },
    /// The path is neither a file nor a directory.
    NotAFile {
        path: PathBuf,
        /// The kind of the file, in words.
        found: &'static str,
    },
    NotChecked {
        source: FileError,
        /// True if the user named the path.
        is_named: bool,
    },
    Registry(Fault),
    /// The request to EC2 failed.
    Ec2Failed(RegistryError),
    /// The registry could not be checked completely.
    Unusable(RegistryError),
}

/// The contents or purpose of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    Credentials,
    /// A parent directory of the registry.
    Directory,
    Journal,
    PrivateKey,
    Registry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The user should act.
    Attention,
    /// No action is needed.
    Remark,
}

impl Finding {
    pub fn level(&self) -> Level {
        match self {
            Self::EmbeddedKey { .. }
            | Self::Link { is_whole: true, .. }
            | Self::NotAFile { .. }
            | Self::NotChecked { is_named: false, .. }
            | Self::Registry(Fault::Expired { .. } | Fault::ModuliSkipped { .. }) => Level::Remark,
            #[cfg(feature = "ec2")]
            Self::Configuration(_) => Level::Attention,
            Self::More { level, .. } => *level,
            Self::Exposed { .. }
            | Self::DirectoryOpen { .. }
            | Self::Foreign { .. }
            | Self::JournalLink(_)
            | Self::Link { .. }
            | Self::StaleFile(_)
            | Self::StaleDirectory { .. }
            | Self::NotChecked { .. }
            | Self::Registry(_)
            | Self::Ec2Failed(_)
            | Self::Unusable(_) => Level::Attention,
        }
    }

    /// Returns the stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            #[cfg(feature = "ec2")]
            Self::Configuration(fault) => match fault {
                ConfigurationFault::Credentials(CredentialFault::Partial { .. }) => {
                    "IncompleteCredentials"
                }
                ConfigurationFault::Credentials(CredentialFault::NoSourceProfile { .. }) => {
                    "NoSuchProfile"
                }
                ConfigurationFault::Credentials(_) => "InvalidCredentialSettings",
                ConfigurationFault::NoCredentials { .. } => "NoCredentials",
                ConfigurationFault::NoProfile { .. } => "NoSuchProfile",
                ConfigurationFault::NoRegion => "NoRegion",
                ConfigurationFault::Value(_) => "InvalidSetting",
                ConfigurationFault::InvalidToken { .. } => "UnreadableAwsFile",
                ConfigurationFault::ProfileFile(error) => match **error {
                    ProfileFileError::File(_) => "UnreadableAwsFile",
                    ProfileFileError::Syntax { .. } => "MalformedAwsFile",
                },
            },
            Self::Exposed { role, .. } => match role {
                FileRole::Credentials => "ExposedCredentials",
                FileRole::PrivateKey => "ExposedPrivateKey",
                FileRole::Directory | FileRole::Journal | FileRole::Registry => "ExposedRegistry",
            },
            Self::EmbeddedKey { .. } => "EmbeddedPrivateKey",
            Self::DirectoryOpen { .. } => "ExposedRegistryFolder",
            Self::Foreign { role, .. } => match role {
                FileRole::Credentials => "ForeignCredentials",
                FileRole::Directory => "ForeignRegistryFolder",
                FileRole::PrivateKey => "ForeignPrivateKey",
                FileRole::Journal | FileRole::Registry => "ForeignRegistry",
            },
            Self::JournalLink(_) => "JournalLink",
            Self::Link { is_whole: true, .. } => "RegistryLink",
            Self::Link { .. } => "BrokenRegistryLink",
            Self::StaleFile(_) => "LeftFile",
            Self::StaleDirectory { .. } => "LeftFolder",
            Self::More { code, .. } => code,
            Self::NotAFile { .. } => "NotAFile",
            Self::NotChecked { .. } => "NotLookedAt",
            Self::Registry(fault) => match fault {
                Fault::Interrupted => "RegistryCutShort",
                Fault::Damaged(_) => "DamagedRegistry",
                Fault::Expired { .. } => "ExpiredKeyPair",
                Fault::InvalidEntry { .. } => "IllegibleKeyPair",
                Fault::ModuliSkipped { .. } => "ModuliSkipped",
                Fault::Orphans { .. } => "OrphanTags",
                Fault::Weak { .. } => "WeakKeyPair",
            },
            Self::Ec2Failed(_) => "Ec2Unanswered",
            Self::Unusable(_) => "UnusableRegistry",
        }
    }
}

/// Collects findings. Keeps a limited number with each code and counts the rest.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    counts: BTreeMap<&'static str, (Level, u64)>,
}

impl Findings {
    const MAX_PER_CODE: u64 = 1000;

    pub(super) fn push(&mut self, finding: Finding) {
        let (_, count) = self.counts.entry(finding.code()).or_insert((finding.level(), 0));
        *count += 1;
        if *count <= Self::MAX_PER_CODE {
            self.all.push(finding);
        }
    }

    /// Returns the findings in order, followed by the numbers of those that were not kept.
    pub(super) fn into_list(self) -> Vec<Finding> {
        let Self { mut all, counts } = self;
        let more = counts.into_iter().filter_map(|(code, (level, count))| {
            let count = count.checked_sub(Self::MAX_PER_CODE).filter(|&count| count > 0)?;
            Some(Finding::More { code, level, count })
        });
        all.extend(more);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{KeyName, Weakness};

    #[test]
    fn findings_beyond_limit_are_counted() {
        let mut findings = Findings::default();
        let weak = |number: u64| {
            let name = KeyName::registered(number.to_string());
            Finding::Registry(Fault::Weak { name, weakness: Weakness::Short { bits: 1024 } })
        };
        for number in 0..Findings::MAX_PER_CODE {
            findings.push(weak(number));
        }
        findings.push(Finding::StaleFile("x".into()));
        assert_eq!(Findings::default().into_list().len(), 0);
        for number in 0..5 {
            findings.push(weak(number));
        }
        let list = findings.into_list();
        assert_eq!(u64::try_from(list.len()).unwrap(), Findings::MAX_PER_CODE + 2);
        let more = list.last().unwrap();
        assert!(matches!(more, Finding::More { code: "WeakKeyPair", count: 5, .. }), "{more:?}");
        assert_eq!((more.code(), more.level()), ("WeakKeyPair", Level::Attention));
    }
}

//! What was found, as facts.

use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(feature = "ec2")]
use crate::ec2::ConfigurationFault;
use crate::file::{FileError, FileInfo, StaleDirectory};
use crate::registry::{Fault, RegistryError};

/// Something that is not as it should be, or that is worth knowing.
#[derive(Debug)]
pub enum Finding {
    /// What is wrong with the AWS configuration.
    #[cfg(feature = "ec2")]
    Configuration(ConfigurationFault),
    /// A file that others than its owner can read or write.
    Exposed {
        path: PathBuf,
        role: FileRole,
        /// Who may do what with it.
        facts: FileInfo,
    },
    /// A folder in which others can put another file in the place of the registry.
    FolderOpen {
        path: PathBuf,
        /// Who may do what with it.
        facts: FileInfo,
    },
    /// A file or a folder that is another user's.
    Foreign {
        path: PathBuf,
        role: FileRole,
        /// Whose it is.
        facts: FileInfo,
    },
    /// A symbolic link in the place of the registry file.
    Link {
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// Whether there is something there.
        is_whole: bool,
    },
    /// A temporary file that a killed command left behind.
    LeftFile(PathBuf),
    /// A folder that a killed `exec` left behind.
    LeftFolder {
        folder: StaleDirectory,
        /// Whether `prune` removes it: it has expired, or its command is gone.
        is_prunable: bool,
    },
    /// More findings like one that is in the list.
    More {
        /// The code of those that are.
        code: &'static str,
        /// Their level.
        level: Level,
        /// How many more.
        count: u64,
    },
    /// What is no file and no folder.
    NotAFile {
        path: PathBuf,
        /// What it is, in words.
        found: &'static str,
    },
    /// What could not be looked at.
    NotLookedAt {
        source: FileError,
        /// Whether the user had named it.
        is_named: bool,
    },
    /// What is wrong in the registry, or with a pair in it.
    Registry(Fault),
    /// EC2 was asked, and did not answer as it should.
    Unanswered(RegistryError),
    /// The registry could not be looked at, or only a part of it.
    Unusable(RegistryError),
}

/// What a file holds, or is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    Credentials,
    /// The folders that lead to the registry.
    Folder,
    Journal,
    PrivateKey,
    Registry,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something is to be done.
    Attention,
    /// It is worth knowing.
    Remark,
}

impl Finding {
    /// Returns how much it matters.
    pub fn level(&self) -> Level {
        match self {
            Self::Link { is_whole: true, .. }
            | Self::NotAFile { .. }
            | Self::NotLookedAt { is_named: false, .. }
            | Self::Registry(Fault::Expired { .. } | Fault::ModuliSkipped { .. }) => Level::Remark,
            #[cfg(feature = "ec2")]
            Self::Configuration(_) => Level::Attention,
            Self::More { level, .. } => *level,
            Self::Exposed { .. }
            | Self::FolderOpen { .. }
            | Self::Foreign { .. }
            | Self::Link { .. }
            | Self::LeftFile(_)
            | Self::LeftFolder { .. }
            | Self::NotLookedAt { .. }
            | Self::Registry(_)
            | Self::Unanswered(_)
            | Self::Unusable(_) => Level::Attention,
        }
    }

    /// Returns the word for it, by which programs tell findings apart.
    pub fn code(&self) -> &'static str {
        match self {
            #[cfg(feature = "ec2")]
            Self::Configuration(fault) => match fault {
                ConfigurationFault::HalfAKey { .. } => "IncompleteCredentials",
                ConfigurationFault::Malformed { .. } => "MalformedAwsFile",
                ConfigurationFault::NoCredentials { .. } => "NoCredentials",
                ConfigurationFault::NoProfile { .. } => "NoSuchProfile",
                ConfigurationFault::NoRegion => "NoRegion",
                ConfigurationFault::Unreadable(_) => "UnreadableAwsFile",
            },
            Self::Exposed { role, .. } => match role {
                FileRole::Credentials => "ExposedCredentials",
                FileRole::PrivateKey => "ExposedPrivateKey",
                FileRole::Folder | FileRole::Journal | FileRole::Registry => "ExposedRegistry",
            },
            Self::FolderOpen { .. } => "ExposedRegistryFolder",
            Self::Foreign { role, .. } => match role {
                FileRole::Credentials => "ForeignCredentials",
                FileRole::Folder => "ForeignRegistryFolder",
                FileRole::PrivateKey => "ForeignPrivateKey",
                FileRole::Journal | FileRole::Registry => "ForeignRegistry",
            },
            Self::Link { is_whole: true, .. } => "RegistryLink",
            Self::Link { .. } => "BrokenRegistryLink",
            Self::LeftFile(_) => "LeftFile",
            Self::LeftFolder { .. } => "LeftFolder",
            Self::More { code, .. } => code,
            Self::NotAFile { .. } => "NotAFile",
            Self::NotLookedAt { .. } => "NotLookedAt",
            Self::Registry(fault) => match fault {
                Fault::Interrupted => "RegistryCutShort",
                Fault::Damaged { .. } => "DamagedRegistry",
                Fault::Expired { .. } => "ExpiredKeyPair",
                Fault::InvalidEntry { .. } => "IllegibleKeyPair",
                Fault::ModuliSkipped { .. } => "ModuliSkipped",
                Fault::Orphans { .. } => "OrphanTags",
                Fault::Weak { .. } => "WeakKeyPair",
            },
            Self::Unanswered(_) => "Ec2Unanswered",
            Self::Unusable(_) => "UnusableRegistry",
        }
    }
}

/// The findings so far. Of each kind so many are kept that a person can read them, and the rest is
/// counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    counts: BTreeMap<&'static str, (Level, u64)>,
}

impl Findings {
    /// The most of a kind that are kept.
    const MAX_PER_CODE: u64 = 1000;

    pub(super) fn push(&mut self, finding: Finding) {
        let (_, count) = self.counts.entry(finding.code()).or_insert((finding.level(), 0));
        *count += 1;
        if *count <= Self::MAX_PER_CODE {
            self.all.push(finding);
        }
    }

    /// Returns the findings in their order, and behind them how many more there are of a kind.
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
    fn of_very_many_findings_some_are_kept_and_all_are_counted() {
        let mut findings = Findings::default();
        let weak = |number: u64| {
            let name = KeyName::registered(number.to_string());
            Finding::Registry(Fault::Weak { name, weakness: Weakness::Short { bits: 1024 } })
        };
        for number in 0..Findings::MAX_PER_CODE {
            findings.push(weak(number));
        }
        findings.push(Finding::LeftFile("x".into()));
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

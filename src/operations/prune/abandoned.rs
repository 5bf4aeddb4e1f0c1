//! Stale directories and pairs of killed `exec` commands.
//!
//! The directory is locked while the `exec` process runs. It records the process that uses it: first
//! `exec` itself, then the command, which may outlive a killed `exec`. A directory is stale once the
//! recorded process has ended.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use crate::file::{self, StaleDirectory};
use crate::fingerprint;
use crate::format::{self, openssh};
use crate::key::PublicKey;
use crate::registry::{
    CreateTime, CreatedBy, KeyName, KeyPair, KeyPairId, Registry, RegistryError,
};

/// The use of an `exec` directory, as it is recorded there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operations) enum Purpose {
    /// `exec` registers a pair with this name.
    Unconfirmed(KeyName),
    /// A command uses a registered pair.
    Registered(KeyPairId),
    /// A command uses a key that is not registered.
    Unregistered,
}

impl Purpose {
    /// An ID never starts with these.
    const NAME: &'static str = "name ";
    const NO_PAIR: &'static str = "no pair";

    fn parse(text: &str) -> Self {
        match text.strip_prefix(Self::NAME) {
            Some(name) => Self::Unconfirmed(KeyName::registered(name)),
            None if text == Self::NO_PAIR => Self::Unregistered,
            None => Self::Registered(KeyPairId::new(text)),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unconfirmed(name) => write!(formatter, "{}{name}", Self::NAME),
            Self::Registered(id) => write!(formatter, "{id}"),
            Self::Unregistered => formatter.write_str(Self::NO_PAIR),
        }
    }
}

/// The pair of a stale directory.
enum StalePair {
    Registered(KeyPairId),
    /// The pair with this name and key, if the request to register it was executed. Without a key,
    /// the request was not sent.
    Unconfirmed(KeyName, Option<PublicKey>),
    None,
}

impl StalePair {
    /// Returns the pair of a directory that no process uses any more.
    fn of(directory: &StaleDirectory) -> Option<Self> {
        Some(match Purpose::parse(directory.purpose()?) {
            Purpose::Registered(id) => Self::Registered(id),
            Purpose::Unconfirmed(name) => Self::Unconfirmed(name, public_key(directory)),
            Purpose::Unregistered => Self::None,
        })
    }

    /// Returns the ID of the pair if it may be registered.
    fn id(self, registry: &mut dyn Registry) -> Result<Option<KeyPairId>, RegistryError> {
        let (name, key) = match self {
            Self::Registered(id) => return Ok(Some(id)),
            Self::Unconfirmed(_, None) | Self::None => return Ok(None),
            Self::Unconfirmed(name, Some(key)) => (name, key),
        };
        let fingerprints: Vec<_> = fingerprint::ec2_imported(&key).into_iter().collect();
        let pairs = registry.find_by_key(&openssh::bare_public_line(&key), &fingerprints)?;
        let pair = pairs.into_iter().find(|pair| pair.name == name && is_of_exec(pair));
        Ok(pair.map(|pair| pair.id))
    }
}

fn public_key(directory: &StaleDirectory) -> Option<PublicKey> {
    let path = directory.path().join(PUBLIC_KEY_FILE);
    let line = file::read_regular(&path, MAX_PUBLIC_KEY_BYTES).ok()?;
    Some(format::read_public(line.expose()).ok()?.key)
}

/// The public key file in an `exec` directory.
pub(in crate::operations) const PUBLIC_KEY_FILE: &str = "key.pub";

const MAX_PUBLIC_KEY_BYTES: usize = 1 << 14;

/// The pairs of commands that have exited.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(HashSet<KeyPairId>);

impl Abandoned {
    /// Returns the pairs of these directories.
    pub(super) fn of(
        directories: &[StaleDirectory],
        registry: &mut dyn Registry,
    ) -> Result<Self, RegistryError> {
        let ids = directories.iter().filter_map(StalePair::of).map(|pair| pair.id(registry));
        let ids: Result<Vec<_>, _> = ids.collect();
        Ok(Self(ids?.into_iter().flatten().collect()))
    }

    /// Returns whether a pair belongs to one of the directories and was registered by `exec`.
    pub(super) fn contains(&self, pair: &KeyPair) -> bool {
        self.0.contains(&pair.id) && is_of_exec(pair)
    }
}

/// Deletes the stale directories and pairs of killed `exec` commands. Ignores failures: everything
/// has an expiry.
pub fn remove_abandoned(directories: &[PathBuf], registry: &mut dyn Registry) {
    for directory in StaleDirectory::find(directories) {
        if let Some(pair) = StalePair::of(&directory) {
            directory.remove().ok();
            if let Ok(Some(id)) = pair.id(registry) {
                registry.delete_if(&[id], &is_of_exec).ok();
            }
        }
    }
}

/// Deletes the stale directories of killed commands with unregistered keys. Ignores failures.
pub fn remove_unregistered(directories: &[PathBuf]) {
    for directory in StaleDirectory::find(directories) {
        if matches!(StalePair::of(&directory), Some(StalePair::None)) {
            directory.remove().ok();
        }
    }
}

/// Returns whether a stale directory has expired, or its command has exited.
pub fn is_prunable(directory: &StaleDirectory, now: CreateTime) -> bool {
    directory.expiry() <= now.milliseconds() / 1000 || directory.purpose().is_some()
}

fn is_of_exec(pair: &KeyPair) -> bool {
    CreatedBy::of(&pair.tags).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purpose_survives_its_record() {
        for purpose in [
            Purpose::Unconfirmed(KeyName::registered("key-1")),
            Purpose::Unconfirmed(KeyName::registered("name x")),
            Purpose::Registered(KeyPairId::new("key-1")),
            Purpose::Unregistered,
        ] {
            assert_eq!(Purpose::parse(&purpose.to_string()), purpose);
        }
    }
}

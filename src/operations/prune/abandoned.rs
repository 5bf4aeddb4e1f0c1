//! Stale directories and pairs of killed `exec` commands.
//!
//! The directory is locked while the `exec` process runs. It records the process that uses it: first
//! `exec` itself, then the command, which may outlive a killed `exec`. A directory is stale once the
//! recorded process has ended.
//!
//! The key is deleted first, then the pair, then the records that name it, so that a kill in between
//! does not hide the pair.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use crate::file::{self, ProcessState, StaleDirectory};
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

/// The private key file in an `exec` directory.
pub(in crate::operations) const PRIVATE_KEY_FILE: &str = "key";

const MAX_PUBLIC_KEY_BYTES: usize = 1 << 14;

/// The pairs of commands that have exited, with their directories.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(HashMap<KeyPairId, PathBuf>);

impl Abandoned {
    /// Returns the pairs of these directories.
    pub(super) fn of(
        directories: &[StaleDirectory],
        registry: &mut dyn Registry,
    ) -> Result<Self, RegistryError> {
        let mut pairs = HashMap::new();
        for directory in directories {
            if let Some(pair) = StalePair::of(directory)
                && let Some(id) = pair.id(registry)?
            {
                pairs.insert(id, directory.path().to_owned());
            }
        }
        Ok(Self(pairs))
    }

    /// Returns whether a directory belongs to one of these pairs.
    pub(super) fn has_pair_of(
        &self,
        directory: &StaleDirectory,
        pairs: &HashSet<KeyPairId>,
    ) -> bool {
        pairs.iter().any(|id| self.0.get(id).is_some_and(|path| path == directory.path()))
    }

    /// Returns whether a pair belongs to one of the directories and was registered by `exec`.
    pub(super) fn contains(&self, pair: &KeyPair) -> bool {
        self.0.contains_key(&pair.id) && is_of_exec(pair)
    }
}

/// Deletes the stale directories and pairs of killed `exec` commands. Ignores failures: everything
/// has an expiry.
pub fn remove_abandoned(directories: &[PathBuf], registry: &mut dyn Registry) {
    let directories = StaleDirectory::find(directories).into_iter();
    for directory in directories.filter(|directory| directory.user() == ProcessState::Ended) {
        let pair = StalePair::of(&directory);
        if directory.remove_contents(PUBLIC_KEY_FILE).is_err() {
            continue;
        }
        let is_deleted = match pair.map_or(Ok(None), |pair| pair.id(registry)) {
            Ok(None) => true,
            Ok(Some(id)) => registry
                .delete_if(&[id], &is_of_exec)
                .is_ok_and(|outcomes| outcomes.iter().all(Result::is_ok)),
            Err(_) => false,
        };
        // Otherwise, the next command tries again.
        if is_deleted {
            directory.remove().ok();
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

/// Returns whether the command of a stale directory has ended, or cannot be seen and the directory
/// has expired.
pub fn is_prunable(directory: &StaleDirectory, now: CreateTime) -> bool {
    match directory.user() {
        ProcessState::Ended => true,
        ProcessState::Running => false,
        ProcessState::Unknown => directory.expiry() <= now.milliseconds() / 1000,
    }
}

/// Returns the expired pairs of `exec` commands on this host without a directory in `directories`:
/// they may have one elsewhere.
pub(super) fn without_directory<'a>(
    pairs: impl Iterator<Item = &'a KeyPair>,
    host: &str,
    directories: &[PathBuf],
) -> Vec<KeyName> {
    let is_of_host = |pair: &&KeyPair| CreatedBy::of(&pair.tags).is_some_and(|by| by.host == host);
    let pairs: Vec<_> = pairs.filter(is_of_host).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let known = file::recorded_purposes(directories);
    let known: Vec<_> = known.iter().map(|text| Purpose::parse(text)).collect();
    let has_directory = |pair: &&KeyPair| {
        known.contains(&Purpose::Registered(pair.id.clone()))
            || known.contains(&Purpose::Unconfirmed(pair.name.clone()))
    };
    let missing = pairs.into_iter().filter(|pair| !has_directory(pair));
    missing.map(|pair| pair.name.clone()).collect()
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

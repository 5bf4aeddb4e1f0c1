//! Finds the private key file of a pair by its public key, before anything is decrypted.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::OperationError;
use super::key_files::{self, ContentKind, Seen, SeenFile};
use super::launch_key::LaunchKey;
use super::read::{Read, read_public};
use crate::file::{self, FileError};
use crate::format::{self, FormatError, PrivateFile};
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// The files and directories to search. The search does not enter the directories of a directory.
#[derive(Debug)]
pub struct KeySearch {
    pub paths: Vec<PathBuf>,
    /// The user has chosen the paths: each must exist, and each file must be a private key.
    pub is_named: bool,
}

/// The private key files that were found.
#[derive(Debug, Default)]
pub struct FoundKeys {
    /// The files with a wanted key, those without encryption first.
    pub wanted: Vec<PathBuf>,
    /// Encrypted files with a hidden public half.
    pub hidden: Vec<PathBuf>,
    /// The number of files with another key.
    pub others: usize,
    /// Named files that are not private keys, and files that cannot be read.
    pub faults: Vec<OperationError>,
}

impl KeySearch {
    /// Looks for files with the launch key of an instance.
    pub(super) fn of_launch_key(&self, launch_key: &LaunchKey) -> FoundKeys {
        match launch_key {
            LaunchKey::Known { public, .. } => self.find(&|key| key == public),
            LaunchKey::Unknown { .. } | LaunchKey::None => FoundKeys::default(),
        }
    }

    /// Looks for files with a key that `is_wanted` accepts.
    pub(super) fn find(&self, is_wanted: &dyn Fn(&PublicKey) -> bool) -> FoundKeys {
        let mut found = FoundKeys::default();
        let mut encrypted = Vec::new();
        for path in &self.paths {
            key_files::walk(path, &mut |seen| match seen {
                Seen::File(file) => match public_half(&file) {
                    Ok(None) => {}
                    Ok(Some(PublicHalf::Hidden)) => found.hidden.push(file.path.to_owned()),
                    // The public key file next to it may belong to another key.
                    Ok(Some(PublicHalf::InPublicFile(key)))
                        if file.is_named && !is_wanted(&key) =>
                    {
                        found.hidden.push(file.path.to_owned());
                    }
                    Ok(Some(PublicHalf::InFile(key, _) | PublicHalf::InPublicFile(key)))
                        if !is_wanted(&key) =>
                    {
                        found.others += 1;
                    }
                    Ok(Some(PublicHalf::InPublicFile(_))) => encrypted.push(file.path.to_owned()),
                    Ok(Some(PublicHalf::InFile(_, true))) => encrypted.push(file.path.to_owned()),
                    Ok(Some(PublicHalf::InFile(_, false))) => {
                        found.wanted.push(file.path.to_owned());
                    }
                    Err(fault) if file.is_named => found.faults.push(fault),
                    // Another program may use the file.
                    Err(_) => found.others += 1,
                },
                Seen::Stale(_) => {}
                Seen::NotAFile { path, found: kind } if self.is_named => {
                    let path = path.to_owned();
                    found.faults.push(FileError::NotAFile { path, found: kind }.into());
                }
                Seen::NotAFile { .. } => {}
                Seen::NotChecked { source, is_named } => {
                    let is_missing = matches!(
                        &source,
                        FileError::Io { source, .. } if source.kind() == ErrorKind::NotFound
                    );
                    if self.is_named || !(is_named && is_missing) {
                        found.faults.push(source.into());
                    }
                }
            });
        }
        found.wanted.append(&mut encrypted);
        found
    }
}

enum PublicHalf {
    /// The key, and whether its private half is encrypted.
    InFile(PublicKey, bool),
    /// The key in the file that ssh-keygen writes next to an encrypted one.
    InPublicFile(PublicKey),
    Hidden,
}

/// Returns the public half of a private key file, or `None` for another file of a directory.
fn public_half(file: &SeenFile<'_>) -> Result<Option<PublicHalf>, OperationError> {
    let SeenFile { path, facts: _, is_named, kind, contents } = file;
    if *kind != ContentKind::PrivateKey && !is_named {
        return Ok(None);
    }
    let reread;
    let contents = if contents.is_empty() && *is_named {
        reread = file::read_regular(path, format::MAX_BYTES)?;
        &reread
    } else {
        contents
    };
    let not_a_key = |source| OperationError::NotAKey { origin: path.display().to_string(), source };
    match read_public(contents) {
        Ok(Read { source, .. }) if !source.is_private() => Err(not_a_key(FormatError::NotPrivate)),
        Ok(Read { public, .. }) => {
            let is_encrypted = format::is_encrypted(contents.expose()).unwrap_or_default();
            Ok(Some(PublicHalf::InFile(public, is_encrypted)))
        }
        Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => {
            Ok(Some(match in_public_file(path) {
                Some(public) => PublicHalf::InPublicFile(public),
                None => PublicHalf::Hidden,
            }))
        }
        Err(fault) => Err(not_a_key(fault)),
    }
}

/// Returns the key in the file that ssh-keygen writes next to a private key. It may belong to
/// another key, so the opened key is compared again.
fn in_public_file(path: &Path) -> Option<PublicKey> {
    let mut name = OsString::from(path);
    name.push(".pub");
    let contents = file::read_if(Path::new(&name), format::MAX_PUBLIC_BYTES, |_| true).ok()??;
    Some(format::read_public(contents.expose()).ok()?.key)
}

/// A private key file, before its decryption.
#[derive(Debug)]
pub struct KeyFile {
    pub path: PathBuf,
    pub material: Secret,
}

impl KeyFile {
    pub fn read(path: &Path) -> Result<Self, OperationError> {
        let material = file::read_regular(path, format::MAX_BYTES)?;
        Ok(Self { path: path.to_owned(), material })
    }

    pub fn is_encrypted(&self) -> bool {
        format::is_encrypted(self.material.expose()).unwrap_or_default()
    }

    /// Decrypts the file.
    ///
    /// # Errors
    ///
    /// [`OperationError::NotAKey`].
    pub fn open(&self, passphrase: Option<&Secret>) -> Result<PrivateKey, OperationError> {
        let opened = format::read_private(self.material.expose(), passphrase);
        let PrivateFile { key, .. } = opened.map_err(|source| OperationError::NotAKey {
            origin: self.path.display().to_string(),
            source,
        })?;
        Ok(key)
    }
}

//! Many new files at once, for the price of waiting for the disk once.

use super::draft::Draft;
use super::error::FileError;
use super::folder::Folder;
use super::published::Published;
use super::system::{self, Access};
use super::target::{Existing, Target};

impl Draft {
    /// Writes many new nameless files, durably, as [`Draft::write`] does one.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`]; nothing is left behind.
    pub fn write_batch(files: &[(&Target, Access, &[u8])]) -> Result<Vec<Self>, FileError> {
        let drafts = files
            .iter()
            .map(|(target, access, contents)| Self::create(target, *access)?.fill(contents));
        let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
        if !sync_together(&drafts) {
            for draft in &drafts {
                draft.sync()?;
            }
        }
        Ok(drafts)
    }

    /// Gives many files their names, durably, as [`Draft::publish`] does one; none replaces another.
    ///
    /// # Errors
    ///
    /// [`FileError::Exists`] if a name was taken, also by an older file that might be replaced, and
    /// [`FileError::Io`]; in either case everything is as it was.
    pub fn publish_batch(drafts: Vec<Self>) -> Result<Vec<Published>, FileError> {
        let mut folders: Vec<Folder> = Vec::new();
        let mut published = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            if !folders.iter().any(|folder| folder.is_same_as(&draft.target.folder)) {
                folders.push(draft.target.folder.clone());
            }
            published.push(draft.name()?);
        }
        for folder in folders {
            folder.sync()?;
        }
        Ok(published)
    }
}

impl Target {
    /// Checks that another file can be made in the same folder.
    ///
    /// # Errors
    ///
    /// As [`Target::new`].
    pub fn sibling(&self, name: &str) -> Result<Self, FileError> {
        let path = self.path().with_file_name(name);
        if path.file_name().is_none_or(|found| found != name) {
            return Err(FileError::NoName { path });
        }
        let folder = self.folder.clone();
        let target = Self { folder, name: name.into(), existing: Existing::Keep, path };
        target.check()?;
        Ok(target)
    }
}

/// Waits until all files of the one file system that they are in are on the disk; returns whether that
/// could be had.
fn sync_together(drafts: &[Draft]) -> bool {
    let file_system = |draft: &Draft| Some(system::status_of(&draft.handle).ok()?.identity.0);
    let Some(first) = drafts.first() else {
        return true;
    };
    let Some(expected) = file_system(first) else {
        return false;
    };
    let is_one = drafts.iter().all(|draft| file_system(draft) == Some(expected));
    is_one && drafts.len() >= FEWEST_FILES && system::sync_file_system(&first.handle)
}

/// For fewer, what others have written to the file system is not worth waiting for.
const FEWEST_FILES: usize = 8;

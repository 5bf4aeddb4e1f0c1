//! Many new files with a single wait for the disk.

use super::draft::Draft;
use super::error::FileError;
use super::published::Published;
use super::system::{self, Access, Directory};
use super::target::{Existing, Target};

impl Draft {
    /// Writes many new files and syncs them, like [`Draft::write`].
    ///
    /// # Errors
    ///
    /// [`FileError::Io`]; no file stays.
    pub fn write_batch(files: &[(&Target, Access, &[u8])]) -> Result<Vec<Self>, FileError> {
        let drafts = files.iter().map(|(target, access, contents)| {
            Self::create(target, *access)?.write_contents(contents)
        });
        let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
        if !sync_batch(&drafts) {
            drafts.iter().try_for_each(Self::sync)?;
        }
        Ok(drafts)
    }

    /// Gives many files their final names and syncs the directories, like [`Draft::publish`]. Never
    /// replaces a file.
    ///
    /// # Errors
    ///
    /// [`FileError::Exists`] if a name exists, even if its target allows replacing it, and
    /// [`FileError::Io`]. Either way, everything is as it was.
    pub fn publish_batch(drafts: Vec<Self>) -> Result<Vec<Published>, FileError> {
        let mut directories: Vec<Directory> = Vec::new();
        let mut published = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            let directory = &draft.target.directory;
            if !directories.iter().any(|known| known.is_same_directory(directory)) {
                directories.push(directory.clone());
            }
            published.push(draft.publish_new()?);
        }
        directories.iter().try_for_each(Directory::sync)?;
        Ok(published)
    }
}

impl Target {
    /// Returns a target for another new file in the same directory.
    ///
    /// # Errors
    ///
    /// The errors of [`Target::new`].
    pub fn sibling(&self, name: &str) -> Result<Self, FileError> {
        let path = self.path().with_file_name(name);
        if path.file_name().is_none_or(|found| found != name) {
            return Err(FileError::NoName { path });
        }
        let directory = self.directory.clone();
        let target = Self { directory, name: name.into(), existing: Existing::Keep, path };
        target.check()?;
        Ok(target)
    }
}

/// Syncs the file system of the files, if all are on the same one; returns whether that was done.
fn sync_batch(drafts: &[Draft]) -> bool {
    let file_system = |draft: &Draft| Some(system::status_of(&draft.handle).ok()?.identity.0);
    let Some(first) = drafts.first() else {
        return true;
    };
    let Some(expected) = file_system(first) else {
        return false;
    };
    let is_one = drafts.iter().all(|draft| file_system(draft) == Some(expected));
    is_one && drafts.len() >= MIN_FILES && system::sync_file_system(&first.handle)
}

/// For fewer files, syncing one by one is faster than waiting for the writes of other processes.
const MIN_FILES: usize = 8;

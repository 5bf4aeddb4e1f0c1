//! Checks the file of the local registry: its permissions and its contents.

use std::path::{Path, PathBuf};

use super::finding::{FileRole, Finding, Findings};
use super::private_files::check_access;
use crate::file::{self, FileError, FileInfo, FileKind};
use crate::local::{self, Examined};
use crate::registry::{CreateTime, RegistryError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairCount {
    Counted(u64),
    NoRegistry,
    /// The registry was not checked, or not completely.
    Unknown,
}

pub(super) fn look(path: &Path, now: CreateTime, findings: &mut Findings) -> PairCount {
    let mut around = Findings::default();
    if let Err(source) = permissions(path, &mut around) {
        around.push(Finding::NotChecked { source, is_named: true });
    }
    let mut report = |fault| findings.push(Finding::Registry(fault));
    let examined = local::examine(path, now, &mut report);
    // Another kind of file may be accessible to other users.
    if !matches!(examined, Err(RegistryError::NotARegistry { .. })) {
        around.into_list().into_iter().for_each(|finding| findings.push(finding));
    }
    match examined {
        Ok(Examined::NoRegistry) => PairCount::NoRegistry,
        Ok(Examined::Complete(pairs)) => PairCount::Counted(pairs),
        Ok(Examined::Partial) => PairCount::Unknown,
        Err(error) => {
            findings.push(Finding::Unusable(error));
            PairCount::Unknown
        }
    }
}

fn permissions(path: &Path, findings: &mut Findings) -> Result<(), FileError> {
    let found = FileInfo::of(path)?;
    if found.is_some_and(|facts| facts.kind == FileKind::Symlink) {
        let target = file::link_target(path).unwrap_or_default();
        let is_whole = FileInfo::of_target(path)?.is_some();
        findings.push(Finding::Link { path: path.to_owned(), target, is_whole });
    }
    // A new registry file is private.
    let Some(facts) = FileInfo::of_target(path)? else { return Ok(()) };
    if facts.kind != FileKind::File {
        return Ok(());
    }
    check_access(path, FileRole::Registry, facts, findings);
    let resolved = file::canonicalize(path)?;
    let mut journal = resolved.clone().into_os_string();
    journal.push("-journal");
    let journal = PathBuf::from(journal);
    if let Some(facts) = FileInfo::of(&journal)? {
        match facts.kind {
            FileKind::File => check_access(&journal, FileRole::Journal, facts, findings),
            FileKind::Symlink => findings.push(Finding::JournalLink(journal)),
            // The examination reports it.
            FileKind::Directory | FileKind::Other(_) => {}
        }
    }
    for (directory, facts) in file::directories_above(path)? {
        if facts.is_foreign() && !facts.owner.is_system() {
            findings.push(Finding::Foreign {
                path: directory,
                role: FileRole::Directory,
                facts,
                is_in_shared_directory: false,
            });
        // In a sticky directory, other users cannot replace files, and their own are rejected.
        } else if facts.is_writable_by_others() && !facts.is_sticky() {
            findings.push(Finding::DirectoryOpen { path: directory, facts });
        }
    }
    Ok(())
}

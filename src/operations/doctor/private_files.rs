//! Checks private key files: named files, and the files of named directories (not recursive).

use std::path::Path;

use super::finding::{FileRole, Finding, Findings};
use crate::file::FileInfo;
use crate::operations::key_files::{self, ContentKind, Seen, SeenFile};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCounts {
    pub all: u64,
    pub private_keys: u64,
    /// Other files that contain a private key.
    pub embedded_keys: u64,
}

/// Checks a file, or the files in a directory.
pub(super) fn look(path: &Path, files: &mut FileCounts, findings: &mut Findings) {
    key_files::walk(path, &mut |seen| match seen {
        Seen::File(file) => check_file(&file, files, findings),
        Seen::Stale(path) => findings.push(Finding::StaleFile(path)),
        Seen::NotAFile { path, found } => {
            findings.push(Finding::NotAFile { path: path.to_owned(), found });
        }
        Seen::NotChecked { source, is_named } => {
            findings.push(Finding::NotChecked { source, is_named });
        }
    });
}

fn check_file(file: &SeenFile<'_>, files: &mut FileCounts, findings: &mut Findings) {
    let SeenFile { path, facts, is_named: _, kind, contents: _ } = file;
    files.all += 1;
    match kind {
        ContentKind::PrivateKey => {
            files.private_keys += 1;
            check_access(path, FileRole::PrivateKey, *facts, findings);
        }
        ContentKind::EmbeddedKey => {
            files.embedded_keys += 1;
            findings.push(Finding::EmbeddedKey { path: (*path).to_owned(), facts: *facts });
        }
        ContentKind::Other => {}
    }
}

/// Reports a file that other users can access or own.
pub(super) fn check_access(path: &Path, role: FileRole, facts: FileInfo, findings: &mut Findings) {
    let path = path.to_owned();
    if facts.is_readable_by_others() || facts.is_writable_by_others() {
        findings.push(Finding::Exposed { path: path.clone(), role, facts });
    }
    if facts.is_foreign() {
        let is_in_shared_directory = is_in_shared_directory(&path);
        findings.push(Finding::Foreign { path, role, facts, is_in_shared_directory });
    }
}

fn is_in_shared_directory(path: &Path) -> bool {
    let directory = path.parent().filter(|directory| *directory != Path::new(""));
    let facts = FileInfo::of_target(directory.unwrap_or(Path::new(".")));
    !matches!(facts, Ok(Some(facts)) if !facts.is_writable_by_others())
}

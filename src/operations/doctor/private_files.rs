//! Checks private key files: named files, and the files of named directories (not recursive).

use std::path::Path;

use super::finding::{FileRole, Finding, Findings};
use crate::file::{self, FileError, FileInfo, FileKind, Listing};
use crate::format;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCounts {
    pub all: u64,
    pub private_keys: u64,
}

/// Checks a file, or the files in a directory.
pub(super) fn look(path: &Path, files: &mut FileCounts, findings: &mut Findings) {
    let facts = match FileInfo::of_target(path) {
        Ok(Some(facts)) => facts,
        Ok(None) => return not_there(path, findings),
        Err(source) => return findings.push(Finding::NotChecked { source, is_named: true }),
    };
    match facts.kind {
        FileKind::Directory => look_in(path, files, findings),
        FileKind::File => {
            // For a link, check its target.
            let result = file::canonicalize(path).and_then(|target| contents(&target));
            match result {
                Ok(contents) => check_file(path, facts, contents, files, findings),
                Err(source) => findings.push(Finding::NotChecked { source, is_named: true }),
            }
        }
        FileKind::Symlink => not_there(path, findings),
        FileKind::Other(found) => findings.push(Finding::NotAFile { path: path.to_owned(), found }),
    }
}

/// Reports the system's error for a missing path.
fn not_there(path: &Path, findings: &mut Findings) {
    if let Err(source) = file::canonicalize(path) {
        findings.push(Finding::NotChecked { source, is_named: true });
    }
}

fn look_in(directory: &Path, files: &mut FileCounts, findings: &mut Findings) {
    let listing = match Listing::of(directory) {
        Ok(listing) => listing,
        Err(source) => return findings.push(Finding::NotChecked { source, is_named: true }),
    };
    // Omit `./`.
    let is_here = directory == Path::new(".");
    let path = |name| if is_here { Path::new(name).to_owned() } else { directory.join(name) };
    for name in &listing.files {
        let path = path(name);
        match (FileInfo::of(&path), contents(&path)) {
            (Ok(Some(facts)), Ok(contents)) => {
                check_file(&path, facts, contents, files, findings);
            }
            // Deleted since the listing.
            (Ok(None), _) => {}
            (Err(source), _) | (_, Err(source)) => {
                findings.push(Finding::NotChecked { source, is_named: false });
            }
        }
    }
    for name in &listing.stale {
        findings.push(Finding::StaleFile(path(name)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    PrivateKey,
    /// A configuration with a private key in it.
    EmbeddedKey,
    Other,
}

fn contents(path: &Path) -> Result<Contents, FileError> {
    let may_be = |beginning: &[u8]| !format::excludes_key(beginning);
    let contents = file::read_if(path, format::MAX_BYTES, may_be)?.unwrap_or_default();
    let contents = contents.expose();
    // A key file may have any name.
    if is_configuration(path) && !format::begins_with_private_key(contents) {
        let is_embedded = format::embeds_private_key(contents);
        return Ok(if is_embedded { Contents::EmbeddedKey } else { Contents::Other });
    }
    Ok(if format::is_private(contents) { Contents::PrivateKey } else { Contents::Other })
}

/// Returns whether the name is one of an `.env`, JSON or YAML file.
fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    name.starts_with(".env") || extension.is_some_and(|it| CONFIGURATIONS.contains(&it))
}

/// `tfstate` is the state of Terraform, in JSON.
const CONFIGURATIONS: [&str; 5] = ["env", "json", "tfstate", "yaml", "yml"];

fn check_file(
    path: &Path,
    facts: FileInfo,
    contents: Contents,
    files: &mut FileCounts,
    findings: &mut Findings,
) {
    files.all += 1;
    match contents {
        Contents::PrivateKey => {
            files.private_keys += 1;
            check_access(path, FileRole::PrivateKey, facts, findings);
        }
        Contents::EmbeddedKey => {
            findings.push(Finding::EmbeddedKey { path: path.to_owned(), facts });
        }
        Contents::Other => {}
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

//! Walks through files that may be private keys: named files, and the files of named directories
//! (not recursive).

use std::path::{Path, PathBuf};

use crate::file::{self, FileError, FileInfo, FileKind, Listing};
use crate::format;
use crate::secret::Secret;

/// A step of the walk.
pub(super) enum Seen<'a> {
    File(SeenFile<'a>),
    /// A temporary file of this program that no living process has locked.
    Stale(PathBuf),
    NotAFile {
        path: &'a Path,
        found: &'static str,
    },
    NotChecked {
        source: FileError,
        is_named: bool,
    },
}

pub(super) struct SeenFile<'a> {
    pub(super) path: &'a Path,
    pub(super) facts: FileInfo,
    /// False for a file of a named directory.
    pub(super) is_named: bool,
    pub(super) kind: ContentKind,
    /// Empty for a file that cannot be a key.
    pub(super) contents: Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentKind {
    PrivateKey,
    /// A configuration with a private key in it.
    EmbeddedKey,
    Other,
}

/// Visits a file, or the files in a directory.
pub(super) fn walk(path: &Path, visit: &mut dyn FnMut(Seen<'_>)) {
    let facts = match FileInfo::of_target(path) {
        Ok(Some(facts)) => facts,
        Ok(None) => return not_there(path, visit),
        Err(source) => return visit(Seen::NotChecked { source, is_named: true }),
    };
    match facts.kind {
        FileKind::Directory => walk_in(path, visit),
        FileKind::File => {
            // For a link, check its target.
            let contents = file::canonicalize(path).and_then(|target| {
                file::check_regular(&target, format::MAX_BYTES)?;
                read(&target, true)
            });
            match contents {
                Ok((kind, contents)) => {
                    visit(Seen::File(SeenFile { path, facts, is_named: true, kind, contents }));
                }
                Err(source) => visit(Seen::NotChecked { source, is_named: true }),
            }
        }
        FileKind::Symlink => not_there(path, visit),
        FileKind::Other(found) => visit(Seen::NotAFile { path, found }),
    }
}

/// Reports the system's error for a missing path.
fn not_there(path: &Path, visit: &mut dyn FnMut(Seen<'_>)) {
    if let Err(source) = file::canonicalize(path) {
        visit(Seen::NotChecked { source, is_named: true });
    }
}

fn walk_in(directory: &Path, visit: &mut dyn FnMut(Seen<'_>)) {
    let listing = match Listing::of(directory) {
        Ok(listing) => listing,
        Err(source) => return visit(Seen::NotChecked { source, is_named: true }),
    };
    // Omit `./`.
    let is_here = directory == Path::new(".");
    let path = |name| if is_here { Path::new(name).to_owned() } else { directory.join(name) };
    for name in &listing.files {
        let path = path(name);
        match (FileInfo::of(&path), read(&path, false)) {
            (Ok(Some(facts)), Ok((kind, contents))) => {
                let path = &path;
                visit(Seen::File(SeenFile { path, facts, is_named: false, kind, contents }));
            }
            // Deleted since the listing.
            (Ok(None), _) => {}
            (Err(source), _) | (_, Err(source)) => {
                visit(Seen::NotChecked { source, is_named: false });
            }
        }
    }
    for name in &listing.stale {
        visit(Seen::Stale(path(name)));
    }
}

fn read(path: &Path, is_named: bool) -> Result<(ContentKind, Secret), FileError> {
    let may_be = |beginning: &[u8]| !format::excludes_key(beginning);
    let contents = file::read_if(path, format::MAX_BYTES, may_be)?.unwrap_or_default();
    Ok((kind(path, is_named, contents.expose()), contents))
}

/// Searches all of a text only if its name or the user suggests a key in it.
fn kind(path: &Path, is_named: bool, contents: &[u8]) -> ContentKind {
    // A key file may have any name.
    let is_configuration = is_configuration(path);
    let is_private = match is_configuration {
        true => format::begins_with_private_key(contents),
        false => format::is_private(contents),
    };
    if is_private {
        ContentKind::PrivateKey
    } else if (is_configuration || is_named) && format::embeds_private_key(contents) {
        ContentKind::EmbeddedKey
    } else {
        ContentKind::Other
    }
}

/// Returns whether the name is one of an `.env`, JSON or YAML file.
fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    name.starts_with(".env") || extension.is_some_and(|it| CONFIGURATIONS.contains(&it))
}

/// `tfstate` is the state of Terraform, in JSON.
const CONFIGURATIONS: [&str; 5] = ["env", "json", "tfstate", "yaml", "yml"];

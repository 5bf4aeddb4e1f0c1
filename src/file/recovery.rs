//! Files that killed commands left next to a path.

use std::path::{Path, PathBuf};

use super::system::{Directory, Links};
use super::temporary::temporary_names;
use super::trust;

/// Removes the stale files for a path. Returns the recovered files: killed commands had replaced or
/// were removing them, and they get a number after their name.
///
/// A failure is ignored: the files stay for a later run.
#[must_use = "the user must learn of recovered files"]
pub fn recover(path: &Path) -> Vec<PathBuf> {
    let Ok((directory, name)) = Directory::of_file(path) else { return Vec::new() };
    let has_any = temporary_names(name)
        .any(|temporary| matches!(directory.find(&temporary, Links::Keep), Ok(Some(_))));
    if !has_any || trust::check_links(&directory).is_err() {
        return Vec::new();
    }
    let recovered = directory.sweep(name, None, None);
    directory.sync().ok();
    recovered.into_iter().map(|name| path.with_file_name(name)).collect()
}

//! The contents of a directory in each state of a file.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the tests check the module by other means"
)]

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::secret::Secret;

mod removal;
mod replacement;

/// Returns name, mode and contents of each entry of a directory.
fn census(directory: &TempDir) -> Vec<(String, u32, String)> {
    let mut found: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = mode(&entry.path());
            let contents = fs::read_to_string(entry.path()).unwrap_or_default();
            (entry.file_name().into_string().unwrap(), mode, contents)
        })
        .collect();
    found.sort();
    found
}

fn file(name: &str, mode: u32, contents: &str) -> (String, u32, String) {
    (name.into(), if cfg!(unix) { mode } else { 0 }, contents.into())
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Windows has no modes; the tests in `system::windows` check permissions there.
#[cfg(windows)]
fn mode(_path: &Path) -> u32 {
    0
}

fn put(directory: &TempDir, name: &str, mode: u32, contents: &str) {
    let path = directory.path().join(name);
    fs::write(&path, contents).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    #[cfg(windows)]
    let _ = mode;
}

fn target(directory: &TempDir, existing: Existing) -> Target {
    Target::new(&directory.path().join("k.pem"), existing).unwrap()
}

fn open_file(directory: &TempDir) -> OpenFile {
    OpenFile::open(&directory.path().join("k.pem"), 9).unwrap()
}

const NULL: &str = if cfg!(unix) { "/dev/null" } else { r"\\.\NUL" };

/// Write an unnamed draft, where the system supports it, and one with a temporary name.
const WRITERS: [fn(&Target) -> Draft; 2] = [
    |target| Draft::write(target, Access::Owner, b"new").unwrap(),
    |target| Draft::create_named(target, Access::Owner).unwrap().write_contents(b"new").unwrap(),
];

#[test]
fn published_file_is_complete_and_owner_only() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        let draft = write(&target(&directory, Existing::Keep));
        let is_private = |mode| mode == 0o400 || cfg!(windows);
        assert!(
            census(&directory).iter().all(|(name, mode, _)| name != "k.pem" && is_private(*mode))
        );
        let _ = draft.publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn draft_is_unnamed() {
    let directory = TempDir::new().unwrap();
    let draft = WRITERS[0](&target(&directory, Existing::Keep));
    assert_eq!(census(&directory), []);
    drop(draft);
}

#[test]
fn dropped_draft_is_removed() {
    let directory = TempDir::new().unwrap();
    for write in WRITERS {
        drop(write(&target(&directory, Existing::Keep)));
        assert_eq!(census(&directory), []);
    }
}

#[test]
fn dropped_published_file_is_removed() {
    let directory = TempDir::new().unwrap();
    for write in WRITERS {
        let published = write(&target(&directory, Existing::Keep)).publish().unwrap();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
        drop(published);
        assert_eq!(census(&directory), []);
    }
}

#[test]
fn publish_over_new_file_fails() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        let draft = write(&target(&directory, Existing::Keep));
        put(&directory, "k.pem", 0o644, "other");
        assert!(matches!(draft.publish(), Err(FileError::Exists { .. })));
        assert_eq!(census(&directory), [file("k.pem", 0o644, "other")]);
    }
}

/// On Windows an open file keeps its name.
#[cfg(unix)]
#[test]
fn drop_spares_file_that_took_the_name() {
    let directory = TempDir::new().unwrap();
    let published = WRITERS[0](&target(&directory, Existing::Keep)).publish().unwrap();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    put(&directory, "k.pem", 0o600, "other");
    drop(published);
    assert_eq!(census(&directory), [file("k.pem", 0o600, "other")]);
}

#[cfg(unix)]
#[test]
fn dangling_symlink_counts_as_existing() {
    let directory = TempDir::new().unwrap();
    symlink("nowhere", directory.path().join("k.pem")).unwrap();
    let refused = Target::new(&directory.path().join("k.pem"), Existing::Keep);
    assert!(matches!(refused, Err(FileError::Exists { .. })));
}

#[test]
fn sweep_removes_stale_files_only() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    put(&directory, strays[1].to_str().unwrap(), 0o400, "stray");
    // A process killed before the rename leaves the old file with two names.
    for stray in [&strays[2], &strays[6]] {
        fs::hard_link(directory.path().join("k.pem"), directory.path().join(stray)).unwrap();
    }
    #[cfg(unix)]
    symlink("nowhere", directory.path().join(&strays[3])).unwrap();
    put(&directory, ".keypair-0123abcd-0", 0o400, "stray of another name");
    put(&directory, ".keypair-notes", 0o600, "file of the user");
    let target = target(&directory, Existing::Replace);
    let living = WRITERS[1](&target);
    let _ = WRITERS[0](&target).publish().unwrap().keep();
    let mut left: Vec<_> = census(&directory).into_iter().map(|(name, _, _)| name).collect();
    left.retain(|name| Some(name.as_str()) != living.temporary_name().and_then(|n| n.to_str()));
    assert_eq!(left, [".keypair-0123abcd-0", ".keypair-notes", "k.pem"]);
    assert_eq!(census(&directory).len(), 4);
}

#[test]
fn keep_and_remove_sweep() {
    for existing in [Existing::Keep, Existing::Replace] {
        let directory = TempDir::new().unwrap();
        let stray = temporary::temporary_names("k.pem".as_ref()).next().unwrap();
        put(&directory, stray.to_str().unwrap(), 0o400, "stray");
        let _ = WRITERS[0](&target(&directory, existing)).publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
        put(&directory, stray.to_str().unwrap(), 0o400, "stray");
        open_file(&directory).remove().unwrap();
        assert_eq!(census(&directory), []);
    }
}

/// In each state that a kill can leave.
#[test]
fn recover_needs_no_command_that_succeeds() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("k.pem");
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    let stray = |number: usize| directory.path().join(&strays[number]);
    assert!(recover(&path).is_empty());
    put(&directory, "k.pem", 0o400, "new");
    put(&directory, strays[0].to_str().unwrap(), 0o400, "incomplete");
    fs::hard_link(&path, stray(4)).unwrap();
    assert!(recover(&path).is_empty());
    assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    put(&directory, strays[4].to_str().unwrap(), 0o400, "replaced");
    assert_eq!(recover(&path), [directory.path().join("k.pem.1")]);
    fs::rename(&path, stray(4)).unwrap();
    assert_eq!(recover(&path), [directory.path().join("k.pem.2")]);
    assert_eq!(
        census(&directory),
        [file("k.pem.1", 0o400, "replaced"), file("k.pem.2", 0o400, "new")]
    );
    assert!(recover(&directory.path().join("missing/k.pem")).is_empty());
}

/// Otherwise a killed replacement would be taken for a second link.
#[test]
fn temporary_names_are_no_other_links() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("k.pem");
    put(&directory, "k.pem", 0o400, "key");
    for stray in temporary::temporary_names("k.pem".as_ref()).skip(4) {
        assert_eq!(other_links(&path).unwrap(), 0);
        fs::hard_link(&path, directory.path().join(stray)).unwrap();
    }
    let stray = temporary::temporary_names("other".as_ref()).next().unwrap();
    fs::hard_link(&path, directory.path().join(stray)).unwrap();
    assert_eq!(other_links(&path).unwrap(), 1);
    fs::hard_link(&path, directory.path().join("other")).unwrap();
    assert_eq!(other_links(&path).unwrap(), 2);
    assert_eq!(other_links(&directory.path().join("missing")).unwrap(), 0);
}

#[test]
fn hard_links_are_the_same_target() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| Target::new(&directory.path().join(name), Existing::Replace).unwrap();
    assert!(at("a").is_same_as(&at("a")) && !at("a").is_same_as(&at("b")));
    put(&directory, "a", 0o600, "");
    assert!(!at("a").is_same_as(&at("b")));
    fs::hard_link(directory.path().join("a"), directory.path().join("b")).unwrap();
    assert!(at("a").is_same_as(&at("b")));
    #[cfg(unix)]
    {
        // A link is replaced itself.
        symlink("a", directory.path().join("c")).unwrap();
        assert!(!at("a").is_same_as(&at("c")));
    }
}

#[test]
fn invalid_target_is_rejected() {
    let directory = TempDir::new().unwrap();
    put(&directory, "taken", 0o400, "");
    fs::create_dir(directory.path().join("inner")).unwrap();
    let at = |name: &str, existing| Target::new(&directory.path().join(name), existing);
    assert!(matches!(at("taken", Existing::Keep), Err(FileError::Exists { .. })));
    assert!(at("taken", Existing::Replace).is_ok());
    assert!(matches!(at("taken/k", Existing::Keep), Err(FileError::NotADirectory { .. })));
    assert!(matches!(at("none/k", Existing::Keep), Err(FileError::MissingDirectory { .. })));
    assert!(matches!(at("inner", Existing::Replace), Err(FileError::NotAFile { .. })));
    assert!(matches!(at("inner/", Existing::Replace), Err(FileError::NoName { .. })));
    assert!(matches!(at("inner/..", Existing::Keep), Err(FileError::NoName { .. })));
    #[cfg(unix)]
    {
        symlink("/dev/full", directory.path().join("device")).unwrap();
        assert!(matches!(at("device", Existing::Replace), Err(FileError::NotAFile { .. })));
    }
    #[cfg(unix)]
    {
        let device = Target::new(Path::new(NULL), Existing::Replace);
        assert!(matches!(device, Err(FileError::NotAFile { found: "a device", .. })));
    }
}

/// Windows finds devices in every directory.
#[cfg(windows)]
#[test]
fn invalid_windows_name_is_rejected() {
    let directory = TempDir::new().unwrap();
    put(&directory, "taken", 0o400, "precious");
    for name in ["NUL", "nul.pem", "COM1", "taken:stream", "taken::$DATA", "new:x", "new.", "a?b"] {
        for path in [directory.path().join(name), name.into()] {
            for existing in [Existing::Keep, Existing::Replace] {
                let refused = Target::new(&path, existing).unwrap_err();
                assert!(matches!(refused, FileError::BadName { .. }), "{refused:?}");
            }
        }
    }
    assert_eq!(census(&directory), [file("taken", 0o400, "precious")]);
}

#[test]
fn read_stops_at_limit() {
    let directory = TempDir::new().unwrap();
    put(&directory, "four", 0o600, "four");
    let path = directory.path().join("four");
    assert_eq!(read(&path, 4).unwrap().expose(), b"four");
    assert!(matches!(read(&path, 3), Err(FileError::TooLarge { limit: 3, .. })));
    #[cfg(unix)]
    assert!(matches!(read(Path::new("/dev/zero"), 9), Err(FileError::TooLarge { .. })));
    let directory_read = read(directory.path(), 9);
    assert!(matches!(directory_read, Err(FileError::Io { action: Action::Read, .. })));
}

#[test]
fn create_private_keeps_existing_entries() {
    let directory = TempDir::new().unwrap();
    let deep = directory.path().join("a/b");
    create_private_directory(&deep).unwrap();
    create_private_directory(&deep).unwrap();
    if cfg!(unix) {
        assert_eq!((mode(&directory.path().join("a")), mode(&deep)), (0o700, 0o700));
    }
    create_private_file(&deep.join("f")).unwrap();
    fs::write(deep.join("f"), "kept").unwrap();
    create_private_file(&deep.join("f")).unwrap();
    if cfg!(unix) {
        assert_eq!(mode(&deep.join("f")), 0o600);
    }
    assert_eq!(fs::read_to_string(deep.join("f")).unwrap(), "kept");
    remove(&deep.join("f")).unwrap();
    assert_eq!(length(&deep.join("f")).unwrap(), None);
}

#[test]
fn null_device_is_detected() {
    let open = |path: &str| fs::OpenOptions::new().write(true).open(path).unwrap();
    assert!(is_null_device(open(NULL)));
    #[cfg(unix)]
    assert!(!is_null_device(open("/dev/full")));
    assert!(!is_null_device(tempfile::tempfile().unwrap()));
}

#[test]
fn wait_ends_when_file_is_kept_or_removed() {
    for write in WRITERS {
        for is_kept in [true, false] {
            let directory = TempDir::new().unwrap();
            let path = directory.path().join("k.pem");
            let published = write(&target(&directory, Existing::Keep)).publish().unwrap();
            let short = Duration::from_millis(50);
            let start = Instant::now();
            wait_until_committed(&path, short);
            assert!(start.elapsed() >= short);
            let waiting = thread::spawn({
                let path = path.clone();
                move || {
                    wait_until_committed(&path, Duration::from_secs(60));
                    path.exists()
                }
            });
            thread::sleep(short);
            assert!(!waiting.is_finished());
            if is_kept {
                let _ = published.keep();
            } else {
                drop(published);
            }
            assert_eq!(waiting.join().unwrap(), is_kept);
            // Nothing is left to wait for.
            wait_until_committed(&path, Duration::from_secs(60));
        }
    }
}

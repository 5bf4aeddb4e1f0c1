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
        draft.publish().unwrap().keep();
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

#[test]
fn replaced_file_exists_until_keep() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        let draft = write(&target(&directory, Existing::Replace));
        assert!(census(&directory).contains(&file("k.pem", 0o640, "old")));
        let published = draft.publish().unwrap();
        assert!(census(&directory).contains(&file("k.pem", 0o400, "new")));
        assert!(census(&directory).iter().any(|(_, _, contents)| contents == "old"));
        published.keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

/// `doctor` would advise to remove a stale file.
#[test]
fn replaced_file_is_not_stale() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        let published = write(&target(&directory, Existing::Replace)).publish().unwrap();
        let left = Listing::of(directory.path()).unwrap().stale;
        assert!(left.is_empty(), "{left:?}");
        published.keep();
    }
}

#[test]
fn drop_restores_replaced_file() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o640, "old");
        drop(write(&target(&directory, Existing::Replace)).publish().unwrap());
        assert_eq!(census(&directory), [file("k.pem", 0o640, "old")]);
    }
}

#[test]
fn replace_without_old_file_creates_file() {
    for write in WRITERS {
        let directory = TempDir::new().unwrap();
        write(&target(&directory, Existing::Replace)).publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn symlink_is_replaced_not_followed() {
    let directory = TempDir::new().unwrap();
    put(&directory, "elsewhere", 0o600, "precious");
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap().keep();
    let expected = [file("elsewhere", 0o600, "precious"), file("k.pem", 0o400, "new")];
    assert_eq!(census(&directory), expected);
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
    fs::hard_link(directory.path().join("k.pem"), directory.path().join(&strays[2])).unwrap();
    #[cfg(unix)]
    symlink("nowhere", directory.path().join(&strays[3])).unwrap();
    put(&directory, ".keypair-0123abcd-0", 0o400, "stray of another name");
    put(&directory, ".keypair-notes", 0o600, "file of the user");
    let target = target(&directory, Existing::Replace);
    let living = WRITERS[1](&target);
    WRITERS[0](&target).publish().unwrap().keep();
    let mut left: Vec<_> = census(&directory).into_iter().map(|(name, _, _)| name).collect();
    left.retain(|name| Some(name.as_str()) != living.temporary_name().and_then(|n| n.to_str()));
    assert_eq!(left, [".keypair-0123abcd-0", ".keypair-notes", "k.pem"]);
    assert_eq!(census(&directory).len(), 4);
}

#[test]
fn keep_and_remove_sweep() {
    for existing in [Existing::Keep, Existing::Replace] {
        let directory = TempDir::new().unwrap();
        let stray = temporary::temporary_names("k.pem".as_ref()).last().unwrap();
        put(&directory, stray.to_str().unwrap(), 0o400, "stray");
        WRITERS[0](&target(&directory, existing)).publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
        put(&directory, stray.to_str().unwrap(), 0o400, "stray");
        open_file(&directory).remove().unwrap();
        assert_eq!(census(&directory), []);
    }
}

fn open_file(directory: &TempDir) -> OpenFile {
    OpenFile::open(&directory.path().join("k.pem"), 9).unwrap()
}

#[test]
fn open_file_is_removed() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let file = open_file(&directory);
    assert_eq!(file.contents().expose(), b"old");
    file.remove().unwrap();
    assert_eq!(census(&directory), []);
}

/// On Windows an open file keeps its name.
#[cfg(unix)]
#[test]
fn file_that_replaced_open_file_is_kept() {
    let replace: [fn(&Path); 3] = [
        |path| fs::rename(path.with_file_name("other"), path).unwrap(),
        |path| fs::write(path, "other").unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            symlink("other", path).unwrap();
        },
    ];
    for replace in replace {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o600, "old");
        put(&directory, "other", 0o600, "other");
        let file = open_file(&directory);
        replace(&directory.path().join("k.pem"));
        let before = census(&directory);
        let kept = directory.path().join("k.pem");
        let error = file.remove().unwrap_err();
        assert!(matches!(error, FileError::Changed { kept: found, .. } if found == kept));
        assert_eq!(census(&directory), before);
    }
}

#[cfg(unix)]
#[test]
fn removing_missing_open_file_fails() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o600, "old");
    let file = open_file(&directory);
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    let gone = file.remove();
    assert!(matches!(gone, Err(FileError::Io { action: Action::Remove, .. })), "{gone:?}");
}

#[test]
fn replace_waits_for_open_file() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let file = open_file(&directory);
    let path = directory.path().join("k.pem");
    let force = thread::spawn(move || {
        let target = Target::new(&path, Existing::Replace).unwrap();
        WRITERS[0](&target).publish().unwrap().keep();
    });
    thread::sleep(Duration::from_millis(200));
    assert!(!force.is_finished());
    file.remove().unwrap();
    force.join().unwrap();
    assert_eq!(census(&directory), [file_of("new")]);
}

fn file_of(contents: &str) -> (String, u32, String) {
    file("k.pem", 0o400, contents)
}

#[cfg(unix)]
#[test]
fn open_rejects_non_regular_files() {
    let directory = TempDir::new().unwrap();
    put(&directory, "other", 0o600, "other");
    let path = directory.path().join("k.pem");
    let open = || OpenFile::open(&path, 9).unwrap_err();
    assert!(matches!(open(), FileError::Io { action: Action::Read, .. }));
    symlink("other", &path).unwrap();
    assert!(matches!(open(), FileError::NotAFile { found: "a symbolic link", .. }));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(open(), FileError::NotAFile { found: "a directory", .. }));
    let large = OpenFile::open(&directory.path().join("other"), 4);
    assert!(matches!(large, Err(FileError::TooLarge { .. })));
}

/// Another file may take the name after the last check.
#[cfg(target_os = "linux")]
#[test]
fn restore_keeps_file_that_took_the_name() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o600, "other");
    put(&directory, "old", 0o600, "old");
    put(&directory, "new", 0o600, "new");
    let handle = system::open_to_read(&directory.path().join("new")).unwrap();
    let opened = Directory::at(directory.path()).unwrap();
    opened.restore("old".as_ref(), "k.pem".as_ref(), std::rc::Rc::new(handle)).unwrap();
    let contents: Vec<_> =
        census(&directory).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["other", "new", "old"]);
}

/// In each state that a kill can leave.
#[test]
fn replace_reclaims_slots_of_killed_processes() {
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    let stray = |directory: &TempDir, number: usize| directory.path().join(&strays[number]);
    let make: &[fn(&Path, &Path)] = &[
        |_, stray| fs::write(stray, "left").unwrap(),
        |path, stray| fs::hard_link(path, stray).unwrap(),
        #[cfg(unix)]
        |path, stray| {
            if !path.is_symlink() {
                fs::remove_file(path).unwrap();
                symlink("nowhere", path).unwrap();
            }
            fs::hard_link(path, stray).unwrap();
        },
    ];
    for leave in make {
        let directory = TempDir::new().unwrap();
        put(&directory, "k.pem", 0o400, "old");
        for number in 0..strays.len() {
            leave(&directory.path().join("k.pem"), &stray(&directory, number));
        }
        WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap().keep();
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

/// A symbolic link cannot be locked, so replacements do not wait for each other.
#[cfg(unix)]
#[test]
fn concurrent_symlink_replacements_keep_the_last() {
    let directory = TempDir::new().unwrap();
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    let first = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    symlink("elsewhere", directory.path().join("k.pem")).unwrap();
    let second = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    second.keep();
    drop(first);
    assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
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

/// Regression test: two replacements lost the only copy of the file when both failed.
#[test]
fn second_replacement_waits_for_first() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let first = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    let path = directory.path().join("k.pem");
    let second = thread::spawn(move || {
        let target = Target::new(&path, Existing::Replace).unwrap();
        drop(WRITERS[0](&target).publish().unwrap());
    });
    thread::sleep(Duration::from_millis(200));
    assert!(!second.is_finished());
    drop(first);
    second.join().unwrap();
    assert_eq!(census(&directory), [file("k.pem", 0o400, "old")]);
}

/// Without unnamed files, each waiting process uses one of the few temporary names.
#[test]
fn more_replacements_than_slots_succeed() {
    for existing in [Some("old"), None] {
        let directory = TempDir::new().unwrap();
        existing.into_iter().for_each(|old| put(&directory, "k.pem", 0o400, old));
        thread::scope(|scope| {
            for _ in 0..3 * temporary::temporary_names("k.pem".as_ref()).count() {
                scope.spawn(|| {
                    let published =
                        WRITERS[1](&target(&directory, Existing::Replace)).publish().unwrap();
                    thread::sleep(Duration::from_millis(5));
                    published.keep();
                });
            }
        });
        assert_eq!(census(&directory), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn drop_keeps_foreign_and_replaced_file() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let published = WRITERS[0](&target(&directory, Existing::Replace)).publish().unwrap();
    fs::remove_file(directory.path().join("k.pem")).unwrap();
    put(&directory, "k.pem", 0o600, "other");
    drop(published);
    let contents: Vec<_> =
        census(&directory).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["old", "other"]);
}

#[test]
fn failed_replacement_leaves_no_second_name() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let target = target(&directory, Existing::Replace);
    let old = published::ReplacedFile::set_aside(&target, None).unwrap();
    assert_eq!(census(&directory).len(), 2);
    let other = system::open_to_read(&std::env::current_exe().unwrap()).unwrap();
    drop(Published::new(target, std::rc::Rc::new(other), old));
    assert_eq!(census(&directory), [file("k.pem", 0o400, "old")]);
}

#[test]
fn longest_name_can_be_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("n".repeat(255));
    for _ in 0..2 {
        WRITERS[1](&Target::new(&path, Existing::Replace).unwrap()).publish().unwrap().keep();
    }
    assert_eq!(census(&directory).len(), 1);
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
                published.keep();
            } else {
                drop(published);
            }
            assert_eq!(waiting.join().unwrap(), is_kept);
            // Nothing is left to wait for.
            wait_until_committed(&path, Duration::from_secs(60));
        }
    }
}

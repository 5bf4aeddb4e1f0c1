//! What stands in a folder before, during and after the birth of a file.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what the module under test does is checked by other means"
)]

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// Returns the names in a folder, with the mode and the contents of what is a file.
fn census(folder: &TempDir) -> Vec<(String, u32, String)> {
    let mut found: Vec<_> = fs::read_dir(folder.path())
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

/// Windows has none; `system::windows` has tests of what is there instead.
#[cfg(windows)]
fn mode(_path: &Path) -> u32 {
    0
}

fn put(folder: &TempDir, name: &str, mode: u32, contents: &str) {
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    #[cfg(windows)]
    let _ = mode;
}

fn target(folder: &TempDir, existing: Existing) -> Target {
    Target::new(&folder.path().join("k.pem"), existing).unwrap()
}

const NULL: &str = if cfg!(unix) { "/dev/null" } else { r"\\.\NUL" };

/// The two ways to a draft: without a name where the system can, and with a temporary one.
const WAYS: [fn(&Target) -> Draft; 2] = [
    |target| Draft::write(target, Access::Owner, b"new").unwrap(),
    |target| Draft::create_named(target, Access::Owner).unwrap().write_contents(b"new").unwrap(),
];

#[test]
fn a_file_is_born_whole_and_readable_by_its_owner_alone() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        let draft = write(&target(&folder, Existing::Keep));
        let is_private = |mode| mode == 0o400 || cfg!(windows);
        assert!(census(&folder).iter().all(|(name, mode, _)| name != "k.pem" && is_private(*mode)));
        draft.publish().unwrap().keep();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_draft_has_no_name() {
    let folder = TempDir::new().unwrap();
    let draft = WAYS[0](&target(&folder, Existing::Keep));
    assert_eq!(census(&folder), []);
    drop(draft);
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    for write in WAYS {
        drop(write(&target(&folder, Existing::Keep)));
        assert_eq!(census(&folder), []);
    }
}

#[test]
fn a_published_file_that_is_not_kept_is_taken_back() {
    let folder = TempDir::new().unwrap();
    for write in WAYS {
        let published = write(&target(&folder, Existing::Keep)).publish().unwrap();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
        drop(published);
        assert_eq!(census(&folder), []);
    }
}

#[test]
fn a_name_that_was_taken_meanwhile_is_left_alone() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        let draft = write(&target(&folder, Existing::Keep));
        put(&folder, "k.pem", 0o644, "other");
        assert!(matches!(draft.publish(), Err(FileError::Exists { .. })));
        assert_eq!(census(&folder), [file("k.pem", 0o644, "other")]);
    }
}

/// Elsewhere nobody takes the name of an open file.
#[cfg(unix)]
#[test]
fn what_took_the_name_of_a_published_file_is_not_removed_with_it() {
    let folder = TempDir::new().unwrap();
    let published = WAYS[0](&target(&folder, Existing::Keep)).publish().unwrap();
    fs::remove_file(folder.path().join("k.pem")).unwrap();
    put(&folder, "k.pem", 0o600, "other");
    drop(published);
    assert_eq!(census(&folder), [file("k.pem", 0o600, "other")]);
}

#[test]
fn a_replaced_file_stays_until_the_new_one_is_kept() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        put(&folder, "k.pem", 0o640, "old");
        let draft = write(&target(&folder, Existing::Replace));
        assert!(census(&folder).contains(&file("k.pem", 0o640, "old")));
        let published = draft.publish().unwrap();
        assert!(census(&folder).contains(&file("k.pem", 0o400, "new")));
        assert!(census(&folder).iter().any(|(_, _, contents)| contents == "old"));
        published.keep();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
    }
}

/// What is aside is no leftover, which somebody would be told to remove.
#[test]
fn a_file_whose_place_is_being_taken_is_in_use() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        put(&folder, "k.pem", 0o640, "old");
        let published = write(&target(&folder, Existing::Replace)).publish().unwrap();
        let left = Listing::of(folder.path()).unwrap().stale;
        assert!(left.is_empty(), "{left:?}");
        published.keep();
    }
}

#[test]
fn a_replaced_file_comes_back_when_the_new_one_is_not_kept() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        put(&folder, "k.pem", 0o640, "old");
        drop(write(&target(&folder, Existing::Replace)).publish().unwrap());
        assert_eq!(census(&folder), [file("k.pem", 0o640, "old")]);
    }
}

#[test]
fn replacing_what_is_not_there_makes_a_new_file() {
    for write in WAYS {
        let folder = TempDir::new().unwrap();
        write(&target(&folder, Existing::Replace)).publish().unwrap().keep();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_not_followed() {
    let folder = TempDir::new().unwrap();
    put(&folder, "elsewhere", 0o600, "precious");
    symlink("elsewhere", folder.path().join("k.pem")).unwrap();
    WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap().keep();
    let expected = [file("elsewhere", 0o600, "precious"), file("k.pem", 0o400, "new")];
    assert_eq!(census(&folder), expected);
}

#[cfg(unix)]
#[test]
fn a_dangling_link_takes_the_name() {
    let folder = TempDir::new().unwrap();
    symlink("nowhere", folder.path().join("k.pem")).unwrap();
    let refused = Target::new(&folder.path().join("k.pem"), Existing::Keep);
    assert!(matches!(refused, Err(FileError::Exists { .. })));
}

#[test]
fn what_a_killed_process_left_is_swept_and_what_a_living_one_uses_is_not() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    put(&folder, strays[1].to_str().unwrap(), 0o400, "stray");
    // Killed before it had taken the old file's name, a process leaves that one with two.
    fs::hard_link(folder.path().join("k.pem"), folder.path().join(&strays[2])).unwrap();
    #[cfg(unix)]
    symlink("nowhere", folder.path().join(&strays[3])).unwrap();
    put(&folder, ".keypair-0123abcd-0", 0o400, "stray of another name");
    put(&folder, ".keypair-notes", 0o600, "somebody's own");
    let target = target(&folder, Existing::Replace);
    let living = WAYS[1](&target);
    WAYS[0](&target).publish().unwrap().keep();
    let mut left: Vec<_> = census(&folder).into_iter().map(|(name, _, _)| name).collect();
    left.retain(|name| Some(name.as_str()) != living.temporary_name().and_then(|n| n.to_str()));
    assert_eq!(left, [".keypair-0123abcd-0", ".keypair-notes", "k.pem"]);
    assert_eq!(census(&folder).len(), 4);
}

#[test]
fn whatever_puts_a_file_in_place_or_takes_it_away_sweeps_for_it() {
    for existing in [Existing::Keep, Existing::Replace] {
        let folder = TempDir::new().unwrap();
        let stray = temporary::temporary_names("k.pem".as_ref()).last().unwrap();
        put(&folder, stray.to_str().unwrap(), 0o400, "stray");
        WAYS[0](&target(&folder, existing)).publish().unwrap().keep();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
        put(&folder, stray.to_str().unwrap(), 0o400, "stray");
        open_file(&folder).remove().unwrap();
        assert_eq!(census(&folder), []);
    }
}

fn open_file(folder: &TempDir) -> OpenFile {
    OpenFile::open(&folder.path().join("k.pem"), 9).unwrap()
}

#[test]
fn open_file_is_removed_once() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let file = open_file(&folder);
    assert_eq!(file.contents().expose(), b"old");
    file.remove().unwrap();
    assert_eq!(census(&folder), []);
}

/// Elsewhere an open file keeps its name.
#[cfg(unix)]
#[test]
fn file_in_the_place_of_an_open_one_is_kept() {
    let replace: [fn(&Path); 3] = [
        |path| fs::rename(path.with_file_name("other"), path).unwrap(),
        |path| fs::write(path, "other").unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            symlink("other", path).unwrap();
        },
    ];
    for replace in replace {
        let folder = TempDir::new().unwrap();
        put(&folder, "k.pem", 0o600, "old");
        put(&folder, "other", 0o600, "other");
        let file = open_file(&folder);
        replace(&folder.path().join("k.pem"));
        let before = census(&folder);
        let kept = folder.path().join("k.pem");
        let error = file.remove().unwrap_err();
        assert!(matches!(error, FileError::Changed { kept: found, .. } if found == kept));
        assert_eq!(census(&folder), before);
    }
}

#[cfg(unix)]
#[test]
fn open_file_that_is_gone_is_not_found() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o600, "old");
    let file = open_file(&folder);
    fs::remove_file(folder.path().join("k.pem")).unwrap();
    let gone = file.remove();
    assert!(matches!(gone, Err(FileError::Io { action: Action::Remove, .. })), "{gone:?}");
}

#[test]
fn open_file_is_replaced_only_afterwards() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let file = open_file(&folder);
    let path = folder.path().join("k.pem");
    let force = thread::spawn(move || {
        let target = Target::new(&path, Existing::Replace).unwrap();
        WAYS[0](&target).publish().unwrap().keep();
    });
    thread::sleep(Duration::from_millis(200));
    assert!(!force.is_finished());
    file.remove().unwrap();
    force.join().unwrap();
    assert_eq!(census(&folder), [file_of("new")]);
}

fn file_of(contents: &str) -> (String, u32, String) {
    file("k.pem", 0o400, contents)
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_opened() {
    let folder = TempDir::new().unwrap();
    put(&folder, "other", 0o600, "other");
    let path = folder.path().join("k.pem");
    let open = || OpenFile::open(&path, 9).unwrap_err();
    assert!(matches!(open(), FileError::Io { action: Action::Read, .. }));
    symlink("other", &path).unwrap();
    assert!(matches!(open(), FileError::NotAFile { found: "a symbolic link", .. }));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(open(), FileError::NotAFile { found: "a folder", .. }));
    let large = OpenFile::open(&folder.path().join("other"), 4);
    assert!(matches!(large, Err(FileError::TooLarge { .. })));
}

/// The last check may find another file at the name that is to be taken back.
#[cfg(target_os = "linux")]
#[test]
fn restoring_a_file_loses_no_other() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o600, "other");
    put(&folder, "old", 0o600, "old");
    put(&folder, "new", 0o600, "new");
    let handle = system::open_to_read(&folder.path().join("new")).unwrap();
    let opened = Directory::at(folder.path()).unwrap();
    opened.restore("old".as_ref(), "k.pem".as_ref(), std::rc::Rc::new(handle)).unwrap();
    let contents: Vec<_> = census(&folder).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["other", "new", "old"]);
}

/// Whatever they had come to.
#[test]
fn any_number_of_killed_replacements_do_not_keep_the_next_one() {
    let strays: Vec<_> = temporary::temporary_names("k.pem".as_ref()).collect();
    let stray = |folder: &TempDir, number: usize| folder.path().join(&strays[number]);
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
        let folder = TempDir::new().unwrap();
        put(&folder, "k.pem", 0o400, "old");
        for number in 0..strays.len() {
            leave(&folder.path().join("k.pem"), &stray(&folder, number));
        }
        WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap().keep();
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
    }
}

/// A link cannot be locked, so nobody waits for whom.
#[cfg(unix)]
#[test]
fn those_who_replace_a_link_at_once_do_not_take_one_anothers_files() {
    let folder = TempDir::new().unwrap();
    symlink("elsewhere", folder.path().join("k.pem")).unwrap();
    let first = WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap();
    fs::remove_file(folder.path().join("k.pem")).unwrap();
    symlink("elsewhere", folder.path().join("k.pem")).unwrap();
    let second = WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap();
    second.keep();
    drop(first);
    assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
}

#[test]
fn a_target_is_refused_before_any_work() {
    let folder = TempDir::new().unwrap();
    put(&folder, "taken", 0o400, "");
    fs::create_dir(folder.path().join("inner")).unwrap();
    let at = |name: &str, existing| Target::new(&folder.path().join(name), existing);
    assert!(matches!(at("taken", Existing::Keep), Err(FileError::Exists { .. })));
    assert!(at("taken", Existing::Replace).is_ok());
    assert!(matches!(at("taken/k", Existing::Keep), Err(FileError::NotADirectory { .. })));
    assert!(matches!(at("none/k", Existing::Keep), Err(FileError::MissingDirectory { .. })));
    assert!(matches!(at("inner", Existing::Replace), Err(FileError::NotAFile { .. })));
    assert!(matches!(at("inner/", Existing::Replace), Err(FileError::NoName { .. })));
    assert!(matches!(at("inner/..", Existing::Keep), Err(FileError::NoName { .. })));
    #[cfg(unix)]
    {
        symlink("/dev/full", folder.path().join("device")).unwrap();
        assert!(matches!(at("device", Existing::Replace), Err(FileError::NotAFile { .. })));
    }
    #[cfg(unix)]
    {
        let device = Target::new(Path::new(NULL), Existing::Replace);
        assert!(matches!(device, Err(FileError::NotAFile { found: "a device", .. })));
    }
}

/// Whatever is there: it is found before anybody looks, and wherever it is said to be.
#[cfg(windows)]
#[test]
fn a_target_has_the_name_of_a_file() {
    let folder = TempDir::new().unwrap();
    put(&folder, "taken", 0o400, "precious");
    for name in ["NUL", "nul.pem", "COM1", "taken:stream", "taken::$DATA", "new:x", "new.", "a?b"] {
        for path in [folder.path().join(name), name.into()] {
            for existing in [Existing::Keep, Existing::Replace] {
                let refused = Target::new(&path, existing).unwrap_err();
                assert!(matches!(refused, FileError::BadName { .. }), "{refused:?}");
            }
        }
    }
    assert_eq!(census(&folder), [file("taken", 0o400, "precious")]);
}

#[test]
fn reading_is_bounded() {
    let folder = TempDir::new().unwrap();
    put(&folder, "four", 0o600, "four");
    let path = folder.path().join("four");
    assert_eq!(read(&path, 4).unwrap().expose(), b"four");
    assert!(matches!(read(&path, 3), Err(FileError::TooLarge { limit: 3, .. })));
    #[cfg(unix)]
    assert!(matches!(read(Path::new("/dev/zero"), 9), Err(FileError::TooLarge { .. })));
    let folder_read = read(folder.path(), 9);
    assert!(matches!(folder_read, Err(FileError::Io { action: Action::Read, .. })));
}

#[test]
fn folders_and_files_for_the_owner_alone_keep_what_is_there() {
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("a/b");
    create_private_directory(&deep).unwrap();
    create_private_directory(&deep).unwrap();
    if cfg!(unix) {
        assert_eq!((mode(&folder.path().join("a")), mode(&deep)), (0o700, 0o700));
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

/// Two that replace one file at once once lost the only copy of it when both were refused.
#[test]
fn of_two_that_replace_a_file_the_second_waits_for_the_first() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let first = WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap();
    let path = folder.path().join("k.pem");
    let second = thread::spawn(move || {
        let target = Target::new(&path, Existing::Replace).unwrap();
        drop(WAYS[0](&target).publish().unwrap());
    });
    thread::sleep(Duration::from_millis(200));
    assert!(!second.is_finished());
    drop(first);
    second.join().unwrap();
    assert_eq!(census(&folder), [file("k.pem", 0o400, "old")]);
}

/// Where no file is without a name, whoever waits for another has a temporary one, of which there
/// are few.
#[test]
fn more_than_there_are_temporary_names_replace_a_file_one_after_another() {
    for existing in [Some("old"), None] {
        let folder = TempDir::new().unwrap();
        existing.into_iter().for_each(|old| put(&folder, "k.pem", 0o400, old));
        thread::scope(|scope| {
            for _ in 0..3 * temporary::temporary_names("k.pem".as_ref()).count() {
                scope.spawn(|| {
                    let published = WAYS[1](&target(&folder, Existing::Replace)).publish().unwrap();
                    thread::sleep(Duration::from_millis(5));
                    published.keep();
                });
            }
        });
        assert_eq!(census(&folder), [file("k.pem", 0o400, "new")]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_somebody_else_put_in_the_way_costs_nobody_theirs() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let published = WAYS[0](&target(&folder, Existing::Replace)).publish().unwrap();
    fs::remove_file(folder.path().join("k.pem")).unwrap();
    put(&folder, "k.pem", 0o600, "other");
    drop(published);
    let contents: Vec<_> = census(&folder).into_iter().map(|(_, _, contents)| contents).collect();
    assert_eq!(contents, ["old", "other"]);
}

#[test]
fn a_replacement_that_does_not_get_the_name_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    put(&folder, "k.pem", 0o400, "old");
    let target = target(&folder, Existing::Replace);
    let old = published::ReplacedFile::set_aside(&target, None).unwrap();
    assert_eq!(census(&folder).len(), 2);
    let other = system::open_to_read(&std::env::current_exe().unwrap()).unwrap();
    drop(Published::new(target, std::rc::Rc::new(other), old));
    assert_eq!(census(&folder), [file("k.pem", 0o400, "old")]);
}

#[test]
fn the_longest_name_can_be_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("n".repeat(255));
    for _ in 0..2 {
        WAYS[1](&Target::new(&path, Existing::Replace).unwrap()).publish().unwrap().keep();
    }
    assert_eq!(census(&folder).len(), 1);
}

#[test]
fn what_is_written_to_the_null_device_is_lost() {
    let open = |path: &str| fs::OpenOptions::new().write(true).open(path).unwrap();
    assert!(is_null_device(open(NULL)));
    #[cfg(unix)]
    assert!(!is_null_device(open("/dev/full")));
    assert!(!is_null_device(tempfile::tempfile().unwrap()));
}

#[test]
fn a_new_file_is_waited_for_until_it_stays_or_is_gone() {
    for write in WAYS {
        for is_kept in [true, false] {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("k.pem");
            let published = write(&target(&folder, Existing::Keep)).publish().unwrap();
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
            // Of what is there, and of what is not, there is nothing to wait for.
            wait_until_committed(&path, Duration::from_secs(60));
        }
    }
}

//! Removing a file that was opened before.

use super::*;

#[test]
fn open_file_is_removed() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let file = open_file(&directory);
    assert_eq!(file.contents().expose(), b"old");
    file.remove().unwrap();
    assert_eq!(census(&directory), []);
}

/// The other name would keep the key.
#[test]
fn file_with_other_hard_link_is_not_opened() {
    let directory = TempDir::new().unwrap();
    put(&directory, "k.pem", 0o400, "old");
    let (path, other) = (directory.path().join("k.pem"), directory.path().join("other"));
    fs::hard_link(&path, &other).unwrap();
    let refused = OpenFile::open(&path, 9);
    assert!(matches!(refused, Err(FileError::HardLinks { names: 2, .. })), "{refused:?}");
    fs::remove_file(other).unwrap();
    // A killed replacement leaves this one.
    let stray = temporary::temporary_names("k.pem".as_ref()).last().unwrap();
    fs::hard_link(&path, directory.path().join(stray)).unwrap();
    assert!(open_file(&directory).remove().unwrap().is_empty());
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
        let _ = WRITERS[0](&target).publish().unwrap().keep();
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

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

/// A directory inside a private one.
struct Place {
    _parent: TempDir,
    directory: PathBuf,
    user: u32,
}

impl Place {
    fn new(mode: u32) -> Self {
        let parent = TempDir::new().unwrap();
        let directory = parent.path().canonicalize().unwrap().join("directory");
        fs::create_dir(&directory).unwrap();
        let user = fs::metadata(&directory).unwrap().uid();
        let place = Self { _parent: parent, directory, user };
        place.set_mode("", mode);
        place
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.directory.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "the tests create files by other means")]
    fn put(&self, name: &str) {
        fs::write(self.directory.join(name), "four").unwrap();
    }

    fn link(&self, target: &str, name: &str) {
        symlink(target, self.directory.join(name)).unwrap();
    }

    fn check(&self, name: &str) -> Result<PathTrust, FileError> {
        self.check_as(self.user, name)
    }

    /// Begins in the directory, because the directory for temporary files is world-writable.
    fn check_as(&self, user: u32, name: &str) -> Result<PathTrust, FileError> {
        let mut walk = PathWalk::from(&self.directory)?;
        walk.trusted = vec![UserId::from_raw(user)];
        walk.push(Path::new(name));
        PathTrust::at_end(walk, Path::new(name), &SUFFIXES)
    }

    /// Checks as a user who owns nothing here, and returns the path that is rejected for it.
    fn foreign(&self, name: &str) -> Option<String> {
        match self.check_as(u32::MAX, name) {
            Err(FileError::Foreign { path, owner }) => {
                assert_eq!(owner, UserId::from_raw(self.user));
                let name = path.strip_prefix(&self.directory).unwrap();
                Some(name.to_str().unwrap().to_owned())
            }
            found => found.map(|_| None).unwrap(),
        }
    }
}

const SUFFIXES: [&str; 1] = ["-journal"];

#[test]
fn existing_and_missing_files_are_resolved() {
    let place = Place::new(0o755);
    place.put("file");
    place.link("file", "link");
    place.link("..", "above");
    for name in ["file", "link", "./above/directory/link", "../directory/file"] {
        let trust = place.check(name).unwrap();
        assert_eq!((trust.length(), trust.path()), (Some(4), &*place.directory.join("file")));
        assert_eq!((trust.world_writable(), trust.is_in_shared_directory()), (None, false));
    }
    let trust = PathTrust::of(&place.directory.join("link"), &SUFFIXES).unwrap();
    assert_eq!((trust.length(), trust.path()), (Some(4), &*place.directory.join("file")));
    place.link("not/there", "dangling");
    for name in ["not/there", "dangling"] {
        let trust = place.check(name).unwrap();
        assert_eq!((trust.length(), trust.path()), (None, &*place.directory.join("not/there")));
    }
}

#[test]
fn non_file_is_rejected() {
    let place = Place::new(0o755);
    place.put("file");
    place.put("linked");
    place.link("file", "linked-journal");
    place.link("loop", "loop");
    place.link("/dev/null", "device");
    fs::create_dir(place.directory.join("inner")).unwrap();
    place.link("inner", "link");
    for (name, kind) in [
        ("inner", "a directory"),
        ("link", "a directory"),
        ("device", "a device"),
        ("linked", "a symbolic link"),
    ] {
        let found = place.check(name);
        assert!(matches!(found, Err(FileError::NotAFile { found, .. }) if found == kind), "{name}");
    }
    assert!(matches!(place.check("file/below"), Err(FileError::NotADirectory { .. })));
    assert!(matches!(place.check("loop"), Err(FileError::Io { .. })));
    for name in ["inner/", "..", "/"] {
        let found = PathTrust::of(&place.directory.join(name), &SUFFIXES);
        assert!(matches!(found, Err(FileError::NoName { .. })), "{name}");
    }
}

#[test]
fn foreign_entry_of_world_writable_directory_is_rejected() {
    for mode in [0o1777, 0o777] {
        let place = Place::new(mode);
        place.put("file");
        place.put("own");
        place.put("journal");
        place.link("../directory/file", "link");
        fs::create_dir(place.directory.join("inner")).unwrap();
        place.put("inner/file");
        for (name, planted) in
            [("file", "file"), ("link", "link"), ("inner/file", "inner"), ("inner/none", "inner")]
        {
            assert_eq!(place.foreign(name).as_deref(), Some(planted), "{name}");
        }
        assert!(place.check("file").unwrap().is_in_shared_directory());
        assert!(place.check("none").unwrap().is_in_shared_directory());
        assert!(!place.check("inner/file").unwrap().is_in_shared_directory());
        place.put("none-journal");
        assert_eq!(place.foreign("none").as_deref(), Some("none-journal"));
        fs::hard_link(place.directory.join("own"), place.directory.join("file-journal")).unwrap();
        assert!(matches!(place.check("file"), Err(FileError::SharedHardLinks { .. })));
    }
    // The user trusts the owner and group of a path that the user names.
    for mode in [0o755, 0o775] {
        let place = Place::new(mode);
        place.put("file");
        place.set_mode("file", 0o660);
        assert_eq!(place.foreign("file"), None);
    }
}

#[test]
fn hard_links_are_rejected() {
    let place = Place::new(0o700);
    place.put("file");
    place.put("other");
    fs::hard_link(place.directory.join("file"), place.directory.join("second")).unwrap();
    fs::hard_link(place.directory.join("file"), place.directory.join("third")).unwrap();
    place.link("second", "link");
    for name in ["file", "second", "third", "link"] {
        let found = place.check(name);
        assert!(matches!(found, Err(FileError::HardLinks { names: 3, .. })), "{found:?}");
    }
    place.check("other").unwrap();
}

#[test]
fn world_writable_part_is_reported() {
    let open = |place: &Place, name: &str| {
        let trust = place.check(name).unwrap();
        trust.world_writable().map(|path| path.strip_prefix(&place.directory).unwrap().to_owned())
    };
    let place = Place::new(0o1777);
    place.put("file");
    assert_eq!(open(&place, "file"), None);
    place.set_mode("file", 0o602);
    assert_eq!(open(&place, "file"), Some("file".into()));
    place.set_mode("file", 0o600);
    place.put("file-journal");
    assert_eq!(open(&place, "file"), None);
    place.set_mode("file-journal", 0o666);
    assert_eq!(open(&place, "file"), Some("file-journal".into()));
    let place = Place::new(0o777);
    assert_eq!(open(&place, "none"), Some("".into()));
    place.put("file");
    assert_eq!(open(&place, "file"), Some("".into()));
    fs::create_dir(place.directory.join("inner")).unwrap();
    assert_eq!(open(&place, "inner/file"), Some("".into()));
}

#[test]
fn foreign_link_is_rejected_for_new_file() {
    let place = Place::new(0o1777);
    fs::create_dir(place.directory.join("inner")).unwrap();
    place.link("inner", "link");
    let check_as = |user: u32, name: &str| {
        let directory = Directory::at(&place.directory.join(name)).unwrap();
        let mut walk = PathWalk::from(&place.directory).unwrap();
        walk.links_only = true;
        walk.trusted = vec![UserId::from_raw(user)];
        walk.push(Path::new(name));
        check_end(walk, &directory, Path::new(name))
    };
    check_as(place.user, "link").unwrap();
    let found = check_as(place.user + 1, "link");
    assert!(matches!(found, Err(FileError::Foreign { .. })), "{found:?}");
    check_as(place.user + 1, "inner").unwrap();
    place.set_mode("", 0o755);
    check_as(place.user + 1, "link").unwrap();

    let other = Directory::at(&place.directory).unwrap();
    let mut walk = PathWalk::from(&place.directory).unwrap();
    walk.push(Path::new("inner"));
    let found = check_end(walk, &other, Path::new("inner"));
    assert!(matches!(found, Err(FileError::Io { .. })), "{found:?}");
}

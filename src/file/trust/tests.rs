#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use tempfile::TempDir;

use super::*;

/// A folder in a private one, where whoever runs the tests is trusted or is not.
struct Place {
    _above: TempDir,
    folder: PathBuf,
    user: u32,
}

impl Place {
    fn new(mode: u32) -> Self {
        let above = TempDir::new().unwrap();
        let folder = above.path().canonicalize().unwrap().join("folder");
        fs::create_dir(&folder).unwrap();
        let user = fs::metadata(&folder).unwrap().uid();
        let place = Self { _above: above, folder, user };
        place.set_mode("", mode);
        place
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "what is tested is prepared by other means")]
    fn put(&self, name: &str) {
        fs::write(self.folder.join(name), "four").unwrap();
    }

    fn link(&self, target: &str, name: &str) {
        symlink(target, self.folder.join(name)).unwrap();
    }

    fn look(&self, name: &str) -> Result<PathTrust, FileError> {
        self.look_as(self.user, name)
    }

    /// Begins in the folder: where temporary folders are, everybody may write.
    fn look_as(&self, user: u32, name: &str) -> Result<PathTrust, FileError> {
        let mut way = Way::from(&self.folder)?;
        way.trusted = vec![UserId::numbered(user)];
        way.push(Path::new(name));
        PathTrust::at_end_of(way, Path::new(name), &ENDINGS)
    }

    /// Looks as somebody to whom everything here is another's, and returns what is refused for that.
    fn foreign(&self, name: &str) -> Option<String> {
        match self.look_as(u32::MAX, name) {
            Err(FileError::Foreign { path, owner }) => {
                assert_eq!(owner, UserId::numbered(self.user));
                let name = path.strip_prefix(&self.folder).unwrap();
                Some(name.to_str().unwrap().to_owned())
            }
            found => found.map(|_| None).unwrap(),
        }
    }
}

const ENDINGS: [&str; 1] = ["-journal"];

#[test]
fn what_is_found_and_what_is_not_there_yet() {
    let place = Place::new(0o755);
    place.put("file");
    place.link("file", "link");
    place.link("..", "above");
    for name in ["file", "link", "./above/folder/link", "../folder/file"] {
        let custody = place.look(name).unwrap();
        assert_eq!((custody.length(), custody.path()), (Some(4), &*place.folder.join("file")));
        assert_eq!((custody.world_writable(), custody.is_in_shared_directory()), (None, false));
    }
    let custody = PathTrust::of(&place.folder.join("link"), &ENDINGS).unwrap();
    assert_eq!((custody.length(), custody.path()), (Some(4), &*place.folder.join("file")));
    place.link("not/there", "dangling");
    for name in ["not/there", "dangling"] {
        let custody = place.look(name).unwrap();
        assert_eq!((custody.length(), custody.path()), (None, &*place.folder.join("not/there")));
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let place = Place::new(0o755);
    place.put("file");
    place.put("linked");
    place.link("file", "linked-journal");
    place.link("loop", "loop");
    place.link("/dev/null", "device");
    fs::create_dir(place.folder.join("inner")).unwrap();
    place.link("inner", "link");
    for (name, kind) in [
        ("inner", "a folder"),
        ("link", "a folder"),
        ("device", "a device"),
        ("linked", "a symbolic link"),
    ] {
        let found = place.look(name);
        assert!(matches!(found, Err(FileError::NotAFile { found, .. }) if found == kind), "{name}");
    }
    assert!(matches!(place.look("file/below"), Err(FileError::NotADirectory { .. })));
    assert!(matches!(place.look("loop"), Err(FileError::Io { .. })));
    for name in ["inner/", "..", "/"] {
        let found = PathTrust::of(&place.folder.join(name), &ENDINGS);
        assert!(matches!(found, Err(FileError::NoName { .. })), "{name}");
    }
}

#[test]
fn where_everybody_can_write_what_is_anothers_is_refused() {
    for mode in [0o1777, 0o777] {
        let place = Place::new(mode);
        place.put("file");
        place.put("own");
        place.put("journal");
        place.link("../folder/file", "link");
        fs::create_dir(place.folder.join("inner")).unwrap();
        place.put("inner/file");
        for (name, planted) in
            [("file", "file"), ("link", "link"), ("inner/file", "inner"), ("inner/none", "inner")]
        {
            assert_eq!(place.foreign(name).as_deref(), Some(planted), "{name}");
        }
        assert!(place.look("file").unwrap().is_in_shared_directory());
        assert!(place.look("none").unwrap().is_in_shared_directory());
        assert!(!place.look("inner/file").unwrap().is_in_shared_directory());
        place.put("none-journal");
        assert_eq!(place.foreign("none").as_deref(), Some("none-journal"));
        fs::hard_link(place.folder.join("own"), place.folder.join("file-journal")).unwrap();
        assert!(matches!(place.look("file"), Err(FileError::SharedHardLinks { .. })));
    }
    // Whoever names what is another's, or a group's, trusts them.
    for mode in [0o755, 0o775] {
        let place = Place::new(mode);
        place.put("file");
        place.set_mode("file", 0o660);
        assert_eq!(place.foreign("file"), None);
    }
}

#[test]
fn file_with_several_names_is_refused() {
    let place = Place::new(0o700);
    place.put("file");
    place.put("other");
    fs::hard_link(place.folder.join("file"), place.folder.join("second")).unwrap();
    fs::hard_link(place.folder.join("file"), place.folder.join("third")).unwrap();
    place.link("second", "link");
    for name in ["file", "second", "third", "link"] {
        let found = place.look(name);
        assert!(matches!(found, Err(FileError::HardLinks { names: 3, .. })), "{found:?}");
    }
    place.look("other").unwrap();
}

#[test]
fn what_is_open_to_all_is_named() {
    let open = |place: &Place, name: &str| {
        let custody = place.look(name).unwrap();
        custody.world_writable().map(|path| path.strip_prefix(&place.folder).unwrap().to_owned())
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
    fs::create_dir(place.folder.join("inner")).unwrap();
    assert_eq!(open(&place, "inner/file"), Some("".into()));
}

#[test]
fn link_of_another_user_leads_to_no_new_file() {
    let place = Place::new(0o1777);
    fs::create_dir(place.folder.join("inner")).unwrap();
    place.link("inner", "link");
    let look_as = |user: u32, name: &str| {
        let folder = Folder::open(&place.folder.join(name)).unwrap();
        let mut way = Way::from(&place.folder).unwrap();
        way.links_only = true;
        way.trusted = vec![UserId::numbered(user)];
        way.push(Path::new(name));
        end_at(way, &folder, Path::new(name))
    };
    look_as(place.user, "link").unwrap();
    let found = look_as(place.user + 1, "link");
    assert!(matches!(found, Err(FileError::Foreign { .. })), "{found:?}");
    look_as(place.user + 1, "inner").unwrap();
    place.set_mode("", 0o755);
    look_as(place.user + 1, "link").unwrap();

    let other = Folder::open(&place.folder).unwrap();
    let mut way = Way::from(&place.folder).unwrap();
    way.push(Path::new("inner"));
    let found = end_at(way, &other, Path::new("inner"));
    assert!(matches!(found, Err(FileError::Io { .. })), "{found:?}");
}

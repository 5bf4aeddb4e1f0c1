//! Who may do what with what is made here.

use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::super::Access;
use super::directory::mark_read_only;
use super::*;

fn folder() -> (TempDir, Directory) {
    let folder = TempDir::new().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    (folder, directory)
}

#[test]
fn a_private_file_is_its_owners_alone_from_the_beginning() {
    let (folder, directory) = folder();
    let handle = directory.create("k".as_ref(), Access::Owner).unwrap();
    let path = folder.path().join("k");
    for found in [examine_open(&handle).unwrap(), examine(&path, Links::Keep).unwrap().unwrap()] {
        assert_eq!(found.owner, user().unwrap());
        assert!(!found.permissions.let_others_read() && !found.permissions.let_others_write());
    }
    assert_eq!(write(&handle, b"four").unwrap(), 4);
    sync(&handle).unwrap();
    drop(handle);
    // As with mode 0400.
    let refused = OpenOptions::new().write(true).open(&path).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    assert_eq!(can_write(&path).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(fs::read(&path).unwrap(), b"four");
    assert_eq!(status(&path, Links::Keep).unwrap().unwrap().length, 4);
    directory.rename_to_free("k".as_ref(), "named".as_ref()).unwrap();
    directory.link("named".as_ref(), "second".as_ref()).unwrap();
    assert_eq!(directory.find("named".as_ref(), Links::Keep).unwrap().unwrap().names, 2);
    directory.remove("named".as_ref()).unwrap();
    remove(&folder.path().join("second")).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let (folder, directory) = folder();
    directory.create("new".as_ref(), Access::Owner).unwrap();
    fs::write(folder.path().join("taken"), "precious").unwrap();
    let refused = directory.rename_to_free("new".as_ref(), "taken".as_ref()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    for access in [Access::Owner, Access::Everyone] {
        let refused = directory.create("taken".as_ref(), access).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    }
    let refused = create_private_file(&folder.path().join("taken")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(folder.path().join("taken")).unwrap(), b"precious");
    directory.rename("new".as_ref(), "taken".as_ref(), None).unwrap();
    assert_eq!(fs::read(folder.path().join("taken")).unwrap(), b"");
}

#[test]
fn folders_and_files_are_their_owners_alone() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("folder");
    create_private_directory(&path).unwrap();
    assert_eq!(create_private_directory(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    create_private_file(&path.join("own")).unwrap();
    fs::write(path.join("own"), "written").unwrap();
    assert_owners_alone(&path);
    assert_owners_alone(&path.join("own"));
}

#[test]
#[ignore = "Wine has no inheritance"]
fn what_others_make_in_a_folder_is_its_owners_alone() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("folder");
    create_private_directory(&path).unwrap();
    fs::write(path.join("file"), "x").unwrap();
    assert_owners_alone(&path.join("file"));
}

fn assert_owners_alone(path: &Path) {
    let found = examine(path, Links::Follow).unwrap().unwrap();
    assert!(!found.permissions.let_others_read(), "{path:?}: {}", found.permissions);
    assert!(!found.permissions.let_others_write() && found.owner.is_of(user().unwrap()));
}

#[test]
fn a_file_that_is_marked_as_read_only_is_replaced_and_stays_marked_aside() {
    let (folder, directory) = folder();
    let path = |name: &str| folder.path().join(name);
    for name in ["new", "old"] {
        fs::write(path(name), name).unwrap();
    }
    mark_read_only(&path("old"), true).unwrap();
    directory.link("old".as_ref(), "aside".as_ref()).unwrap();
    directory.rename("new".as_ref(), "old".as_ref(), Some("aside".as_ref())).unwrap();
    assert_eq!(fs::read(path("old")).unwrap(), b"new");
    assert!(fs::metadata(path("aside")).unwrap().permissions().readonly());
    directory.rename("aside".as_ref(), "old".as_ref(), None).unwrap();
    assert_eq!(fs::read(path("old")).unwrap(), b"old");
    assert!(fs::metadata(path("old")).unwrap().permissions().readonly());
    directory.remove("old".as_ref()).unwrap();
}

#[test]
fn who_holds_a_file_for_a_moment_is_waited_for() {
    let (folder, directory) = folder();
    let path = |name: &str| folder.path().join(name);
    let hold = |name: &str| {
        let held = OpenOptions::new().read(true).share_mode(NAME_IS_KEPT).open(path(name)).unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            drop(held);
        })
    };
    for name in ["new", "other"] {
        fs::write(path(name), name).unwrap();
    }
    let holding = hold("new");
    directory.rename_to_free("new".as_ref(), "named".as_ref()).unwrap();
    holding.join().unwrap();
    for (from, to) in [("named", "other"), ("other", "new")] {
        let holding = hold(from);
        directory.rename(from.as_ref(), to.as_ref(), None).unwrap();
        holding.join().unwrap();
    }
    let holding = hold("new");
    directory.link("new".as_ref(), "second".as_ref()).unwrap();
    holding.join().unwrap();
    let holding = hold("new");
    directory.remove("second".as_ref()).unwrap();
    directory.remove("new".as_ref()).unwrap();
    holding.join().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_replaced_gets_no_second_name() {
    let (folder, directory) = folder();
    fs::write(folder.path().join("old"), "old").unwrap();
    let old = folder.path().join("old");
    let held = OpenOptions::new().read(true).share_mode(NAME_IS_KEPT).open(old).unwrap();
    assert!(directory.link("old".as_ref(), "second".as_ref()).is_err());
    drop(held);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_path_may_be_long() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("n".repeat(120)).join("n".repeat(120));
    fs::create_dir_all(&path).unwrap();
    create_private_directory(&path.join("folder")).unwrap();
    create_private_file(&path.join("file")).unwrap();
    let directory = Directory::open(&path).unwrap();
    directory.create("k".as_ref(), Access::Owner).unwrap();
    directory.rename_to_free("k".as_ref(), "named".as_ref()).unwrap();
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
}

#[test]
fn an_open_folder_keeps_its_name() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("folder");
    fs::create_dir(&path).unwrap();
    let directory = Directory::open(&path).unwrap();
    assert!(fs::rename(&path, above.path().join("elsewhere")).is_err());
    directory.create("file".as_ref(), Access::Everyone).unwrap();
    drop(directory);
    fs::rename(&path, above.path().join("elsewhere")).unwrap();
    let refused = Directory::open(&above.path().join("elsewhere/file")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotADirectory);
}

#[test]
fn a_lock_is_held_against_others_alone() {
    let (_folder, directory) = folder();
    let handle = directory.create("k".as_ref(), Access::Owner).unwrap();
    assert!(try_lock(&handle));
    let other = directory.open_to_lock("k".as_ref()).unwrap();
    assert!(!try_lock(&other) && !try_lock_shared(&other));
    assert_eq!(write(&handle, b"four").unwrap(), 4);
    drop(handle);
    assert!(try_lock_shared(&other));
}

#[test]
fn paths_are_shown_as_they_are_named() {
    for (path, named) in [
        (r"\\?\C:\Users\me", r"C:\Users\me"),
        (r"\\?\C:\", r"C:\"),
        (r"\\?\UNC\server\share\key", r"\\server\share\key"),
        (r"C:\Users", r"C:\Users"),
        // What these name is another file.
        (r"\\?\C:\Users\key.", r"\\?\C:\Users\key."),
        (r"\\?\C:\NUL", r"\\?\C:\NUL"),
    ] {
        assert_eq!(as_named(path.into()), Path::new(named));
    }
}

#[test]
fn only_pipes_are_taken_for_pipes() {
    for path in [r"\\.\pipe", r"\\server\pipe\agent", r"C:\pipe", "pipe"] {
        assert_eq!(open_pipe(Path::new(path)).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert!(open_pipe(Path::new(r"\\.\pipe\..\NUL")).is_err());
    for path in [r"\\.\pipe\keypair-not-there", "//./PIPE/keypair-not-there"] {
        assert_eq!(open_pipe(Path::new(path)).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

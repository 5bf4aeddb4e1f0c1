//! Permissions, names and locks of new files.

use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_READ, FILE_SHARE_WRITE};

use super::super::Access;
use super::directory::set_read_only;
use super::*;

fn open_temp_dir() -> (TempDir, Directory) {
    let temp = TempDir::new().unwrap();
    let directory = Directory::open(temp.path()).unwrap();
    (temp, directory)
}

#[test]
fn private_file_is_created_owner_only() {
    let (temp, directory) = open_temp_dir();
    let handle = directory.create("k".as_ref(), Access::Owner).unwrap();
    let path = temp.path().join("k");
    for found in [examine_open(&handle).unwrap(), examine(&path, Links::Keep).unwrap().unwrap()] {
        assert_eq!(found.owner, current_user().unwrap());
        assert!(!found.permissions.others_can_read() && !found.permissions.others_can_write());
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
    directory.rename_noreplace("k".as_ref(), "named".as_ref()).unwrap();
    directory.link("named".as_ref(), "second".as_ref()).unwrap();
    assert_eq!(directory.find("named".as_ref(), Links::Keep).unwrap().unwrap().names, 2);
    directory.remove("named".as_ref()).unwrap();
    remove(&temp.path().join("second")).unwrap();
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn existing_file_is_not_overwritten() {
    let (temp, directory) = open_temp_dir();
    directory.create("new".as_ref(), Access::Owner).unwrap();
    fs::write(temp.path().join("taken"), "precious").unwrap();
    let refused = directory.rename_noreplace("new".as_ref(), "taken".as_ref()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    for access in [Access::Owner, Access::Everyone] {
        let refused = directory.create("taken".as_ref(), access).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    }
    let refused = create_private_file(&temp.path().join("taken")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(temp.path().join("taken")).unwrap(), b"precious");
    directory.rename("new".as_ref(), "taken".as_ref(), None).unwrap();
    assert_eq!(fs::read(temp.path().join("taken")).unwrap(), b"");
}

#[test]
fn private_directory_and_file_are_owner_only() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("directory");
    create_private_directory(&path).unwrap();
    assert_eq!(create_private_directory(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    create_private_file(&path.join("own")).unwrap();
    fs::write(path.join("own"), "written").unwrap();
    assert_owner_only(&path);
    assert_owner_only(&path.join("own"));
}

#[test]
#[ignore = "Wine has no inheritance"]
fn private_directory_passes_permissions_to_new_files() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("directory");
    create_private_directory(&path).unwrap();
    fs::write(path.join("file"), "x").unwrap();
    assert_owner_only(&path.join("file"));
}

fn assert_owner_only(path: &Path) {
    let found = examine(path, Links::Follow).unwrap().unwrap();
    assert!(!found.permissions.others_can_read(), "{path:?}: {}", found.permissions);
    assert!(
        !found.permissions.others_can_write() && found.owner.counts_as(current_user().unwrap())
    );
}

#[test]
fn replaced_file_stays_read_only_under_second_name() {
    let (temp, directory) = open_temp_dir();
    let path = |name: &str| temp.path().join(name);
    for name in ["new", "old"] {
        fs::write(path(name), name).unwrap();
    }
    set_read_only(&path("old"), true).unwrap();
    directory.link("old".as_ref(), "aside".as_ref()).unwrap();
    directory.rename("new".as_ref(), "old".as_ref(), Some("aside".as_ref())).unwrap();
    assert_eq!(fs::read(path("old")).unwrap(), b"new");
    assert!(fs::metadata(path("aside")).unwrap().permissions().readonly());
    directory.rename("aside".as_ref(), "old".as_ref(), None).unwrap();
    assert_eq!(fs::read(path("old")).unwrap(), b"old");
    assert!(fs::metadata(path("old")).unwrap().permissions().readonly());
    directory.remove("old".as_ref()).unwrap();
}

/// Lets others read and write a file, but not rename or remove it.
const NO_DELETE: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE;

#[test]
fn sharing_violation_is_retried() {
    let (temp, directory) = open_temp_dir();
    let path = |name: &str| temp.path().join(name);
    let hold = |name: &str| {
        let held = OpenOptions::new().read(true).share_mode(NO_DELETE).open(path(name)).unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            drop(held);
        })
    };
    for name in ["new", "other"] {
        fs::write(path(name), name).unwrap();
    }
    let holding = hold("new");
    directory.rename_noreplace("new".as_ref(), "named".as_ref()).unwrap();
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
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn held_file_gets_no_second_name() {
    let (temp, directory) = open_temp_dir();
    fs::write(temp.path().join("old"), "old").unwrap();
    let old = temp.path().join("old");
    let held = OpenOptions::new().read(true).share_mode(NO_DELETE).open(old).unwrap();
    assert!(directory.link("old".as_ref(), "second".as_ref()).is_err());
    drop(held);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn long_path_works() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("n".repeat(120)).join("n".repeat(120));
    fs::create_dir_all(&path).unwrap();
    create_private_directory(&path.join("directory")).unwrap();
    create_private_file(&path.join("file")).unwrap();
    let directory = Directory::open(&path).unwrap();
    directory.create("k".as_ref(), Access::Owner).unwrap();
    directory.rename_noreplace("k".as_ref(), "named".as_ref()).unwrap();
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
}

#[test]
fn open_directory_keeps_its_name() {
    let above = TempDir::new().unwrap();
    let path = above.path().join("directory");
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
fn lock_blocks_other_handles_only() {
    let (_temp, directory) = open_temp_dir();
    let handle = directory.create("k".as_ref(), Access::Owner).unwrap();
    assert!(try_lock(&handle));
    let other = directory.open_nofollow("k".as_ref()).unwrap();
    assert!(!try_lock(&other) && !try_lock_shared(&other));
    assert_eq!(write(&handle, b"four").unwrap(), 4);
    drop(handle);
    assert!(try_lock_shared(&other));
}

#[test]
fn verbatim_prefix_is_removed_only_if_safe() {
    for (path, named) in [
        (r"\\?\C:\Users\me", r"C:\Users\me"),
        (r"\\?\C:\", r"C:\"),
        (r"\\?\UNC\server\share\key", r"\\server\share\key"),
        (r"C:\Users", r"C:\Users"),
        // Without the prefix, these name other files.
        (r"\\?\C:\Users\key.", r"\\?\C:\Users\key."),
        (r"\\?\C:\NUL", r"\\?\C:\NUL"),
    ] {
        assert_eq!(simplify_path(path.into()), Path::new(named));
    }
}

#[test]
fn open_pipe_rejects_other_paths() {
    for path in [r"\\.\pipe", r"\\server\pipe\agent", r"C:\pipe", "pipe"] {
        assert_eq!(open_pipe(Path::new(path)).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert!(open_pipe(Path::new(r"\\.\pipe\..\NUL")).is_err());
    for path in [r"\\.\pipe\keypair-not-there", "//./PIPE/keypair-not-there"] {
        assert_eq!(open_pipe(Path::new(path)).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

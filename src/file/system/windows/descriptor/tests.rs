use windows_sys::Win32::Storage::FileSystem::{FILE_ALL_ACCESS, FILE_GENERIC_READ};

use super::*;

fn user() -> UserId {
    UserId::well_known(5, &[21, 1, 2, 3, 1001])
}

fn everyone() -> UserId {
    UserId::well_known(1, &[0])
}

/// Returns a descriptor of the user's with these entries.
fn descriptor(entries: &[(u8, u8, u32, UserId)]) -> Vec<u8> {
    let mut descriptor = owner_only(&user(), FILE_GENERIC_READ, false);
    let list = 20 + user().bytes().len();
    descriptor.truncate(list + 8);
    for (kind, flags, mask, grantee) in entries {
        descriptor.extend([*kind, *flags]);
        descriptor.extend(short_of(8 + grantee.bytes().len()).to_le_bytes());
        descriptor.extend(mask.to_le_bytes());
        descriptor.extend(grantee.bytes());
    }
    let length = short_of(descriptor.len() - list);
    descriptor[list + 2..list + 4].copy_from_slice(&length.to_le_bytes());
    descriptor[list + 4] = u8::try_from(entries.len()).unwrap();
    descriptor
}

fn permissions(entries: &[(u8, u8, u32, UserId)], is_directory: bool) -> Permissions {
    read(&descriptor(entries), user(), is_directory).unwrap().1
}

#[test]
fn sid_is_shown_as_windows_shows_it() {
    assert_eq!(user().to_string(), "S-1-5-21-1-2-3-1001");
    assert_eq!(administrators().to_string(), "S-1-5-32-544");
    assert_eq!(everyone().to_string(), "Everyone");
    assert_eq!(UserId::read(user().bytes()), Some(user()));
    assert_eq!(UserId::read(&user().bytes()[..27]), None);
    assert_eq!(UserId::read(&[2; 80]), None);
    assert_eq!(UserId::read(&[[1, 16].as_slice(), &[0; 80]].concat()), None);
}

#[test]
fn owner_only_descriptor_reads_back() {
    for is_directory in [false, true] {
        let descriptor = owner_only(&user(), FILE_GENERIC_READ, is_directory);
        let (owner, permissions) = read(&descriptor, user(), is_directory).unwrap();
        assert_eq!(owner, user());
        assert!(!permissions.others_can_read() && !permissions.others_can_write());
        assert!(!permissions.anyone_can_write());
        assert_eq!(permissions.to_string(), "access for its owner alone");
        for length in 0..descriptor.len() {
            assert_eq!(read(&descriptor[..length], user(), is_directory), None, "{length}");
        }
    }
}

#[test]
fn access_of_others_is_found() {
    let trusted = [user(), administrators(), UserId::well_known(5, &[18])];
    let entries = trusted.map(|grantee| (0, 0, FILE_ALL_ACCESS, grantee));
    assert!(!permissions(&entries, false).others_can_read());
    let other = UserId::well_known(5, &[21, 1, 2, 3, 1002]);
    for (grantee, is_world) in [(other, false), (everyone(), true)] {
        let granted = permissions(&[(0, 0, FILE_GENERIC_READ, grantee)], false);
        assert!(granted.others_can_read() && !granted.others_can_write());
        let granted = permissions(&[(0, 16, FILE_WRITE_DATA, grantee)], false);
        assert!(!granted.others_can_read() && granted.others_can_write());
        assert_eq!(granted.anyone_can_write(), is_world);
        assert_eq!(granted.to_string(), format!("access for {grantee}"));
        let granted = permissions(&[(0, 0, WRITE_DAC, grantee)], false);
        assert!(granted.others_can_write());
        // An inherit-only entry, and one that denies access.
        for (kind, flags) in [(0, 8 | 3), (1, 0)] {
            let granted = permissions(&[(kind, flags, FILE_ALL_ACCESS, grantee)], true);
            assert!(!granted.others_can_read() && !granted.others_can_write());
        }
    }
    // In an entry for an object (type 5), the SID does not follow the mask.
    let granted = permissions(&[(5, 0, FILE_READ_DATA, user())], false);
    assert!(granted.others_can_read());
}

#[test]
fn directory_without_delete_access_restricts_deletion() {
    let directory = |mask| permissions(&[(0, 0, mask, everyone())], true);
    let added = directory(FILE_WRITE_DATA | FILE_APPEND_DATA);
    assert!(added.anyone_can_write() && added.restricts_deletion());
    for mask in [FILE_DELETE_CHILD, DELETE, WRITE_DAC, GENERIC_ALL] {
        let granted = directory(mask);
        assert!(granted.anyone_can_write() && !granted.restricts_deletion(), "{mask:x}");
    }
    let listed = directory(FILE_READ_DATA);
    assert!(!listed.anyone_can_write() && listed.restricts_deletion());
}

#[test]
fn missing_dacl_grants_everyone_full_access() {
    let mut descriptor = owner_only(&user(), FILE_GENERIC_READ, false);
    descriptor[2] = 0;
    let (_, permissions) = read(&descriptor, user(), false).unwrap();
    assert!(permissions.others_can_read() && permissions.anyone_can_write());
    descriptor[2] = 4;
    descriptor[16..20].fill(0);
    assert_eq!(read(&descriptor, user(), false).unwrap().1, permissions);
}

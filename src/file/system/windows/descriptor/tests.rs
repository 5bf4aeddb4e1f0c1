use super::*;

fn user() -> UserId {
    UserId::well_known(5, &[21, 1, 2, 3, 1001])
}

fn everyone() -> UserId {
    UserId::well_known(1, &[0])
}

/// Returns a descriptor of the user's with these entries.
fn descriptor(entries: &[(u8, u8, u32, UserId)]) -> Vec<u8> {
    let mut descriptor = of_owner_alone(&user(), right::READ_FILE, false);
    let list = 20 + user().bytes().len();
    descriptor.truncate(list + 8);
    for (kind, flags, bits, somebody) in entries {
        descriptor.extend([*kind, *flags]);
        descriptor.extend(short_of(8 + somebody.bytes().len()).to_le_bytes());
        descriptor.extend(bits.to_le_bytes());
        descriptor.extend(somebody.bytes());
    }
    let length = short_of(descriptor.len() - list);
    descriptor[list + 2..list + 4].copy_from_slice(&length.to_le_bytes());
    descriptor[list + 4] = u8::try_from(entries.len()).unwrap();
    descriptor
}

fn rights(entries: &[(u8, u8, u32, UserId)], is_folder: bool) -> Permissions {
    read(&descriptor(entries), user(), is_folder).unwrap().1
}

#[test]
fn identifiers_are_shown_as_windows_shows_them() {
    assert_eq!(user().to_string(), "S-1-5-21-1-2-3-1001");
    assert_eq!(administrators().to_string(), "S-1-5-32-544");
    assert_eq!(everyone().to_string(), "Everyone");
    assert_eq!(UserId::read(user().bytes()), Some(user()));
    assert_eq!(UserId::read(&user().bytes()[..27]), None);
    assert_eq!(UserId::read(&[2; 80]), None);
    assert_eq!(UserId::read(&[[1, 16].as_slice(), &[0; 80]].concat()), None);
}

#[test]
fn what_is_the_owners_alone_is_read_back_as_that() {
    for is_folder in [false, true] {
        let descriptor = of_owner_alone(&user(), right::READ_FILE, is_folder);
        let (owner, rights) = read(&descriptor, user(), is_folder).unwrap();
        assert_eq!(owner, user());
        assert!(!rights.let_others_read() && !rights.let_others_write());
        assert!(!rights.let_all_write());
        assert_eq!(rights.to_string(), "access for its owner alone");
        for length in 0..descriptor.len() {
            assert_eq!(read(&descriptor[..length], user(), is_folder), None, "{length}");
        }
    }
}

#[test]
fn others_are_told_from_those_who_may_anyway() {
    let trusted = [user(), administrators(), UserId::well_known(5, &[18])];
    let entries = trusted.map(|somebody| (0, 0, right::ALL_OF_FILE, somebody));
    assert!(!rights(&entries, false).let_others_read());
    let other = UserId::well_known(5, &[21, 1, 2, 3, 1002]);
    for (somebody, is_all) in [(other, false), (everyone(), true)] {
        let granted = rights(&[(0, 0, right::READ_FILE, somebody)], false);
        assert!(granted.let_others_read() && !granted.let_others_write());
        let granted = rights(&[(0, 16, right::WRITE, somebody)], false);
        assert!(!granted.let_others_read() && granted.let_others_write());
        assert_eq!(granted.let_all_write(), is_all);
        assert_eq!(granted.to_string(), format!("access for {somebody}"));
        let granted = rights(&[(0, 0, right::CHANGE_LIST, somebody)], false);
        assert!(granted.let_others_write());
        // For what is made in a folder, and refused.
        for (kind, flags) in [(0, 8 | 3), (1, 0)] {
            let granted = rights(&[(kind, flags, right::ALL_OF_FILE, somebody)], true);
            assert!(!granted.let_others_read() && !granted.let_others_write());
        }
    }
    // An entry of a kind in which it is not said so plainly for whom it is.
    let granted = rights(&[(5, 0, right::READ, user())], false);
    assert!(granted.let_others_read());
}

#[test]
fn a_folder_may_take_what_nobody_else_can_remove() {
    let folder = |bits| rights(&[(0, 0, bits, everyone())], true);
    let added = folder(right::WRITE | right::APPEND);
    assert!(added.let_all_write() && added.protect_entries());
    for bits in [right::DELETE_CHILD, right::DELETE, right::CHANGE_LIST, right::EVERYTHING] {
        let granted = folder(bits);
        assert!(granted.let_all_write() && !granted.protect_entries(), "{bits:x}");
    }
    let listed = folder(right::READ);
    assert!(!listed.let_all_write() && listed.protect_entries());
}

#[test]
fn without_a_list_everybody_may_do_everything() {
    let mut descriptor = of_owner_alone(&user(), right::READ_FILE, false);
    descriptor[2] = 0;
    let (_, rights) = read(&descriptor, user(), false).unwrap();
    assert!(rights.let_others_read() && rights.let_all_write());
    descriptor[2] = 4;
    descriptor[16..20].fill(0);
    assert_eq!(read(&descriptor, user(), false).unwrap().1, rights);
}

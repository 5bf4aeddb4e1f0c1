//! Self-relative security descriptors: the owner of a file, and a discretionary access control list
//! (DACL) of entries (ACE) for users and groups (MS-DTYP 2.4.6,
//! <https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-dtyp/7d4dac05-9cef-4563-a058-f108abecce1d>).

#[cfg(test)]
mod tests;

use std::fmt;

use windows_sys::Win32::Foundation::{GENERIC_ALL, GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Security::{
    CONTAINER_INHERIT_ACE, INHERIT_ONLY_ACE, OBJECT_INHERIT_ACE, SE_DACL_PRESENT,
    SE_DACL_PROTECTED, SE_SELF_RELATIVE,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_APPEND_DATA, FILE_DELETE_CHILD, FILE_READ_DATA, FILE_WRITE_DATA, WRITE_DAC,
    WRITE_OWNER,
};

/// A user or a group, by security identifier (SID, MS-DTYP 2.4.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserId {
    length: usize,
    bytes: [u8; MAX_SID_BYTES],
}

/// Fifteen subauthorities of four bytes after a header of eight.
const MAX_SID_BYTES: usize = 68;

impl UserId {
    /// Parses a SID at the start of `bytes`, and ignores the rest.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let [1, parts, ..] = bytes else {
            return None;
        };
        let length = 8 + 4 * usize::from(*parts);
        let mut found = Self { length, bytes: [0; MAX_SID_BYTES] };
        found.bytes.get_mut(..length)?.copy_from_slice(bytes.get(..length)?);
        Some(found)
    }

    /// Returns the SID with a one-byte authority and these subauthorities.
    fn well_known(authority: u8, parts: &[u32]) -> Self {
        let mut found = Self { length: 8 + 4 * parts.len(), bytes: [0; MAX_SID_BYTES] };
        let head = [1, u8::try_from(parts.len()).unwrap_or_default(), 0, 0, 0, 0, 0, authority];
        let all = head.into_iter().chain(parts.iter().flat_map(|part| part.to_le_bytes()));
        found.bytes.iter_mut().zip(all).for_each(|(target, byte)| *target = byte);
        found
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Returns whether it owns directories of the operating system: SYSTEM, Administrators or
    /// TrustedInstaller.
    pub fn is_system(self) -> bool {
        system_users().contains(&self)
    }

    /// Returns whether a file of this owner is the user's. Files that an administrator creates may
    /// be owned by the group Administrators.
    pub fn counts_as(self, user: Self) -> bool {
        self == user || self == administrators()
    }

    /// Returns whether it is CREATOR OWNER or OWNER RIGHTS, which stand for the owner of a file.
    fn is_owner_placeholder(self) -> bool {
        [Self::well_known(3, &[0]), Self::well_known(3, &[4])].contains(&self)
    }

    fn name(self) -> Option<&'static str> {
        WORLD
            .into_iter()
            .find(|(authority, parts, _)| self == Self::well_known(*authority, parts))
            .map(|(_, _, name)| name)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            return formatter.write_str(name);
        }
        let (head, parts) = self.bytes().split_at_checked(8).unwrap_or_default();
        let authority = head.iter().skip(2).fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        write!(formatter, "S-1-{authority}")?;
        parts
            .as_chunks()
            .0
            .iter()
            .try_for_each(|&part| write!(formatter, "-{}", u32::from_le_bytes(part)))
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UserId({self})")
    }
}

fn administrators() -> UserId {
    UserId::well_known(5, &[32, 544])
}

/// Returns SYSTEM, Administrators and TrustedInstaller, which have full access to everything
/// anyway.
pub(super) fn system_users() -> [UserId; 3] {
    let installer = [80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464];
    [UserId::well_known(5, &[18]), administrators(), UserId::well_known(5, &installer)]
}

/// Groups that any user may belong to
/// (<https://learn.microsoft.com/en-us/windows-server/identity/ad-ds/manage/understand-security-identifiers>).
const WORLD: [(u8, &[u32], &str); 10] = [
    (1, &[0], "Everyone"),
    (2, &[0], "LOCAL"),
    (5, &[2], "NETWORK"),
    (5, &[4], "INTERACTIVE"),
    (5, &[7], "ANONYMOUS LOGON"),
    (5, &[11], "Authenticated Users"),
    (5, &[13], "TERMINAL SERVER USER"),
    (5, &[32, 545], "Users"),
    (5, &[32, 546], "Guests"),
    (15, &[2, 1], "ALL APPLICATION PACKAGES"),
];

/// The access of others to a file or directory, as access masks (MS-DTYP 2.4.3,
/// <https://learn.microsoft.com/en-us/windows/win32/fileio/file-access-rights-constants>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Of all users other than the owner, this user and the system.
    others: u32,
    /// Of the groups in [`WORLD`].
    world: u32,
    is_directory: bool,
    /// The first of the others in the list.
    grantee: Option<UserId>,
}

const READ: u32 = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;
/// Access that lets its holder grant itself any other access.
const TAKE_OVER: u32 = WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
const WRITE: u32 = FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | TAKE_OVER;
const REMOVE: u32 = FILE_DELETE_CHILD | DELETE | TAKE_OVER;

impl Permissions {
    pub(super) const FULL_ACCESS_FOR_EVERYONE: Self =
        Self { others: GENERIC_ALL, world: GENERIC_ALL, is_directory: false, grantee: None };

    /// Returns whether users other than the owner can read it.
    pub fn others_can_read(self) -> bool {
        self.others & READ != 0
    }

    /// Returns whether users other than the owner can write to it.
    pub fn others_can_write(self) -> bool {
        self.others & self.write_mask() != 0
    }

    /// Returns whether it is world-writable.
    pub fn anyone_can_write(self) -> bool {
        self.world & self.write_mask() != 0
    }

    /// Returns whether it is a directory that lets users rename and remove only their own files.
    pub fn restricts_deletion(self) -> bool {
        self.is_directory && self.others & REMOVE == 0
    }

    fn write_mask(self) -> u32 {
        if self.is_directory { WRITE | REMOVE } else { WRITE }
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.grantee {
            Some(grantee) => write!(formatter, "access for {grantee}"),
            None => formatter.write_str("access for its owner alone"),
        }
    }
}

/// Returns the owner in a descriptor, if it has one.
pub(super) fn owner(descriptor: &[u8]) -> Option<UserId> {
    let offset = number(descriptor, 4).filter(|&offset| offset != 0)?;
    UserId::read(descriptor.get(offset..)?)
}

/// Parses a descriptor. Ignores entries that deny access: access that is both granted and denied
/// counts as granted.
pub(super) fn read(
    descriptor: &[u8],
    user: UserId,
    is_directory: bool,
) -> Option<(UserId, Permissions)> {
    let owner = owner(descriptor)?;
    let control = short(descriptor, 2)?;
    let list = number(descriptor, 16)?;
    if control & SE_DACL_PRESENT == 0 || list == 0 {
        // A missing DACL grants everyone full access.
        let grantee = Some(UserId::well_known(1, &[0]));
        let full = Permissions::FULL_ACCESS_FOR_EVERYONE;
        return Some((owner, Permissions { is_directory, grantee, ..full }));
    }
    let mut permissions = Permissions { others: 0, world: 0, is_directory, grantee: None };
    let list = descriptor.get(list..)?;
    let mut rest = list.get(8..usize::from(short(list, 2)?))?;
    for _ in 0..short(list, 4)? {
        let (entry, following) = rest.split_at_checked(usize::from(short(rest, 2)?))?;
        rest = following;
        let [kind, flags, ..] = entry else {
            return None;
        };
        if u32::from(*flags) & INHERIT_ONLY_ACE != 0 || !GRANTING_ACE_TYPES.contains(kind) {
            continue;
        }
        let mask = u32::from_le_bytes(*entry.get(4..)?.first_chunk()?);
        let grantee = UserId::read(entry.get(8..)?).filter(|_| PLAIN_ACE_TYPES.contains(kind));
        let Some(grantee) = grantee else {
            permissions.others |= mask;
            continue;
        };
        let is_trusted = grantee == user || grantee == owner || grantee.is_system();
        if is_trusted || grantee.is_owner_placeholder() {
            continue;
        }
        permissions.others |= mask;
        permissions.grantee.get_or_insert(grantee);
        if grantee.name().is_some() {
            permissions.world |= mask;
        }
    }
    Some((owner, permissions))
}

/// Returns a descriptor that grants `mask` to the owner, and nothing to anyone else. It inherits
/// nothing from the directory above. With `inherited`, new entries of a directory get the same.
pub(super) fn owner_only(owner: &UserId, mask: u32, inherited: bool) -> Vec<u8> {
    let sid = owner.bytes();
    let entry = short_of(8 + sid.len());
    let list = short_of(16 + sid.len());
    let mut descriptor = vec![1, 0];
    descriptor.extend((SE_DACL_PRESENT | SE_DACL_PROTECTED | SE_SELF_RELATIVE).to_le_bytes());
    let after_owner = 20 + u32::from(short_of(sid.len()));
    for offset in [20, 0, 0, after_owner] {
        descriptor.extend(u32::to_le_bytes(offset));
    }
    descriptor.extend(sid);
    descriptor.extend([2, 0]);
    descriptor.extend(list.to_le_bytes());
    descriptor.extend([1, 0, 0, 0]);
    let flags = if inherited { OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE } else { 0 };
    let [flags, ..] = flags.to_le_bytes();
    descriptor.extend([ACCESS_ALLOWED_ACE_TYPE, flags]);
    descriptor.extend(entry.to_le_bytes());
    descriptor.extend(mask.to_le_bytes());
    descriptor.extend(sid);
    descriptor
}

/// Returns a length as the 16-bit number of a descriptor. The longest SID fits.
fn short_of(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

const ACCESS_ALLOWED_ACE_TYPE: u8 = 0;
/// The ACE types that grant access (MS-DTYP 2.4.4.1).
const GRANTING_ACE_TYPES: [u8; 5] = [ACCESS_ALLOWED_ACE_TYPE, 4, 5, 9, 11];
/// The granting ACE types that have a SID after the access mask; 9 is
/// `ACCESS_ALLOWED_CALLBACK_ACE_TYPE`.
const PLAIN_ACE_TYPES: [u8; 2] = [ACCESS_ALLOWED_ACE_TYPE, 9];

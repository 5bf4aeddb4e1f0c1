//! Security descriptors as Windows has them in one piece of memory: whose a file is, and a list of who may do
//! what with it (MS-DTYP 2.4.6,
//! <https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-dtyp/7d4dac05-9cef-4563-a058-f108abecce1d>).

#[cfg(test)]
mod tests;

use std::fmt;

/// A user or a group, by security identifier (MS-DTYP 2.4.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserId {
    length: usize,
    bytes: [u8; MOST_BYTES],
}

/// Fifteen parts of four bytes after a head of eight.
const MOST_BYTES: usize = 68;

impl UserId {
    /// Reads an identifier from the beginning of `bytes`; what follows it is ignored.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let [1, parts, ..] = bytes else {
            return None;
        };
        let length = 8 + 4 * usize::from(*parts);
        let mut found = Self { length, bytes: [0; MOST_BYTES] };
        found.bytes.get_mut(..length)?.copy_from_slice(bytes.get(..length)?);
        Some(found)
    }

    /// Returns the identifier whose authority is one byte, and which has these parts.
    fn well_known(authority: u8, parts: &[u32]) -> Self {
        let mut found = Self { length: 8 + 4 * parts.len(), bytes: [0; MOST_BYTES] };
        let head = [1, u8::try_from(parts.len()).unwrap_or_default(), 0, 0, 0, 0, 0, authority];
        let all = head.into_iter().chain(parts.iter().flat_map(|part| part.to_le_bytes()));
        found.bytes.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
        found
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Returns whether it is one whose folders a system consists of: the system itself, its administrators,
    /// and what installs its parts.
    #[must_use]
    pub fn is_system(self) -> bool {
        system().contains(&self)
    }

    /// Returns whether what is this owner's is that user's: what an administrator makes may be owned by all of
    /// them.
    pub(in super::super::super) fn is_of(self, user: Self) -> bool {
        self == user || self == administrators()
    }

    /// Returns whether it stands for the owner of a file, whoever that is.
    fn is_owner_of_file(self) -> bool {
        [Self::well_known(3, &[0]), Self::well_known(3, &[4])].contains(&self)
    }

    fn name(self) -> Option<&'static str> {
        EVERYBODY
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

/// Returns those who may do everything anyway.
pub(super) fn system() -> [UserId; 3] {
    // The service TrustedInstaller.
    let installer = [80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464];
    [UserId::well_known(5, &[18]), administrators(), UserId::well_known(5, &installer)]
}

/// Groups that anybody may be in
/// (<https://learn.microsoft.com/en-us/windows-server/identity/ad-ds/manage/understand-security-identifiers>).
const EVERYBODY: [(u8, &[u32], &str); 10] = [
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

/// What somebody is let do, in bits (MS-DTYP 2.4.3; those of files:
/// <https://learn.microsoft.com/en-us/windows/win32/fileio/file-access-rights-constants>).
pub(super) mod right {
    /// `FILE_READ_DATA`, or to list a folder.
    pub(in super::super) const READ: u32 = 0x1;
    /// `FILE_WRITE_DATA`, or to make a file in a folder.
    pub(in super::super) const WRITE: u32 = 0x2;
    /// `FILE_APPEND_DATA`, or to make a folder in one.
    pub(in super::super) const APPEND: u32 = 0x4;
    /// `FILE_DELETE_CHILD`.
    pub(in super::super) const DELETE_CHILD: u32 = 0x40;
    /// `FILE_READ_ATTRIBUTES`.
    pub(in super::super) const READ_ATTRIBUTES: u32 = 0x80;
    /// `FILE_WRITE_ATTRIBUTES`.
    pub(in super::super) const WRITE_ATTRIBUTES: u32 = 0x100;
    /// `DELETE`.
    pub(in super::super) const DELETE: u32 = 0x1_0000;
    /// `READ_CONTROL`.
    pub(in super::super) const READ_CONTROL: u32 = 0x2_0000;
    /// `WRITE_DAC`: to change the list itself.
    pub(in super::super) const CHANGE_LIST: u32 = 0x4_0000;
    /// `WRITE_OWNER`.
    pub(in super::super) const TAKE: u32 = 0x8_0000;
    /// `GENERIC_ALL`.
    pub(in super::super) const EVERYTHING: u32 = 0x1000_0000;
    /// `GENERIC_WRITE`.
    pub(in super::super) const ANY_WRITE: u32 = 0x4000_0000;
    /// `GENERIC_READ`.
    pub(in super::super) const ANY_READ: u32 = 0x8000_0000;
    /// `FILE_GENERIC_READ`.
    pub(in super::super) const READ_FILE: u32 = 0x12_0089;
    /// `FILE_ALL_ACCESS`.
    pub(in super::super) const ALL_OF_FILE: u32 = 0x1f_01ff;
}

/// Who may do what with a file or folder, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) struct Permissions {
    others: u32,
    everybody: u32,
    is_folder: bool,
    /// The first of the others.
    stranger: Option<UserId>,
}

const READS: u32 = right::READ | right::ANY_READ | right::EVERYTHING;
const SEIZES: u32 = right::CHANGE_LIST | right::TAKE | right::EVERYTHING;
const WRITES: u32 = right::WRITE | right::APPEND | right::ANY_WRITE | SEIZES;
const REMOVES: u32 = right::DELETE_CHILD | right::DELETE | SEIZES;

impl Permissions {
    /// Those of what has no list.
    pub(super) const EVERYTHING_FOR_EVERYBODY: Self = Self {
        others: right::EVERYTHING,
        everybody: right::EVERYTHING,
        is_folder: false,
        stranger: None,
    };

    /// Returns whether others than the owner can read it.
    pub(in super::super::super) fn let_others_read(self) -> bool {
        self.others & READS != 0
    }

    /// Returns whether others than the owner can write to it.
    pub(in super::super::super) fn let_others_write(self) -> bool {
        self.others & self.writes() != 0
    }

    /// Returns whether everybody can write to it.
    pub(in super::super::super) fn let_all_write(self) -> bool {
        self.everybody & self.writes() != 0
    }

    /// Returns whether it is a folder in which everybody renames and removes only what is theirs.
    pub(in super::super::super) fn protect_entries(self) -> bool {
        self.is_folder && self.others & REMOVES == 0
    }

    fn writes(self) -> u32 {
        if self.is_folder { WRITES | REMOVES } else { WRITES }
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stranger {
            Some(stranger) => write!(formatter, "access for {stranger}"),
            None => formatter.write_str("access for its owner alone"),
        }
    }
}

/// Returns whose something is with this descriptor, if that says so.
pub(super) fn owner(descriptor: &[u8]) -> Option<UserId> {
    let place = number(descriptor, 4).filter(|&place| place != 0)?;
    UserId::read(descriptor.get(place..)?)
}

/// Reads a descriptor: whose the file or folder is, and who may do what with it. Refusals are not taken into
/// account: what is granted and refused counts as granted.
pub(super) fn read(
    descriptor: &[u8],
    user: UserId,
    is_folder: bool,
) -> Option<(UserId, Permissions)> {
    let owner = owner(descriptor)?;
    let control = short(descriptor, 2)?;
    let list = number(descriptor, 16)?;
    let mut rights = Permissions { others: 0, everybody: 0, is_folder, stranger: None };
    if control & HAS_LIST == 0 || list == 0 {
        // Without a list, everybody may do everything.
        let stranger = Some(UserId::well_known(1, &[0]));
        rights = Permissions { is_folder, stranger, ..Permissions::EVERYTHING_FOR_EVERYBODY };
        return Some((owner, rights));
    }
    let list = descriptor.get(list..)?;
    let mut rest = list.get(8..usize::from(short(list, 2)?))?;
    for _ in 0..short(list, 4)? {
        let (entry, following) = rest.split_at_checked(usize::from(short(rest, 2)?))?;
        rest = following;
        let [kind, flags, ..] = entry else {
            return None;
        };
        if flags & FOR_ENTRIES_ALONE != 0 || !GRANTS.contains(kind) {
            continue;
        }
        let bits = u32::from_le_bytes(*entry.get(4..)?.first_chunk()?);
        let Some(somebody) = UserId::read(entry.get(8..)?).filter(|_| PLAIN.contains(kind)) else {
            rights.others |= bits;
            continue;
        };
        let is_trusted = somebody == user || somebody == owner || somebody.is_system();
        if is_trusted || somebody.is_owner_of_file() {
            continue;
        }
        rights.others |= bits;
        rights.stranger.get_or_insert(somebody);
        if somebody.name().is_some() {
            rights.everybody |= bits;
        }
    }
    Some((owner, rights))
}

/// Returns a descriptor that lets the owner alone have `bits`, and nothing be inherited from the folder above;
/// with `for_entries` what is made in a folder gets the same.
pub(super) fn of_owner_alone(owner: &UserId, bits: u32, for_entries: bool) -> Vec<u8> {
    let identifier = owner.bytes();
    let entry = short_of(8 + identifier.len());
    let list = short_of(16 + identifier.len());
    let mut descriptor = vec![1, 0];
    descriptor.extend((HAS_LIST | IS_PROTECTED | IS_ONE_PIECE).to_le_bytes());
    let after_owner = 20 + u32::from(short_of(identifier.len()));
    for offset in [20, 0, 0, after_owner] {
        descriptor.extend(u32::to_le_bytes(offset));
    }
    descriptor.extend(identifier);
    descriptor.extend([2, 0]);
    descriptor.extend(list.to_le_bytes());
    descriptor.extend([1, 0, 0, 0]);
    descriptor.extend([0, if for_entries { FOR_FILES | FOR_FOLDERS } else { 0 }]);
    descriptor.extend(entry.to_le_bytes());
    descriptor.extend(bits.to_le_bytes());
    descriptor.extend(identifier);
    descriptor
}

/// No identifier is so long that this would not do.
fn short_of(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// `SE_DACL_PRESENT`.
const HAS_LIST: u16 = 0x4;
/// `SE_DACL_PROTECTED`.
const IS_PROTECTED: u16 = 0x1000;
/// `SE_SELF_RELATIVE`.
const IS_ONE_PIECE: u16 = 0x8000;
/// `OBJECT_INHERIT_ACE`.
const FOR_FILES: u8 = 1;
/// `CONTAINER_INHERIT_ACE`.
const FOR_FOLDERS: u8 = 2;
/// `INHERIT_ONLY_ACE`.
const FOR_ENTRIES_ALONE: u8 = 8;
/// Entries that grant something (MS-DTYP 2.4.4.1).
const GRANTS: [u8; 5] = [0, 4, 5, 9, 11];
/// Those of them in which an identifier follows the bits.
const PLAIN: [u8; 2] = [0, 9];

//! Win32 calls that the standard library does not make: creating a file with a security descriptor,
//! reading one, renaming without replacing, and console input and output in UTF-16.

#![expect(unsafe_code, reason = "Win32 is a C interface")]

use std::ffi::{OsStr, c_void};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Component, Path, Prefix, absolute};
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, GetTokenInformation,
    OWNER_SECURITY_INFORMATION, SECURITY_ATTRIBUTES, TOKEN_QUERY, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};
use windows_sys::Win32::System::Console::{ReadConsoleW, WriteConsoleW};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Returns the `TOKEN_USER` structure of this process, and the offset of the security identifier
/// (SID) in it.
pub(super) fn token_user() -> io::Result<(Vec<u8>, usize)> {
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle of this process is always valid; `token` is written before it is
    // read.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) };
    if opened == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is an open handle, which nothing else closes.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut user = Aligned::new(TOKEN_USER_BYTES);
    let mut length = 0;
    // SAFETY: the buffer has `capacity` bytes.
    let done = unsafe {
        let capacity = user.capacity();
        GetTokenInformation(token.as_raw_handle(), TokenUser, user.pointer(), capacity, &mut length)
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // The structure begins with a pointer to the SID, which follows in the same buffer.
    let start = user.pointer().addr();
    let bytes = user.into_bytes(length);
    let pointer = bytes.first_chunk().map(|pointer| usize::from_ne_bytes(*pointer));
    let offset = pointer.and_then(|pointer| pointer.checked_sub(start));
    let offset = offset.ok_or(ErrorKind::InvalidData)?;
    Ok((bytes, offset))
}

/// Returns the security descriptor of an open file or directory: its owner and its DACL.
pub(super) fn security_descriptor(file: &File) -> io::Result<Vec<u8>> {
    let mut length = FIRST_CAPACITY;
    loop {
        let mut descriptor = Aligned::new(length);
        let capacity = descriptor.capacity();
        let mut needed = 0;
        let parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        // SAFETY: the handle is open, and the buffer has `capacity` bytes.
        let done = unsafe {
            let buffer = descriptor.pointer();
            GetKernelObjectSecurity(file.as_raw_handle(), parts, buffer, capacity, &mut needed)
        };
        if done != 0 {
            return Ok(descriptor.into_bytes(needed.min(capacity)));
        }
        let error = io::Error::last_os_error();
        let is_longer = error.raw_os_error() == i32::try_from(ERROR_INSUFFICIENT_BUFFER).ok();
        // The DACL may grow between two calls, but not without limit.
        if !is_longer || needed <= length || needed > MAX_DESCRIPTOR_BYTES {
            return Err(error);
        }
        length = needed;
    }
}

/// Enough for the structure and the longest SID.
const TOKEN_USER_BYTES: u32 = 256;
const FIRST_CAPACITY: u32 = 512;
/// The size of an ACL is a 16-bit number of bytes, and the descriptor has one ACL.
const MAX_DESCRIPTOR_BYTES: u32 = 1 << 17;

/// Creates a file with a security descriptor, and opens it. No other process can have opened it
/// before the descriptor applies.
pub(super) fn create_file(path: &Path, descriptor: &[u8], access: u32) -> io::Result<File> {
    let path = wide_path(path)?;
    let mut descriptor = Aligned::of(descriptor);
    let attributes = attributes(&mut descriptor);
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the path ends with a zero, and the attributes point to a complete descriptor. Both
    // outlive the call.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            access,
            share,
            &attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is an open handle, which nothing else closes.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Creates a directory with a security descriptor.
pub(super) fn create_directory(path: &Path, descriptor: &[u8]) -> io::Result<()> {
    let path = wide_path(path)?;
    let mut descriptor = Aligned::of(descriptor);
    let attributes = attributes(&mut descriptor);
    // SAFETY: as in `create_file`.
    let done = unsafe { CreateDirectoryW(path.as_ptr(), &attributes) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Renames a file, fails if `to` exists, and waits until the new name is on the disk.
pub(super) fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide_path(from)?, wide_path(to)?);
    // SAFETY: both paths end with a zero and outlive the call.
    let done = unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits for a line typed on a console. Returns the number of UTF-16 units read, including the end
/// of line; 0 after Ctrl-C. The part of a line that does not fit is returned by the next call.
///
/// A console must be read and written in UTF-16: as bytes, it uses its code page, and replaces
/// other characters.
pub fn read_console(console: &impl AsHandle, line: &mut [u16]) -> io::Result<usize> {
    let console = console.as_handle().as_raw_handle();
    let capacity = u32::try_from(line.len()).unwrap_or(u32::MAX);
    let mut count = 0;
    // SAFETY: the handle is open, and the line has room for `capacity` units.
    let done = unsafe {
        ReadConsoleW(console, line.as_mut_ptr().cast(), capacity, &mut count, ptr::null())
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    usize::try_from(count).map_err(|_| ErrorKind::InvalidData.into())
}

/// Writes a whole text to a console.
pub fn write_console(console: &impl AsHandle, text: &str) -> io::Result<()> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let console = console.as_handle().as_raw_handle();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let mut count = 0;
        // SAFETY: the handle is open, and the text has `length` units.
        let done = unsafe {
            WriteConsoleW(console, rest.as_ptr().cast(), length, &mut count, ptr::null())
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        rest = rest.get(count.max(1)..).unwrap_or_default();
    }
    Ok(())
}

fn attributes(descriptor: &mut Aligned) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
        lpSecurityDescriptor: descriptor.pointer(),
        bInheritHandle: 0,
    }
}

/// `MAX_PATH` (260) less 12: the limit for directories.
pub(super) const MAX_PLAIN_PATH: usize = 248;

/// Returns a path in UTF-16, with a zero at the end. A path beyond `MAX_PATH` becomes a verbatim
/// path (`\\?\`), as in the standard library's own calls.
fn wide_path(path: &Path) -> io::Result<Vec<u16>> {
    let whole = absolute(path)?;
    let start = match whole.components().next() {
        _ if whole.as_os_str().len() < MAX_PLAIN_PATH => None,
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(_) => Some((r"\\?\", 0)),
            // One of the two leading backslashes stays.
            Prefix::UNC(..) => Some((r"\\?\UNC", 1)),
            _ => None,
        },
        _ => None,
    };
    let path = wide(path.as_os_str())?;
    Ok(match start {
        None => path,
        Some((start, skipped)) => {
            let whole = wide(whole.as_os_str())?;
            start.encode_utf16().chain(whole.into_iter().skip(skipped)).collect()
        }
    })
}

/// Returns a text in UTF-16, with a zero at the end.
fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.encode_wide().collect();
    if wide.contains(&0) {
        return Err(ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// A buffer aligned to 8 bytes.
struct Aligned(Vec<u64>);

impl Aligned {
    /// Returns zeros, at least `bytes` of them.
    fn new(bytes: u32) -> Self {
        Self(vec![0; usize::try_from(bytes).unwrap_or_default().div_ceil(8)])
    }

    fn of(bytes: &[u8]) -> Self {
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(target, byte)| *target = *byte);
            u64::from_ne_bytes(word)
        });
        Self(words.collect())
    }

    fn pointer(&mut self) -> *mut c_void {
        self.0.as_mut_ptr().cast()
    }

    /// Returns its size in bytes.
    fn capacity(&self) -> u32 {
        u32::try_from(self.0.len() * 8).unwrap_or_default()
    }

    /// Returns the first `length` bytes.
    fn into_bytes(self, length: u32) -> Vec<u8> {
        let bytes = self.0.into_iter().flat_map(u64::to_ne_bytes);
        bytes.take(usize::try_from(length).unwrap_or_default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_path_becomes_verbatim() {
        let converted = |path: &str| {
            let path = wide_path(Path::new(path)).unwrap();
            let (end, path) = path.split_last().unwrap();
            assert_eq!(*end, 0);
            String::from_utf16(path).unwrap()
        };
        let long = "n".repeat(130);
        let long = format!(r"{long}\{long}");
        for (path, expected) in [
            (r"C:\a\k".to_owned(), r"C:\a\k".to_owned()),
            ("k".into(), "k".into()),
            (format!(r"C:\{long}"), format!(r"\\?\C:\{long}")),
            (format!(r"C:/a/../{long}"), format!(r"\\?\C:\{long}")),
            (format!(r"\\server\share\{long}"), format!(r"\\?\UNC\server\share\{long}")),
            (format!(r"\\?\C:\{long}"), format!(r"\\?\C:\{long}")),
        ] {
            assert_eq!(converted(&path), expected);
        }
        assert!(converted(&long).starts_with(r"\\?\") && converted(&long).ends_with(&long));
    }
}

//! What is asked of Windows that Rust's library does not ask: a file that is its owner's alone when it begins
//! to be, whose a file is, a name that is given only if it is free, and a console that somebody types on.

#![expect(unsafe_code, reason = "Windows is asked through its C interface")]

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

/// Returns the structure that tells whom this process runs for (`TOKEN_USER`), and where in it that user's
/// identifier begins.
pub(super) fn token_user() -> io::Result<(Vec<u8>, usize)> {
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle of this process is always valid, and `token` is written before it is read.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) };
    if opened == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so that this is an open handle that nobody else closes.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut user = Aligned::new(USUAL_BYTES);
    let mut length = 0;
    // SAFETY: the structure that it points to has as many bytes as is said.
    let told = unsafe {
        let capacity = user.capacity();
        GetTokenInformation(token.as_raw_handle(), TokenUser, user.pointer(), capacity, &mut length)
    };
    if told == 0 {
        return Err(io::Error::last_os_error());
    }
    // The structure begins with a pointer to the identifier, which follows in the same memory.
    let start = user.pointer().addr();
    let bytes = user.into_bytes(length);
    let pointer = bytes.first_chunk().map(|pointer| usize::from_ne_bytes(*pointer));
    let offset = pointer.and_then(|pointer| pointer.checked_sub(start));
    let offset = offset.ok_or(ErrorKind::InvalidData)?;
    Ok((bytes, offset))
}

/// Returns the descriptor of an open file or folder: its owner, and the list of who may do what.
pub(super) fn descriptor_of(file: &File) -> io::Result<Vec<u8>> {
    let mut length = USUAL_LENGTH;
    loop {
        let mut descriptor = Aligned::new(length);
        let capacity = descriptor.capacity();
        let mut needed = 0;
        let parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        // SAFETY: the handle is open, and the memory has as many bytes as is said.
        let told = unsafe {
            let place = descriptor.pointer();
            GetKernelObjectSecurity(file.as_raw_handle(), parts, place, capacity, &mut needed)
        };
        if told != 0 {
            return Ok(descriptor.into_bytes(needed.min(capacity)));
        }
        let error = io::Error::last_os_error();
        let is_longer = error.raw_os_error() == i32::try_from(ERROR_INSUFFICIENT_BUFFER).ok();
        // The list may have grown meanwhile, but not without end.
        if !is_longer || needed <= length || needed > MOST_BYTES {
            return Err(error);
        }
        length = needed;
    }
}

const USUAL_BYTES: u32 = 256;
const USUAL_LENGTH: u32 = 512;
/// An access control list has at most as many bytes as fit in two, and there is one of them.
const MOST_BYTES: u32 = 1 << 17;

/// Makes a new file with such a descriptor, and opens it with such rights; nobody else can have opened it
/// before.
pub(super) fn create_file(path: &Path, descriptor: &[u8], rights: u32) -> io::Result<File> {
    let path = wide_path(path)?;
    let mut descriptor = Aligned::of(descriptor);
    let attributes = attributes(&mut descriptor);
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the path ends with a zero, and the attributes point to a descriptor that is whole; both live
    // longer than the call.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            rights,
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
    // SAFETY: the call has succeeded, so that this is an open handle that nobody else closes.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Makes a new folder with such a descriptor.
pub(super) fn create_folder(path: &Path, descriptor: &[u8]) -> io::Result<()> {
    let path = wide_path(path)?;
    let mut descriptor = Aligned::of(descriptor);
    let attributes = attributes(&mut descriptor);
    // SAFETY: as in `create_file`.
    let made = unsafe { CreateDirectoryW(path.as_ptr(), &attributes) };
    if made == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Gives a file another name, which must be free, and waits until that is on the disk.
pub(super) fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide_path(from)?, wide_path(to)?);
    // SAFETY: both paths end with a zero, and live longer than the call.
    let done = unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Waits for a line that is typed on a console, in UTF-16, and returns how much of it there is.
pub(super) fn read_console(console: &impl AsHandle, line: &mut [u16]) -> io::Result<usize> {
    let console = console.as_handle().as_raw_handle();
    let room = u32::try_from(line.len()).unwrap_or(u32::MAX);
    let mut count = 0;
    // SAFETY: the handle is open, and the line has room for as many units as is said.
    let done =
        unsafe { ReadConsoleW(console, line.as_mut_ptr().cast(), room, &mut count, ptr::null()) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    usize::try_from(count).map_err(|_| ErrorKind::InvalidData.into())
}

/// Shows a text in UTF-16 on a console, and returns how much of it.
pub(super) fn write_console(console: &impl AsHandle, text: &[u16]) -> io::Result<usize> {
    let console = console.as_handle().as_raw_handle();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut count = 0;
    // SAFETY: the handle is open, and the text has as many units as is said.
    let done =
        unsafe { WriteConsoleW(console, text.as_ptr().cast(), length, &mut count, ptr::null()) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    usize::try_from(count).map_err(|_| ErrorKind::InvalidData.into())
}

fn attributes(descriptor: &mut Aligned) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
        lpSecurityDescriptor: descriptor.pointer(),
        bInheritHandle: 0,
    }
}

/// `MAX_PATH`, of which a folder has twelve fewer.
pub(super) const LONGEST_NAMED: usize = 248;

/// Returns the path as Windows takes it, with a zero at the end. One that is longer than programs may have it
/// (`MAX_PATH`) is taken if it is to be taken word for word, as the library does it for what it asks itself.
fn wide_path(path: &Path) -> io::Result<Vec<u16>> {
    let whole = absolute(path)?;
    let start = match whole.components().next() {
        _ if whole.as_os_str().len() < LONGEST_NAMED => None,
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(_) => Some((r"\\?\", 0)),
            // Of the two backslashes in front, one stays.
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

/// Returns the text as Windows takes it, with a zero at the end.
fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.encode_wide().collect();
    if wide.contains(&0) {
        return Err(ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// Memory at an address that is a multiple of eight.
struct Aligned(Vec<u64>);

impl Aligned {
    /// Returns zeros, of at least so many bytes.
    fn new(bytes: u32) -> Self {
        Self(vec![0; usize::try_from(bytes).unwrap_or_default().div_ceil(8)])
    }

    fn of(bytes: &[u8]) -> Self {
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(place, byte)| *place = *byte);
            u64::from_ne_bytes(word)
        });
        Self(words.collect())
    }

    fn pointer(&mut self) -> *mut c_void {
        self.0.as_mut_ptr().cast()
    }

    /// Returns how many bytes there are.
    fn capacity(&self) -> u32 {
        u32::try_from(self.0.len() * 8).unwrap_or_default()
    }

    /// Returns the first of the bytes.
    fn into_bytes(self, length: u32) -> Vec<u8> {
        let bytes = self.0.into_iter().flat_map(u64::to_ne_bytes);
        bytes.take(usize::try_from(length).unwrap_or_default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_long_is_taken_word_for_word() {
        let shown = |path: &str| {
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
            assert_eq!(shown(&path), expected);
        }
        assert!(shown(&long).starts_with(r"\\?\") && shown(&long).ends_with(&long));
    }
}

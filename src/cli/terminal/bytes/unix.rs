//! The standard streams of a Unix process, as descriptors.
//!
//! The standard library takes a descriptor that is not open for the direction (EBADF) for an empty
//! input or for a successful output, so a private key would be lost without an error.

use std::io::{self, ErrorKind};
use std::os::fd::AsFd;

use rustix::io::retry_on_intr;

pub(in super::super) fn write_all(stream: impl AsFd, contents: &[u8]) -> io::Result<()> {
    let mut rest = contents;
    while !rest.is_empty() {
        match retry_on_intr(|| rustix::io::write(&stream, rest))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => rest = rest.get(count..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Reads once. Returns zero at the end.
pub(in super::super) fn read(stream: impl AsFd, chunk: &mut [u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::read(&stream, &mut *chunk))?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_types, reason = "the tests open files by other means")]

    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn descriptor_of_other_direction_is_error() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("f");
        let written = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        write_all(&written, b"ab").unwrap();
        write_all(&written, b"").unwrap();
        let readable = OpenOptions::new().read(true).open(&path).unwrap();
        let mut chunk = [0; 9];
        assert_eq!(read(&readable, &mut chunk).unwrap(), 2);
        assert_eq!(chunk.get(..2), Some(&b"ab"[..]));
        assert_eq!(read(&readable, &mut chunk).unwrap(), 0);
        let bad = Some(rustix::io::Errno::BADF.raw_os_error());
        assert_eq!(write_all(&readable, b"x").unwrap_err().raw_os_error(), bad);
        assert_eq!(read(&written, &mut chunk).unwrap_err().raw_os_error(), bad);
    }
}

//! The standard streams of a Windows process. A console takes text only through the standard
//! library.

use std::io::{self, Read, Write};

pub(in super::super) fn write_all(mut stream: impl Write, contents: &[u8]) -> io::Result<()> {
    stream.write_all(contents)?;
    stream.flush()
}

/// Reads once. Returns zero at the end.
pub(in super::super) fn read(mut stream: impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    stream.read(chunk)
}

//! The standard streams as the two directions of a connection.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd;

/// Returns stdin and stdout. From now on the program itself writes to stderr only, so dropping the
/// writer ends stdout for its reader.
pub fn take() -> io::Result<(PipeReader, PipeWriter)> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((input.into(), output.into()))
}

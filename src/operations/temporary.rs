//! The temporary files of a command, and the command that uses them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::OperationError;
use super::prune::{PUBLIC_KEY_FILE, Purpose};
use crate::child::{ChildError, Ended, SignalForwarder};
use crate::file::{Access, Draft, EphemeralDirectory, Existing, Target};
use crate::format::{self, Comment, PublicFormat};
use crate::key::PublicKey;

/// Writes a file that must not exist yet.
pub(super) fn write(path: &Path, access: Access, contents: &[u8]) -> Result<(), OperationError> {
    let target = Target::new(path, Existing::Keep)?;
    // No command ran in this directory before.
    drop(Draft::write(&target, access, contents)?.publish()?.keep());
    Ok(())
}

/// Writes the file of the public key. Returns its path.
pub(super) fn write_public(
    directory: &EphemeralDirectory,
    key: &PublicKey,
    comment: &Comment,
) -> Result<PathBuf, OperationError> {
    let path = directory.path().join(PUBLIC_KEY_FILE);
    let line = format::write_public(key, PublicFormat::Openssh, comment)?;
    write(&path, Access::Everyone, &line)?;
    Ok(path)
}

/// Returns the directories with paths short enough for a socket below them.
pub(super) fn for_sockets(directories: &[PathBuf]) -> Vec<PathBuf> {
    let fits = |path: &&PathBuf| path.as_os_str().len() <= MAX_SOCKET_DIRECTORY_BYTES;
    directories.iter().filter(fits).cloned().collect()
}

/// Some systems limit a socket path to 103 bytes. The names added to the directory take 48.
const MAX_SOCKET_DIRECTORY_BYTES: usize = 55;

/// A command and the changes to its environment; a variable without a value is removed.
pub(super) struct Command<'a> {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Vec<(&'a str, Option<OsString>)>,
}

/// Runs a command that uses the files in a directory. If this process is killed, the directory can
/// be removed once the command has ended.
pub(super) fn run(
    command: &Command<'_>,
    forwarder: SignalForwarder,
    directory: &EphemeralDirectory,
    purpose: &Purpose,
) -> Result<Ended, OperationError> {
    let Command { program, arguments, variables } = command;
    let purpose = purpose.to_string();
    let mut started = |process| {
        // Until then, the earlier record protects the files.
        directory.record_user(process, &purpose).ok();
    };
    directory.record_start(&purpose)?;
    let ended = forwarder.run(program, arguments, variables, &mut started);
    ended.map_err(|error| match error {
        ChildError::Interrupted { signal } => OperationError::Signalled { signal },
        ChildError::Io(source) => {
            let program = program.to_string_lossy().into_owned();
            OperationError::CannotRun { program, source }
        }
    })
}

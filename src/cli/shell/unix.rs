//! Unix commands in hints.

use std::path::Path;

use super::ShellCommand;

/// Returns a command that creates a directory and its parents.
pub fn create_directory(path: &Path) -> ShellCommand {
    ShellCommand::new("mkdir").word("-p").path(path)
}

/// Returns a command that makes a file read-only and private to its owner.
pub fn allow_owner_to_read(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("400").path(path)
}

/// Returns a command that makes a file private to its owner.
pub fn allow_owner_only(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("600").path(path)
}

/// Returns a command that lets only the owner and the group write to a file or directory.
pub fn remove_world_write(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("o-w").path(path)
}

/// Returns a command that lets only the owner change the contents of a directory.
pub fn protect_directory(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("go-w").path(path)
}

/// Returns a command that lets the owner read a file or directory.
pub fn allow_reading(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("u+rX").path(path)
}

/// Returns a command that makes the user the owner of a file.
pub fn take_ownership(path: &Path) -> ShellCommand {
    ShellCommand::new("sudo").word("chown").syntax("\"$(id -un)\"").path(path)
}

/// Returns two commands that replace one of several hard links to a file with a copy.
pub fn separate(path: &Path) -> [ShellCommand; 2] {
    let copy = path.with_added_extension("copy");
    let copied = ShellCommand::new("cp").word("-p").path(path).path(&copy);
    [copied, ShellCommand::new("mv").path(&copy).path(path)]
}

pub fn remove(path: &Path) -> ShellCommand {
    ShellCommand::new("rm").path(path)
}

pub fn remove_directory(path: &Path) -> ShellCommand {
    ShellCommand::new("rm").word("-r").path(path)
}

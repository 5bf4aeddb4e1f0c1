//! Commands of Unix.

use std::path::Path;

use super::ShellCommand;

/// Returns a command that makes a folder, with those above it.
pub fn make_folder(path: &Path) -> ShellCommand {
    ShellCommand::new("mkdir").word("-p").path(path)
}

/// Returns a command that leaves a file to its owner alone, to be read.
pub fn leave_to_reader(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("400").path(path)
}

/// Returns a command that leaves a file to its owner alone, to be read and written.
pub fn leave_to_owner(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("600").path(path)
}

/// Returns a command that keeps all but the owner and the group from writing to a file or folder.
pub fn close_to_all(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("o-w").path(path)
}

/// Returns a command that keeps others from changing the content of a folder.
pub fn close_folder(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("go-w").path(path)
}

/// Returns a command that lets the owner look at a file or folder.
pub fn let_read(path: &Path) -> ShellCommand {
    ShellCommand::new("chmod").word("u+rX").path(path)
}

/// Returns a command that makes a file the user's own.
pub fn take_over(path: &Path) -> ShellCommand {
    ShellCommand::new("sudo").word("chown").syntax("\"$(id -un)\"").path(path)
}

/// Returns two commands that make one of several names of a file that of a copy.
pub fn separate(path: &Path) -> [ShellCommand; 2] {
    let copy = path.with_added_extension("copy");
    let copied = ShellCommand::new("cp").word("-p").path(path).path(&copy);
    [copied, ShellCommand::new("mv").path(&copy).path(path)]
}

/// Returns a command that removes a file.
pub fn remove(path: &Path) -> ShellCommand {
    ShellCommand::new("rm").path(path)
}

/// Returns a command that removes a folder and its content.
pub fn remove_folder(path: &Path) -> ShellCommand {
    ShellCommand::new("rm").word("-r").path(path)
}

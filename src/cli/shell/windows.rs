//! Commands of Windows.

use std::path::Path;

use super::ShellCommand;

/// Returns a command that makes a folder, with those above it.
pub fn make_folder(path: &Path) -> ShellCommand {
    ShellCommand::new("mkdir").path(path)
}

/// Returns a command that leaves a file to its owner alone, to be read.
pub fn leave_to_reader(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:R\"")
}

/// Returns a command that leaves a file to its owner alone, to be read and written.
pub fn leave_to_owner(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:F\"")
}

/// Returns a command that keeps everyone and all users from a file or folder.
pub fn close_to_all(path: &Path) -> ShellCommand {
    all_removed(ShellCommand::new("icacls").literal(path).word("/inheritance:d"))
}

/// Returns a command that leaves a folder to its owner alone, with what will be in it.
pub fn close_folder(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:(OI)(CI)F\"")
}

fn grant_alone(path: &Path, grant: &'static str) -> ShellCommand {
    let command = ShellCommand::new("icacls").literal(path).word("/inheritance:r");
    all_removed(command.word("/grant:r").syntax(grant))
}

/// Removes Everyone, Authenticated Users and Users, by their identifiers, because their names depend on the
/// language of the system. A permission that is granted to them and not inherited would stay otherwise.
fn all_removed(command: ShellCommand) -> ShellCommand {
    command.word("/remove:g").syntax("*S-1-1-0 *S-1-5-11 *S-1-5-32-545")
}

/// Returns a command that lets the user look at a file or folder.
pub fn let_read(path: &Path) -> ShellCommand {
    ShellCommand::new("icacls").literal(path).word("/grant").syntax("\"%USERNAME%:R\"")
}

/// Returns a command that makes a file the user's own.
pub fn take_over(path: &Path) -> ShellCommand {
    ShellCommand::new("takeown").word("/f").literal(path)
}

/// Returns two commands that make one of several names of a file that of a copy.
pub fn separate(path: &Path) -> [ShellCommand; 2] {
    let copy = path.with_added_extension("copy");
    let copied = ShellCommand::new("copy").path(path).path(&copy);
    [copied, ShellCommand::new("move").word("/y").path(&copy).path(path)]
}

/// Returns a command that removes a file.
pub fn remove(path: &Path) -> ShellCommand {
    ShellCommand::new("del").literal(path)
}

/// Returns a command that removes a folder and its content.
pub fn remove_folder(path: &Path) -> ShellCommand {
    ShellCommand::new("rmdir").word("/s").literal(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_key_is_left_to_its_owner() {
        let command = concat!(
            r#"icacls k.pem /inheritance:r /grant:r "%USERNAME%:R" "#,
            "/remove:g *S-1-1-0 *S-1-5-11 *S-1-5-32-545"
        );
        assert_eq!(leave_to_reader(Path::new("k.pem")).to_string(), command);
    }

    #[test]
    fn path_with_wildcard_is_not_named() {
        assert_eq!(remove(Path::new("k[1].pem")).to_string(), "del \"<name>\"");
    }
}

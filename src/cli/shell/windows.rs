//! Windows commands in hints.

use std::path::Path;

use super::ShellCommand;

/// Returns a command that creates a directory and its parents.
pub fn create_directory(path: &Path) -> ShellCommand {
    ShellCommand::new("mkdir").path(path)
}

/// Returns a command that makes a file read-only and private to its owner.
pub fn allow_owner_to_read(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:R\"")
}

/// Returns a command that makes a file private to its owner.
pub fn allow_owner_only(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:F\"")
}

/// Returns a command that removes the permissions of Everyone and all users.
pub fn remove_world_write(path: &Path) -> ShellCommand {
    all_removed(ShellCommand::new("icacls").literal(path).word("/inheritance:d"))
}

/// Returns a command that restricts a directory and its future contents to the owner.
pub fn protect_directory(path: &Path) -> ShellCommand {
    grant_alone(path, "\"%USERNAME%:(OI)(CI)F\"")
}

fn grant_alone(path: &Path, grant: &'static str) -> ShellCommand {
    let command = ShellCommand::new("icacls").literal(path).word("/inheritance:r");
    all_removed(command.word("/grant:r").syntax(grant))
}

/// Removes Everyone, Authenticated Users and Users by their SIDs, because their names depend on the
/// language of the system. Otherwise, their explicit permissions would stay.
fn all_removed(command: ShellCommand) -> ShellCommand {
    command.word("/remove:g").syntax("*S-1-1-0 *S-1-5-11 *S-1-5-32-545")
}

/// Returns a command that lets the user read a file or directory.
pub fn allow_reading(path: &Path) -> ShellCommand {
    ShellCommand::new("icacls").literal(path).word("/grant").syntax("\"%USERNAME%:R\"")
}

/// Returns a command that makes the user the owner of a file.
pub fn take_ownership(path: &Path) -> ShellCommand {
    ShellCommand::new("takeown").word("/f").literal(path)
}

/// Returns two commands that replace one of several hard links to a file with a copy.
pub fn separate(path: &Path) -> [ShellCommand; 2] {
    let copy = path.with_added_extension("copy");
    let copied = ShellCommand::new("copy").path(path).path(&copy);
    [copied, ShellCommand::new("move").word("/y").path(&copy).path(path)]
}

pub fn remove(path: &Path) -> ShellCommand {
    ShellCommand::new("del").literal(path)
}

pub fn remove_directory(path: &Path) -> ShellCommand {
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
        assert_eq!(allow_owner_to_read(Path::new("k.pem")).to_string(), command);
    }

    #[test]
    fn path_with_wildcard_is_not_named() {
        assert_eq!(remove(Path::new("k[1].pem")).to_string(), "del \"<name>\"");
    }
}

//! Commands of Windows.

use std::path::Path;

/// What makes a folder, with those above it.
pub const MAKE_FOLDER: &str = "`mkdir` makes it";

/// What starts the agent, which Windows has switched off at first.
pub const START_AGENT: &str = "`sc.exe config ssh-agent start= demand` and `net start ssh-agent`, as an \
     administrator, start the one of Windows";

/// What leaves the file that stdout is to its owner.
pub const ANSWERS_TO_OWNER: &str =
    "`icacls FILE /inheritance:r /grant:r \"%USERNAME%:R\"` leaves it to you alone";

/// Returns what leaves a file to its owner alone, to be read.
pub fn leave_to_reader(path: &Path) -> String {
    grant_alone(path, "R")
}

/// Returns what leaves a file to its owner alone, to be read and written.
pub fn leave_to_owner(path: &Path) -> String {
    grant_alone(path, "F")
}

/// Returns what keeps everybody, whoever has logged in, and all users, from a file or folder.
pub fn close_to_all(path: &Path) -> String {
    format!("icacls {} /inheritance:d /remove:g {ALL}", quoted_path(path))
}

/// Returns what leaves a folder to its owner alone, with what will be in it.
pub fn close_folder(path: &Path) -> String {
    grant_alone(path, "(OI)(CI)F")
}

fn grant_alone(path: &Path, rights: &str) -> String {
    let grant = format!("/grant:r \"%USERNAME%:{rights}\"");
    format!("icacls {} /inheritance:r {grant} /remove:g {ALL}", quoted_path(path))
}

/// Everyone, Authenticated Users and Users, whatever they are called in the language of the system: what is
/// granted to them and not inherited would stay.
const ALL: &str = "*S-1-1-0 *S-1-5-11 *S-1-5-32-545";

/// Returns what lets the user look at a file or folder.
pub fn let_read(path: &Path) -> String {
    format!("icacls {} /grant \"%USERNAME%:R\"", quoted_path(path))
}

/// Returns what makes a file the user's own.
pub fn take_over(path: &Path) -> String {
    format!("takeown /f {}", quoted_path(path))
}

/// Returns what removes a file.
pub fn remove(path: &Path) -> String {
    format!("del {}", quoted_path(path))
}

/// Returns what removes a folder with all that is in it.
pub fn remove_folder(path: &Path) -> String {
    format!("rmdir /s {}", quoted_path(path))
}

/// Returns a word as cmd hands it on, and PowerShell too, but for what each has variables in: `%` and `$`.
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || br"-_./\:@+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    // In front of the mark that ends the word, a backslash would be taken for one that escapes it.
    let backslashes = word.len() - word.trim_end_matches('\\').len();
    format!("\"{}{}\"", word.replace('"', "\"\""), r"\".repeat(backslashes))
}

/// Returns a path as [`quoted`] does, so that no command takes it for an option.
pub fn quoted_path(path: &Path) -> String {
    let path = path.to_string_lossy();
    if path.starts_with(['-', '/']) { quoted(&format!(r".\{path}")) } else { quoted(&path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word() {
        assert_eq!(quoted("eu-west-1"), "eu-west-1");
        assert_eq!(quoted(r"C:\Users\u\k.pem"), r"C:\Users\u\k.pem");
        assert_eq!(quoted("a b"), "\"a b\"");
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("a\"b&c"), "\"a\"\"b&c\"");
        assert_eq!(quoted(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted_path(Path::new("-a b")), r#"".\-a b""#);
        assert_eq!(quoted_path(Path::new(r"a\-b")), r"a\-b");
    }

    #[test]
    fn a_private_key_is_left_to_who_asks() {
        let command = concat!(
            r#"icacls k.pem /inheritance:r /grant:r "%USERNAME%:R" "#,
            "/remove:g *S-1-1-0 *S-1-5-11 *S-1-5-32-545"
        );
        assert_eq!(leave_to_reader(Path::new("k.pem")), command);
    }
}

//! Commands of Unix.

use std::path::Path;

use crate::cli::render::visible;

/// What makes a folder, with those above it.
pub const MAKE_FOLDER: &str = "`mkdir -p` makes it";

/// What starts an agent and leads to it.
pub const START_AGENT: &str = "eval \"$(ssh-agent)\" starts one, for this shell and what it runs";

/// What leaves the file that stdout is to its owner.
pub const ANSWERS_TO_OWNER: &str = "`umask 077` before, or `chmod 400` it now";

/// Returns what leaves a file to its owner alone, to be read.
pub fn leave_to_reader(path: &Path) -> String {
    format!("chmod 400 {}", quoted_path(path))
}

/// Returns what leaves a file to its owner alone, to be read and written.
pub fn leave_to_owner(path: &Path) -> String {
    format!("chmod 600 {}", quoted_path(path))
}

/// Returns what keeps all but the owner and the group from writing to a file or folder.
pub fn close_to_all(path: &Path) -> String {
    format!("chmod o-w {}", quoted_path(path))
}

/// Returns what keeps others from changing what is in a folder.
pub fn close_folder(path: &Path) -> String {
    format!("chmod go-w {}", quoted_path(path))
}

/// Returns what lets the owner look at a file or folder.
pub fn let_read(path: &Path) -> String {
    format!("chmod u+rX {}", quoted_path(path))
}

/// Returns what makes a file the user's own.
pub fn take_over(path: &Path) -> String {
    format!("sudo chown \"$(id -un)\" {}", quoted_path(path))
}

/// Returns what removes a file.
pub fn remove(path: &Path) -> String {
    format!("rm {}", quoted_path(path))
}

/// Returns what removes a folder with all that is in it.
pub fn remove_folder(path: &Path) -> String {
    format!("rm -r {}", quoted_path(path))
}

/// Returns a word as a shell takes it; one with characters that do not show, as bash, ksh and zsh take it.
pub fn quoted(word: &str) -> String {
    quoted_bytes(word.as_bytes())
}

/// Returns a path as a shell takes it, and as no command takes it for an option.
pub fn quoted_path(path: &Path) -> String {
    let path = path.as_os_str().as_encoded_bytes();
    if path.starts_with(b"-") { quoted_bytes(&[b"./", path].concat()) } else { quoted_bytes(path) }
}

fn quoted_bytes(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(byte);
    match str::from_utf8(word) {
        Ok(word) if !word.is_empty() && word.bytes().all(|byte| is_plain(&byte)) => word.to_owned(),
        Ok(word) if *visible(word) == *word => format!("'{}'", word.replace('\'', "'\\''")),
        _ => {
            let byte = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            format!("$'{}'", word.iter().map(byte).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word() {
        assert_eq!(quoted("eu-west-1"), "eu-west-1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted_path(Path::new("-a b")), "'./-a b'");
        assert_eq!(quoted_path(Path::new("a/-b")), "a/-b");
        assert_eq!(quoted("é"), "'é'");
        assert_eq!(quoted("a\u{1b}[2J\n'\\\u{202e}"), r"$'a\x1b[2J\x0a\'\\\xe2\x80\xae'");
    }
}

//! Names that no file can have, although the path they end can be opened.

/// Why Windows takes a name for something else than a file
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileNameError {
    /// It has a character that is in no name.
    #[error("Windows has the character `{}` in no name", .character.escape_default())]
    Character {
        /// The first of them.
        character: char,
    },
    /// Whatever ending it has, a device is meant.
    #[error("Windows has a device of that name")]
    Device,
    /// What comes last is left out, so that another file is meant.
    #[error("Windows leaves out the dot or the space at its end")]
    End,
    /// It is that of a file, and of one more stream of bytes in it, which is in no listing and no copy.
    #[error("behind `:` Windows has the name of a stream in a file")]
    Stream,
}

impl FileNameError {
    /// Returns what is wrong with the last part of a path, were it on Windows.
    #[must_use]
    pub fn on_windows(name: &str) -> Option<Self> {
        let is_nowhere = |character: &char| *character < ' ' || r#"<>"/\|?*"#.contains(*character);
        let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
        if let Some(character) = name.chars().find(is_nowhere) {
            Some(Self::Character { character })
        } else if name.contains(':') {
            Some(Self::Stream)
        } else if name.ends_with(['.', ' ']) {
            Some(Self::End)
        } else {
            is_device(stem).then_some(Self::Device)
        }
    }
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().find_map(|device| stem.strip_prefix(device));
    let numbers = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"];
    ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"].contains(&stem.as_str())
        || numbered.is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_files_or_not() {
        for name in [
            "k.pem",
            "a b",
            ".ssh",
            "a..pem",
            "CONSOLE",
            "com",
            "COM10",
            "lpt1x.pem",
            "nul-1",
            "é",
            "x.nul",
            "k'%$&;^~.pem",
        ] {
            assert_eq!(FileNameError::on_windows(name), None, "{name}");
        }
        for name in [
            "NUL",
            "nul.pem",
            "Con",
            "con.tar.gz",
            "aux .pem",
            "PRN",
            "COM1.pem",
            "com0",
            "COM³.pem",
            "lpt9",
            "LPT²",
            "CONIN$",
            "conout$.pem",
        ] {
            assert_eq!(FileNameError::on_windows(name), Some(FileNameError::Device), "{name}");
        }
        for name in ["k.", "k.pem ", "k. .", "nul."] {
            assert_eq!(FileNameError::on_windows(name), Some(FileNameError::End), "{name}");
        }
        for name in ["k.pem:stream", "a:b", "k.pem::$DATA", "nul:"] {
            assert_eq!(FileNameError::on_windows(name), Some(FileNameError::Stream), "{name}");
        }
        for character in "<>\"/\\|?*\t\0\x1f".chars() {
            let name = format!("a{character}b:c.");
            let fault = Some(FileNameError::Character { character });
            assert_eq!(FileNameError::on_windows(&name), fault, "{name:?}");
        }
    }

    #[test]
    fn what_is_wrong_can_be_shown() {
        let said = FileNameError::Character { character: '\x1b' }.to_string();
        assert_eq!(said, r"Windows has the character `\u{1b}` in no name");
    }
}

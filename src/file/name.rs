//! File names that Windows does not use for a file, although it can open them.

/// The reason a name is not valid for a file on Windows
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileNameError {
    #[error("Windows file names cannot contain `{}`", .character.escape_default())]
    Character { character: char },
    /// A reserved device name, with or without an extension.
    #[error("Windows reserves the name for a device")]
    Device,
    /// Windows drops the last character, so the name would mean another file.
    #[error("Windows drops a dot or space at the end of a name")]
    TrailingDotOrSpace,
    /// The name of an alternate data stream of a file, which listings and copies omit.
    #[error("on Windows, `:` would create an alternate data stream")]
    Stream,
}

impl FileNameError {
    /// Checks the last part of a path by the rules of Windows.
    pub fn on_windows(name: &str) -> Option<Self> {
        let is_forbidden =
            |character: &char| *character < ' ' || r#"<>"/\|?*"#.contains(*character);
        let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
        if let Some(character) = name.chars().find(is_forbidden) {
            Some(Self::Character { character })
        } else if name.contains(':') {
            Some(Self::Stream)
        } else if name.ends_with(['.', ' ']) {
            Some(Self::TrailingDotOrSpace)
        } else {
            is_device(stem).then_some(Self::Device)
        }
    }
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let from_raw = ["COM", "LPT"].iter().find_map(|device| stem.strip_prefix(device));
    let numbers = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"];
    ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"].contains(&stem.as_str())
        || from_raw.is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_names_are_checked() {
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
            assert_eq!(
                FileNameError::on_windows(name),
                Some(FileNameError::TrailingDotOrSpace),
                "{name}"
            );
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
    fn control_character_is_escaped_in_message() {
        let message = FileNameError::Character { character: '\x1b' }.to_string();
        assert_eq!(message, r"Windows file names cannot contain `\u{1b}`");
    }
}

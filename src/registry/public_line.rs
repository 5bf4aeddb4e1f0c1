//! The text of a registered public key.

use super::KeyName;

/// An OpenSSH public key as the registry returns it: `TYPE BASE64` and an optional comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicLine(String);

impl PublicLine {
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// Appends the name of the pair to a line `TYPE BASE64`, as EC2 does. Omits a name with control
    /// characters: the line goes into files with one key per line.
    pub fn named(bare: &str, name: &KeyName) -> Self {
        if name.as_str().contains(char::is_control) {
            Self(bare.to_owned())
        } else {
            Self(format!("{bare} {name}"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether two lines contain the same key. Ignores the comments.
    pub fn is_same_key(&self, other: &Self) -> bool {
        let words = self.0.split_ascii_whitespace().take(2);
        words.eq(other.0.split_ascii_whitespace().take(2))
    }

    /// Returns whether the line contains the key of another line `TYPE BASE64`.
    pub fn is_of(&self, bare: &str) -> bool {
        self.0.split_ascii_whitespace().take(2).eq(bare.split_ascii_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_line_comparison_ignores_comment() {
        let bare = "ssh-ed25519 AAAA";
        for line in [bare, "ssh-ed25519 AAAA web", "ssh-ed25519 AAAA a b c\n"] {
            assert!(PublicLine::new(line).is_of(bare), "{line}");
        }
        for line in ["", "ssh-ed25519", "ssh-ed25519 AAAB", "ssh-rsa AAAA"] {
            assert!(!PublicLine::new(line).is_of(bare), "{line}");
        }
    }

    #[test]
    fn public_line_has_name_as_comment() {
        let line = |name| PublicLine::named("ssh-rsa AAAA", &KeyName::new(name).unwrap());
        assert_eq!(line("a b").as_str(), "ssh-rsa AAAA a b");
        assert_eq!(line("a\nb").as_str(), "ssh-rsa AAAA");
    }
}

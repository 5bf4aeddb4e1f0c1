//! A registered public key as text.

use super::KeyName;

/// An OpenSSH public key as a registry shows it: `TYPE BASE64`, and maybe a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicLine(String);

impl PublicLine {
    /// Takes what a registry shows.
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// Returns the line of a key, `TYPE BASE64`, as EC2 shows it: with the name of the pair in the
    /// place of the comment. A name with a line break in it is left out, because the line goes into
    /// files of one key a line.
    #[must_use]
    pub fn named(bare: &str, name: &KeyName) -> Self {
        if name.as_str().contains(char::is_control) {
            Self(bare.to_owned())
        } else {
            Self(format!("{bare} {name}"))
        }
    }

    /// Returns the text as the registry shows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this and another line are of the same key, whatever their comments.
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        let words = self.0.split_ascii_whitespace().take(2);
        words.eq(other.0.split_ascii_whitespace().take(2))
    }

    /// Returns whether this is the key of a line `TYPE BASE64`.
    #[must_use]
    pub fn is_of(&self, bare: &str) -> bool {
        self.0.split_ascii_whitespace().take(2).eq(bare.split_ascii_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_does_not_matter() {
        let bare = "ssh-ed25519 AAAA";
        for line in [bare, "ssh-ed25519 AAAA web", "ssh-ed25519 AAAA a b c\n"] {
            assert!(PublicLine::new(line).is_of(bare), "{line}");
        }
        for line in ["", "ssh-ed25519", "ssh-ed25519 AAAB", "ssh-rsa AAAA"] {
            assert!(!PublicLine::new(line).is_of(bare), "{line}");
        }
    }

    #[test]
    fn the_name_is_the_comment() {
        let line = |name| PublicLine::named("ssh-rsa AAAA", &KeyName::new(name).unwrap());
        assert_eq!(line("a b").as_str(), "ssh-rsa AAAA a b");
        assert_eq!(line("a\nb").as_str(), "ssh-rsa AAAA");
    }
}

//! The name of a key pair.

use std::fmt;

use rand::CryptoRng;

use crate::file::FileNameError;

/// A key pair name that obeys EC2's rules: 1 to 255 ASCII characters, no space at either end
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    pub const MAX_CHARACTERS: usize = 255;

    /// Checks EC2's rules for names.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        let characters = name.chars().count();
        if name.is_empty() {
            Err(NameError::Empty)
        } else if characters > Self::MAX_CHARACTERS {
            Err(NameError::TooLong { characters })
        } else if let Some(character) = name.chars().find(|character| !character.is_ascii()) {
            Err(NameError::NotAscii { name, character })
        } else if name.starts_with(' ') || name.ends_with(' ') {
            Err(NameError::OuterSpace { name })
        } else {
            Ok(Self(name))
        }
    }

    /// Creates the name of a registered pair without checks.
    pub fn registered(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns a random name that is easy to read and to say, like `amber-otter-4f9c21`.
    ///
    /// There are 64 × 64 × 2²⁴ such names. The caller must check that the name is available.
    pub fn random(random: &mut impl CryptoRng) -> Self {
        let number = random.next_u64();
        let word = |words: &[&'static str; 64], shift: u32| {
            let index = usize::try_from((number >> shift) % 64).unwrap_or_default();
            words.get(index).copied().unwrap_or_default()
        };
        let suffix = number & 0xff_ffff;
        Self(format!("{}-{}-{suffix:06x}", word(&ADJECTIVES, 32), word(&NOUNS, 40)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the name is usable as a file name: without `/`, `\` and control characters,
    /// and without a leading `-` or `.`, which mark options and hidden files. Windows excludes
    /// many more names.
    pub fn is_safe_file_name(&self) -> bool {
        let unsafe_anywhere = |byte: u8| byte.is_ascii_control() || matches!(byte, b'/' | b'\\');
        !self.0.starts_with(['-', '.'])
            && !self.0.bytes().any(unsafe_anywhere)
            && (!cfg!(windows) || is_windows_file_name(&self.0))
    }
}

fn is_windows_file_name(name: &str) -> bool {
    FileNameError::on_windows(name).is_none()
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name has {characters} characters; the maximum is {}", KeyName::MAX_CHARACTERS)]
    TooLong { characters: usize },
    #[error("the name `{name}` contains `{character}`, which is not ASCII")]
    NotAscii { name: String, character: char },
    #[error("the name `{name}` begins or ends with a space")]
    OuterSpace { name: String },
}

const ADJECTIVES: [&str; 64] = [
    "agile", "amber", "autumn", "azure", "balmy", "bold", "brave", "breezy", "bright", "brisk",
    "calm", "clear", "clever", "cobalt", "coral", "cosmic", "crisp", "daring", "deep", "dusky",
    "eager", "early", "fair", "fleet", "fond", "fresh", "gentle", "golden", "grand", "green",
    "happy", "hardy", "hazel", "honest", "humble", "ivory", "jolly", "keen", "kind", "lively",
    "lucid", "lunar", "mellow", "mild", "misty", "noble", "opal", "patient", "placid", "polar",
    "proud", "quick", "quiet", "rapid", "rosy", "russet", "silent", "silver", "solar", "steady",
    "sunny", "swift", "tidal", "vivid",
];

const NOUNS: [&str; 64] = [
    "acorn", "alder", "aspen", "badger", "beacon", "birch", "bison", "brook", "canyon", "cedar",
    "cliff", "comet", "condor", "crane", "creek", "delta", "dune", "eagle", "ember", "falcon",
    "fern", "finch", "fjord", "forest", "fox", "glacier", "grove", "harbor", "hawk", "heron",
    "island", "ivy", "jay", "juniper", "lagoon", "lake", "larch", "lark", "lynx", "maple",
    "marten", "meadow", "meteor", "moose", "oak", "orchid", "osprey", "otter", "owl", "pebble",
    "pine", "plover", "puffin", "raven", "reef", "river", "robin", "sparrow", "spruce", "summit",
    "swan", "tiger", "valley", "willow",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn name_breaking_ec2_rules_fails() {
        for name in ["a", "my key", "a/b", "-n", "qashapopenqa - terraform", "x+.@_-", "a\tb"] {
            assert_eq!(KeyName::new(name).unwrap().as_str(), name);
        }
        assert!(KeyName::new("n".repeat(255)).is_ok());
        assert_eq!(KeyName::new(""), Err(NameError::Empty));
        assert_eq!(KeyName::new("n".repeat(256)), Err(NameError::TooLong { characters: 256 }));
        for name in [" ", " a", "a "] {
            assert_eq!(KeyName::new(name), Err(NameError::OuterSpace { name: name.into() }));
        }
        let refused = NameError::NotAscii { name: "clé".into(), character: 'é' };
        assert_eq!(KeyName::new("clé"), Err(refused));
    }

    #[test]
    fn name_with_slash_is_unsafe_file_name() {
        let safe = |name: &str| KeyName::new(name).unwrap().is_safe_file_name();
        assert!(["a", "my key", "a.b", "a-b", "x+@_"].into_iter().all(safe));
        for name in [".", "..", ".hidden", "-rf", "a/b", "/a", "a\\b", "a\nb", "a\x1bb", "a\x7f"] {
            assert!(!safe(name), "{name:?}");
        }
    }

    #[test]
    fn windows_device_name_is_unsafe_file_name() {
        for name in ["a:b", "a?b", "a<b", "a*b", "a|b", "a\"b", "NUL", "con", "COM1", "x.", "aux.b"]
        {
            assert!(!is_windows_file_name(name), "{name}");
            let is_safe = KeyName::new(name).unwrap().is_safe_file_name();
            assert_eq!(is_safe, !cfg!(windows), "{name}");
        }
        assert!(
            ["a", "my key", "a.b", "a-b", "x+@_", "console"].into_iter().all(is_windows_file_name)
        );
    }

    #[test]
    fn random_names_are_valid_safe_and_distinct() {
        let mut random = StdRng::seed_from_u64(1);
        let names: HashSet<_> = (0..1000).map(|_| KeyName::random(&mut random)).collect();
        assert_eq!(names.len(), 1000);
        for name in names {
            assert_eq!(KeyName::new(name.as_str()), Ok(name.clone()));
            assert!(name.is_safe_file_name() && is_windows_file_name(name.as_str()));
        }
        let words: HashSet<_> = ADJECTIVES.iter().chain(&NOUNS).collect();
        assert_eq!(words.len(), 128);
    }
}

//! Tags: what users hang on a key pair.

/// A tag that EC2 would accept
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    key: String,
    value: String,
}

impl Tag {
    /// The longest key, in characters.
    pub const MAX_KEY_CHARACTERS: usize = 128;
    /// The longest value, in characters.
    pub const MAX_VALUE_CHARACTERS: usize = 256;

    /// Takes a key and a value that obey EC2's rules.
    ///
    /// # Errors
    ///
    /// [`TagError`] names the rule that is broken.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Result<Self, TagError> {
        let (key, value) = (key.into(), value.into());
        let characters = key.chars().count();
        if characters == 0 {
            return Err(TagError::KeyEmpty);
        }
        if characters > Self::MAX_KEY_CHARACTERS {
            return Err(TagError::KeyTooLong { characters });
        }
        if key.contains('\0') || value.contains('\0') {
            return Err(TagError::Nul);
        }
        // EC2 reserves the prefix whatever its case.
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return Err(TagError::KeyReserved { key });
        }
        let characters = value.chars().count();
        if characters > Self::MAX_VALUE_CHARACTERS {
            return Err(TagError::ValueTooLong { key, characters });
        }
        Ok(Self { key, value })
    }

    /// Takes the tag of a pair that is registered already, which may be one of Amazon's own.
    pub fn registered(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// At most 50 tags with distinct keys, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// The most tags on one key pair.
    pub const MAX: usize = 50;

    /// Takes tags that obey EC2's rules together.
    ///
    /// # Errors
    ///
    /// [`TagError::TooMany`] and [`TagError::KeyTwice`].
    pub fn new(tags: Vec<Tag>) -> Result<Self, TagError> {
        if tags.len() > Self::MAX {
            return Err(TagError::TooMany { count: tags.len() });
        }
        for (position, tag) in tags.iter().enumerate() {
            if tags.iter().take(position).any(|earlier| earlier.key == tag.key) {
                return Err(TagError::KeyTwice { key: tag.key.clone() });
            }
        }
        Ok(Self(tags))
    }

    /// Takes the tags of a pair that is registered already.
    #[must_use]
    pub fn registered(tags: Vec<Tag>) -> Self {
        Self(tags)
    }

    /// Returns those of these tags that `found` lacks or has with another value.
    #[must_use]
    pub fn missing_from(&self, found: &Self) -> Vec<&Tag> {
        self.0.iter().filter(|tag| !found.0.contains(tag)).collect()
    }

    /// Returns the tags.
    #[must_use]
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }
}

/// The rule for tags that is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// A key has at least one character.
    #[error("a tag key is empty")]
    KeyEmpty,
    /// A key has at most 128 characters.
    #[error("a tag key has {characters} characters; the most is {}", Tag::MAX_KEY_CHARACTERS)]
    KeyTooLong {
        /// The length found.
        characters: usize,
    },
    /// Keys that begin with `aws:` are Amazon's own.
    #[error("the tag key `{key}` begins with `aws:`, which is reserved")]
    KeyReserved {
        /// The key.
        key: String,
    },
    /// A key is used once.
    #[error("the tag key `{key}` is given twice")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// A NUL, at which other programs would stop reading.
    #[error("a tag has a NUL character in it")]
    Nul,
    /// A value has at most 256 characters.
    #[error(
        "the value of the tag `{key}` has {characters} characters; the most is {}",
        Tag::MAX_VALUE_CHARACTERS
    )]
    ValueTooLong {
        /// The key.
        key: String,
        /// The length found.
        characters: usize,
    },
    /// A pair has at most 50 tags.
    #[error("there are {count} tags; the most is {}", Tags::MAX)]
    TooMany {
        /// The number found.
        count: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_follow_ec2() {
        assert!(Tag::new("k".repeat(128), "é".repeat(256)).is_ok());
        assert!(Tag::new("team", "").is_ok());
        assert_eq!(Tag::new("", "v"), Err(TagError::KeyEmpty));
        assert_eq!(Tag::new("é".repeat(129), ""), Err(TagError::KeyTooLong { characters: 129 }));
        assert_eq!(
            Tag::new("k", "v".repeat(257)),
            Err(TagError::ValueTooLong { key: "k".into(), characters: 257 })
        );
        assert_eq!(Tag::new("a\0b", ""), Err(TagError::Nul));
        assert_eq!(Tag::new("a", "\0"), Err(TagError::Nul));
        for key in ["aws:x", "AWS:x", "aws:"] {
            assert_eq!(Tag::new(key, ""), Err(TagError::KeyReserved { key: key.into() }));
        }
    }

    #[test]
    fn tags_are_few_and_distinct() {
        let numbered = |count: usize| (0..count).map(|n| Tag::new(n.to_string(), "").unwrap());
        assert_eq!(Tags::new(numbered(50).collect()).unwrap().as_slice().len(), 50);
        assert_eq!(Tags::new(numbered(51).collect()), Err(TagError::TooMany { count: 51 }));
        let twice = numbered(2).chain(numbered(1)).collect();
        assert_eq!(Tags::new(twice), Err(TagError::KeyTwice { key: "0".into() }));
        let case = ["a", "A"].map(|key| Tag::new(key, "").unwrap());
        assert!(Tags::new(case.into()).is_ok());
    }
}

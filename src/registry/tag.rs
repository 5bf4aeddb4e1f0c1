//! Tags: keys and values that users attach to a key pair.

/// A tag that obeys EC2's rules
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    key: String,
    value: String,
}

impl Tag {
    pub const MAX_KEY_CHARACTERS: usize = 128;
    pub const MAX_VALUE_CHARACTERS: usize = 256;

    /// Checks EC2's rules for keys and values.
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

    /// Creates the tag of a registered pair without checks: its key may be reserved by AWS.
    pub fn registered(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn value(&self) -> &str {
        &self.value
    }
}

/// At most 50 tags with distinct keys, in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

impl Tags {
    pub const MAX: usize = 50;

    /// Checks EC2's rules for the number and the keys of tags.
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

    /// Creates the tags of a registered pair without checks.
    pub fn registered(tags: Vec<Tag>) -> Self {
        Self(tags)
    }

    /// Returns the tags that `found` lacks or has with another value.
    pub fn missing_from(&self, found: &Self) -> Vec<&Tag> {
        self.0.iter().filter(|tag| !found.0.contains(tag)).collect()
    }

    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    #[error("a tag key is empty")]
    KeyEmpty,
    #[error("a tag key has {characters} characters; the maximum is {}", Tag::MAX_KEY_CHARACTERS)]
    KeyTooLong { characters: usize },
    #[error("the tag key `{key}` begins with `aws:`, which is reserved")]
    KeyReserved { key: String },
    #[error("the tag key `{key}` is given twice")]
    KeyTwice { key: String },
    /// Other programs end a text at a NUL.
    #[error("a tag contains a NUL character")]
    Nul,
    #[error(
        "the value of the tag `{key}` has {characters} characters; the maximum is {}",
        Tag::MAX_VALUE_CHARACTERS
    )]
    ValueTooLong { key: String, characters: usize },
    #[error("too many tags: {count}; the maximum is {}", Tags::MAX)]
    TooMany { count: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_breaking_ec2_rules_fails() {
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
    fn tags_beyond_50_or_duplicate_fail() {
        let numbered = |count: usize| (0..count).map(|n| Tag::new(n.to_string(), "").unwrap());
        assert_eq!(Tags::new(numbered(50).collect()).unwrap().as_slice().len(), 50);
        assert_eq!(Tags::new(numbered(51).collect()), Err(TagError::TooMany { count: 51 }));
        let twice = numbered(2).chain(numbered(1)).collect();
        assert_eq!(Tags::new(twice), Err(TagError::KeyTwice { key: "0".into() }));
        let case = ["a", "A"].map(|key| Tag::new(key, "").unwrap());
        assert!(Tags::new(case.into()).is_ok());
    }
}

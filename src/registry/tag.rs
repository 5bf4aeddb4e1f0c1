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
        if is_reserved(&key) {
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

/// A change of the tags of a pair, as CreateTags and DeleteTags make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagChange {
    /// Adds tags, and replaces the values of tags with the same keys.
    Set(Tags),
    /// Deletes the selected tags. Missing ones are not an error.
    Delete(Vec<TagSelector>),
    /// Deletes all tags except those of AWS.
    DeleteAll,
}

impl TagChange {
    /// Returns the tags after the change.
    ///
    /// # Errors
    ///
    /// [`TagError::TooMany`] if the pair would have too many tags.
    pub fn applied_to(&self, tags: &Tags) -> Result<Tags, TagError> {
        let mut list = tags.0.clone();
        match self {
            Self::Set(new) => {
                for tag in &new.0 {
                    match list.iter_mut().find(|found| found.key == tag.key) {
                        Some(found) => found.value.clone_from(&tag.value),
                        None => list.push(tag.clone()),
                    }
                }
                let count = list.iter().filter(|tag| !is_reserved(&tag.key)).count();
                if count > Tags::MAX {
                    return Err(TagError::TooMany { count });
                }
            }
            Self::Delete(selectors) => {
                list.retain(|tag| !selectors.iter().any(|selector| selector.selects(tag)));
            }
            Self::DeleteAll => list.retain(|tag| is_reserved(&tag.key)),
        }
        Ok(Tags(list))
    }

    /// Returns whether these are tags after the change.
    pub fn is_made_in(&self, tags: &Tags) -> bool {
        self.applied_to(tags).as_ref() == Ok(tags)
    }
}

/// A tag to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSelector {
    key: String,
    /// `None` selects every value.
    value: Option<String>,
}

impl TagSelector {
    /// Checks EC2's rules for keys and values.
    pub fn new(key: impl Into<String>, value: Option<String>) -> Result<Self, TagError> {
        let Tag { key, value: checked } = Tag::new(key, value.clone().unwrap_or_default())?;
        Ok(Self { key, value: value.map(|_| checked) })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    fn selects(&self, tag: &Tag) -> bool {
        self.key == tag.key && self.value.as_ref().is_none_or(|value| *value == tag.value)
    }
}

/// Returns whether EC2 reserves a key, whatever its case.
fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
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
    fn change_applies_to_tags_in_place() {
        let tags = |list: &[(&str, &str)]| {
            Tags(list.iter().map(|(key, value)| Tag::registered(*key, *value)).collect())
        };
        let selector = |key: &str, value: Option<&str>| {
            TagSelector::new(key, value.map(str::to_owned)).unwrap()
        };
        let old = tags(&[("a", "1"), ("aws:x", "2"), ("b", "")]);
        for (change, expected) in [
            (
                TagChange::Set(tags(&[("c", "3"), ("a", "4")])),
                tags(&[("a", "4"), ("aws:x", "2"), ("b", ""), ("c", "3")]),
            ),
            (
                TagChange::Set(tags(&[("A", "5")])),
                tags(&[("a", "1"), ("aws:x", "2"), ("b", ""), ("A", "5")]),
            ),
            (
                TagChange::Delete(vec![selector("a", None), selector("no", None)]),
                tags(&[("aws:x", "2"), ("b", "")]),
            ),
            (
                TagChange::Delete(vec![selector("a", Some("2")), selector("b", Some(""))]),
                tags(&[("a", "1"), ("aws:x", "2")]),
            ),
            (TagChange::Delete(vec![selector("a", Some(""))]), old.clone()),
            (TagChange::DeleteAll, tags(&[("aws:x", "2")])),
        ] {
            let new = change.applied_to(&old).unwrap();
            assert_eq!(new, expected, "{change:?}");
            assert!(change.is_made_in(&new), "{change:?}");
            assert_eq!(change.is_made_in(&old), new == old, "{change:?}");
        }
        let many: Vec<_> = (0..50).map(|n| Tag::registered(format!("k{n}"), "")).collect();
        let full = Tags::new(many).unwrap();
        assert_eq!(
            TagChange::Set(tags(&[("k7", "x")])).applied_to(&full).map(|tags| tags.0.len()),
            Ok(50)
        );
        let refused = TagChange::Set(tags(&[("new", "")])).applied_to(&full);
        assert_eq!(refused, Err(TagError::TooMany { count: 51 }));
        assert!(TagSelector::new("aws:x", None).is_err() && TagSelector::new("", None).is_err());
    }

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

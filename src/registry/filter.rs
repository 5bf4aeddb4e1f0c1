//! The filters of DescribeKeyPairs
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html>).

use super::{KeyPair, RegistryError};

/// A condition on one property of a pair: the property matches one of the patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub field: FilterField,
    /// An empty list matches no pair.
    pub patterns: Vec<Pattern>,
}

impl Filter {
    /// The maximum number of patterns in all filters of one call.
    pub const MAX_PATTERNS: usize = 200;
    /// The maximum length of a pattern or a filter name, in characters: the 256 characters of a
    /// tag value, each of them escaped and followed by a `*`.
    pub const MAX_CHARACTERS: usize = 1024;

    /// Creates a filter from EC2's name for it.
    pub fn new<'a>(
        name: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, RegistryError> {
        let values: Vec<&str> = values.into_iter().collect();
        for text in values.iter().copied().chain([name]) {
            let characters = text.chars().count();
            if characters > Self::MAX_CHARACTERS {
                let max = Self::MAX_CHARACTERS;
                return Err(RegistryError::FilterTooLong { characters, max });
            }
        }
        let field = match name {
            "fingerprint" => FilterField::Fingerprint,
            "key-name" => FilterField::KeyName,
            "key-pair-id" => FilterField::KeyPairId,
            "tag-key" => FilterField::TagKey,
            _ => match name.strip_prefix("tag:") {
                Some(key) => FilterField::Tag(key.to_owned()),
                None => return Err(RegistryError::UnknownFilter { name: name.to_owned() }),
            },
        };
        // No registered text contains a NUL, and SQLite ends a text there.
        let values = values.into_iter().filter(|value| !value.contains('\0'));
        Ok(Self { field, patterns: values.map(Pattern::new).collect() })
    }

    /// Returns whether no pattern has wildcards.
    pub fn is_exact(&self) -> bool {
        self.patterns.iter().all(|pattern| pattern.exact().is_some())
    }

    pub fn holds(&self, pair: &KeyPair) -> bool {
        let matches = |text: &str| self.patterns.iter().any(|pattern| pattern.matches(text));
        let tags = pair.tags.as_slice();
        match &self.field {
            FilterField::Fingerprint => matches(&pair.fingerprint),
            FilterField::KeyName => matches(pair.name.as_str()),
            FilterField::KeyPairId => matches(pair.id.as_str()),
            FilterField::Tag(key) => {
                tags.iter().any(|tag| tag.key() == key && matches(tag.value()))
            }
            FilterField::TagKey => tags.iter().any(|tag| matches(tag.key())),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterField {
    Fingerprint,
    KeyName,
    KeyPairId,
    /// `tag:KEY` matches the value of the tag with this key.
    Tag(String),
    /// `tag-key` matches the key of any tag.
    TagKey,
}

impl FilterField {
    /// Returns EC2's name of the filter.
    pub fn name(&self) -> String {
        match self {
            Self::Fingerprint => "fingerprint".into(),
            Self::KeyName => "key-name".into(),
            Self::KeyPairId => "key-pair-id".into(),
            Self::Tag(key) => format!("tag:{key}"),
            Self::TagKey => "tag-key".into(),
        }
    }
}

/// A text with the wildcards `*` (any characters) and `?` (one character); `\` escapes a wildcard
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    Character(char),
    One,
}

impl Pattern {
    /// Parses a pattern. Every text is valid.
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '*' => Piece::Any,
                '?' => Piece::One,
                '\\' => Piece::Character(
                    characters.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\'),
                ),
                character => Piece::Character(character),
            });
        }
        pieces.dedup_by(|next, last| (*next, *last) == (Piece::Any, Piece::Any));
        Self { text: text.to_owned(), pieces }
    }

    /// Creates the pattern that matches only this text.
    pub fn exactly(text: &str) -> Self {
        let mut pattern = String::with_capacity(text.len());
        for character in text.chars() {
            if matches!(character, '*' | '?' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        Self::new(&pattern)
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the only text that matches, if the pattern has no wildcards.
    pub fn exact(&self) -> Option<String> {
        let character = |piece: &Piece| match piece {
            Piece::Character(character) => Some(*character),
            Piece::Any | Piece::One => None,
        };
        self.pieces.iter().map(character).collect()
    }

    /// Returns whether the pattern matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        let (mut pieces, mut text) = (self.pieces.iter(), text.chars());
        // The pieces after the last `*`, and the text that the `*` has not consumed yet.
        let mut retry = None;
        loop {
            let rest = text.clone();
            match (pieces.next(), text.next()) {
                (None, None) => return true,
                (Some(Piece::Any), _) => {
                    text = rest;
                    retry = Some((pieces.clone(), text.clone()));
                }
                (Some(Piece::One), Some(_)) => {}
                (Some(Piece::Character(expected)), Some(found)) if *expected == found => {}
                _ => {
                    let Some((pattern, left)) = &mut retry else { return false };
                    if left.next().is_none() {
                        return false;
                    }
                    (pieces, text) = (pattern.clone(), left.clone());
                }
            }
        }
    }

    /// Returns the pattern in the syntax of SQLite's `GLOB`.
    pub fn glob(&self) -> String {
        let mut glob = String::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Any => glob.push('*'),
                Piece::One => glob.push('?'),
                Piece::Character(character @ ('*' | '?' | '[')) => {
                    glob.extend(['[', *character, ']']);
                }
                Piece::Character(character) => glob.push(*character),
            }
        }
        glob
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{KeyName, KeyPairId, Tag, Tags};

    #[test]
    fn exact_pattern_matches_only_its_text() {
        for text in ["web", "*", "a?b", r"a\b", r"\*", r"\"] {
            assert_eq!(Pattern::exactly(text).exact().as_deref(), Some(text));
        }
    }

    #[test]
    fn filter_name_from_ec2_is_accepted() {
        let field = |name| Filter::new(name, ["v"]).map(|filter| filter.field).ok();
        assert_eq!(field("key-name"), Some(FilterField::KeyName));
        assert_eq!(field("key-pair-id"), Some(FilterField::KeyPairId));
        assert_eq!(field("fingerprint"), Some(FilterField::Fingerprint));
        assert_eq!(field("tag-key"), Some(FilterField::TagKey));
        assert_eq!(field("tag:Team:a"), Some(FilterField::Tag("Team:a".into())));
        for name in ["", "Key-Name", "name", "tag", "tag-value"] {
            assert!(matches!(
                Filter::new(name, []),
                Err(RegistryError::UnknownFilter { name: unknown }) if unknown == name
            ));
        }
    }

    #[test]
    fn filter_longer_than_1024_characters_fails() {
        let longest = "é".repeat(Filter::MAX_CHARACTERS);
        assert!(Filter::new("key-name", [longest.as_str()]).is_ok());
        let long = format!("{longest}x");
        let tag = format!("tag:{longest}");
        for (name, value) in [("key-name", long.as_str()), (&tag, "x")] {
            let refused = Filter::new(name, [value]);
            assert!(matches!(refused, Err(RegistryError::FilterTooLong { max: 1024, .. })));
        }
    }

    #[test]
    fn filter_matches_its_own_property_only() {
        let tags = [("team", "ops"), ("Stage", "")].map(|(key, value)| Tag::registered(key, value));
        let pair = KeyPair {
            id: KeyPairId::new("key-0"),
            name: KeyName::registered("web"),
            key_type: None,
            fingerprint: "f=".into(),
            public_key: None,
            created: None,
            tags: Tags::registered(tags.into()),
            location: None,
        };
        for (name, values, expected) in [
            ("key-name", &["db", "w*"][..], true),
            ("key-name", &["Web"], false),
            ("key-name", &[], false),
            ("key-pair-id", &["key-?"], true),
            ("key-pair-id", &["web"], false),
            ("fingerprint", &["f="], true),
            ("tag-key", &["S*"], true),
            ("tag-key", &["ops"], false),
            ("tag:team", &["ops"], true),
            ("tag:Team", &["ops"], false),
            ("tag:Stage", &["ops"], false),
            ("tag:Stage", &[""], true),
            ("tag:none", &["*"], false),
        ] {
            let filter = Filter::new(name, values.iter().copied()).unwrap();
            assert_eq!(filter.holds(&pair), expected, "{name} {values:?}");
        }
    }

    #[test]
    fn pattern_without_wildcards_is_exact() {
        let exact = |text| Pattern::new(text).exact();
        assert_eq!(exact("a[b]"), Some("a[b]".into()));
        assert_eq!(exact(r"a\*b\?c\\d\e\"), Some(r"a*b?c\d\e\".into()));
        assert_eq!(exact("a*"), None);
        assert_eq!(exact("?"), None);
        assert_eq!(exact(""), Some(String::new()));
    }

    #[test]
    fn pattern_matches_whole_text_only() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("ci-*", "ci-", true),
            ("ci-*", "ci-7", true),
            ("ci-*", "xci-7", false),
            ("*-?", "a-b-c", true),
            ("*-?", "a-b-cd", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("?", "", false),
            ("A", "a", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("[a-z]", "b", false),
            ("*aaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn pattern_converts_to_glob() {
        let glob = |text| Pattern::new(text).glob();
        assert_eq!(glob("ci-*-?"), "ci-*-?");
        assert_eq!(glob("a***b"), "a*b");
        assert_eq!(glob(r"[a]\*\?"), "[[]a][*][?]");
    }
}

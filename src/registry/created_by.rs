//! The process that registered the pair of an `exec` command.

use super::{Tag, TagError, Tags};

/// The process that registered a pair and will delete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedBy {
    pub host: String,
    /// The process ID on that host.
    pub process: u32,
    /// The CI run of the process: its URL if the service has one, else its name.
    pub run: Option<String>,
}

impl CreatedBy {
    pub const HOST_TAG: &'static str = "keypair:owner-host";
    pub const PROCESS_TAG: &'static str = "keypair:owner-process";
    pub const RUN_TAG: &'static str = "keypair:owner-run";

    /// Reads the process from the tags of a pair.
    pub fn of(tags: &Tags) -> Option<Self> {
        let value = |key| {
            let tag = tags.as_slice().iter().find(|tag| tag.key() == key);
            tag.map(|tag| tag.value().to_owned())
        };
        Some(Self {
            host: value(Self::HOST_TAG)?,
            process: value(Self::PROCESS_TAG)?.parse().ok()?,
            run: value(Self::RUN_TAG),
        })
    }

    /// Returns the tags for a pair. Truncates values that are too long for a tag.
    pub fn tags(&self) -> Result<Vec<Tag>, TagError> {
        let cut = |text: &str| text.chars().take(Tag::MAX_VALUE_CHARACTERS).collect::<String>();
        let Self { host, process, run } = self;
        let mut tags = vec![
            Tag::new(Self::HOST_TAG, cut(host))?,
            Tag::new(Self::PROCESS_TAG, process.to_string())?,
        ];
        if let Some(run) = run {
            tags.push(Tag::new(Self::RUN_TAG, cut(run))?);
        }
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_by_tags_round_trip() {
        for run in [None, Some("https://ci.example/7".to_owned())] {
            let owner = CreatedBy { host: "build-7".to_owned(), process: 42, run };
            let tags = Tags::registered(owner.tags().unwrap());
            assert_eq!(CreatedBy::of(&tags), Some(owner));
        }
        let host = Tag::registered(CreatedBy::HOST_TAG, "build-7");
        let process = Tag::registered(CreatedBy::PROCESS_TAG, "many");
        assert_eq!(CreatedBy::of(&Tags::registered(vec![host.clone()])), None);
        assert_eq!(CreatedBy::of(&Tags::registered(vec![host, process])), None);
    }
}

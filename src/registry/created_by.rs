//! Who had a pair registered that lives as long as a command.

use super::{Tag, TagError, Tags};

/// The process that answers for a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedBy {
    /// The machine's name.
    pub host: String,
    /// The number of the process there.
    pub process: u32,
    /// The run of the CI service that the process belongs to, as the service names it: an address where
    /// it has one.
    pub run: Option<String>,
}

impl CreatedBy {
    /// The key of the tag with the machine's name.
    pub const HOST_TAG: &'static str = "keypair:owner-host";
    /// The key of the tag with the number of the process.
    pub const PROCESS_TAG: &'static str = "keypair:owner-process";
    /// The key of the tag with the run.
    pub const RUN_TAG: &'static str = "keypair:owner-run";

    /// Returns the owner that the tags of a pair name, if they name one.
    #[must_use]
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

    /// Returns the tags that say it. What is too long for a tag is cut.
    ///
    /// # Errors
    ///
    /// [`TagError`] if a text is none that can be a tag's.
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
    fn tags_name_the_owner_that_they_were_made_of() {
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

//! Who had a pair registered that lives as long as a command.

use super::{Tag, TagError};

/// The process that answers for a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The machine's name.
    pub host: String,
    /// The number of the process there.
    pub process: u32,
    /// The run of the CI service that the process belongs to, as the service names it: an address where
    /// it has one.
    pub run: Option<String>,
}

impl Owner {
    /// The key of the tag with the machine's name.
    pub const HOST_TAG: &'static str = "keypair:owner-host";
    /// The key of the tag with the number of the process.
    pub const PROCESS_TAG: &'static str = "keypair:owner-process";
    /// The key of the tag with the run.
    pub const RUN_TAG: &'static str = "keypair:owner-run";

    /// Returns the tags that say it. What is too long for a tag is cut.
    ///
    /// # Errors
    ///
    /// [`TagError`] if a text is none that can be a tag's.
    pub fn tags(&self) -> Result<Vec<Tag>, TagError> {
        let cut = |text: &str| text.chars().take(Tag::MOST_VALUE_CHARACTERS).collect::<String>();
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

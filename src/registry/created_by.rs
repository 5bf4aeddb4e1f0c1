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

/// Returns a URL without user information, query and fragment: tags are public in the account.
/// Returns an empty text if the authority is invalid, because it may be a part of a password.
pub fn public_url(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = url.get(..end).unwrap_or_default();
    let start = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let (scheme, rest) = url.split_at(start);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_valid = host.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    if is_valid { [scheme, host, path].concat() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_has_no_secrets() {
        for (url, expected) in [
            ("https://ci.example/job/7", "https://ci.example/job/7"),
            ("https://ci.example:8443/@ops/7/", "https://ci.example:8443/@ops/7/"),
            ("https://[::1]:80/7", "https://[::1]:80/7"),
            ("https://[::1]/7", "https://[::1]/7"),
            ("https://user:secret@ci.example/7", "https://ci.example/7"),
            ("https://secret@ci.example", "https://ci.example"),
            ("https://a@b:secret@ci.example/7", "https://ci.example/7"),
            ("https://ci.example/7?token=secret#secret", "https://ci.example/7"),
            ("https://ci.example?token=secret@x/7", "https://ci.example"),
            ("https://ci.example/7#secret?secret", "https://ci.example/7"),
            ("user:secret@ci.example/7", "ci.example/7"),
            // Invalid characters in a password.
            ("https://user:se/cret@ci.example/7", ""),
            ("https://user:se#cret@ci.example/7", ""),
            ("https://user:se?cret@ci.example/7", ""),
            ("run 7", "run 7"),
            ("?secret", ""),
            ("", ""),
        ] {
            assert_eq!(public_url(url), expected, "{url}");
        }
    }

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

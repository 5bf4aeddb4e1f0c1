//! The settings for EC2 from the command line and the environment.

use std::fmt;
use std::net::Ipv6Addr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use super::credentials::CredentialVariables;
use super::services::Endpoints;
use crate::profile::{Given, ProfilePaths, SelectedProfile};
use crate::secret::Secret;

/// The settings for EC2. The SDK gets them from here only.
#[derive(Clone, Debug, Default)]
pub struct Ec2Settings {
    pub profile: SelectedProfile,
    /// The files with the profiles.
    pub paths: ProfilePaths,
    /// The AWS CLI accepts an empty region if an endpoint URL is set. `None` means to ask the
    /// instance metadata service.
    pub region: Option<Given<String>>,
    pub endpoints: Endpoints,
    pub use_fips: Given<bool>,
    pub use_dual_stack: Given<bool>,
    pub retries: Retries,
    pub ca_bundle: Option<Given<CaBundle>>,
    /// `--cli-connect-timeout` in seconds. Zero means no limit.
    pub connect_timeout: Option<u32>,
    /// `--cli-read-timeout` in seconds. Zero means no limit.
    pub read_timeout: Option<u32>,
    pub metadata: MetadataSettings,
    /// The name of the application for the user agent.
    pub app_id: Option<Given<String>>,
    /// The variables and keys that cannot be used.
    pub invalid: Vec<InvalidValue>,
    pub variables: Box<Variables>,
}

/// The trusted certificate authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaBundle {
    /// A PEM file with the only trusted authorities.
    File(PathBuf),
    /// The files that replace the authorities of the system.
    System {
        /// [`CERTIFICATE_FILE`].
        file: Option<PathBuf>,
        /// The directories in [`CERTIFICATE_DIRECTORIES`].
        directories: Vec<PathBuf>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    pub mode: Given<RetryMode>,
    /// The maximum number of requests, at least one.
    pub attempts: Given<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryMode {
    #[default]
    Standard,
    Adaptive,
}

/// The settings of the instance metadata service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataSettings {
    pub url: Option<String>,
    pub is_ipv6: bool,
    pub is_disabled: bool,
}

/// A variable or key with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The variable, or the key with its place.
    pub name: String,
    /// As returned by [`shown_url`].
    pub value: String,
    pub expected: &'static str,
}

/// The environment variables for AWS that may be secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    pub credentials: CredentialVariables,
    pub proxies: Proxies,
    pub home: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// The proxy for `http://`.
    pub http: Option<ProxyVariable>,
    /// The proxy for `https://`.
    pub https: Option<ProxyVariable>,
    /// `NO_PROXY`.
    pub bypassed: String,
}

/// A URL or path in a variable. Its debug output omits passwords and queries.
#[derive(Clone, PartialEq, Eq)]
pub struct VariableUrl(String);

impl From<String> for VariableUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl Deref for VariableUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VariableUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        without_query(self).fmt(formatter)
    }
}

/// A variable with the URL of a proxy, which may contain a password.
#[derive(Clone, Debug)]
pub struct ProxyVariable {
    pub(super) name: &'static str,
    pub(super) url: Arc<Secret>,
}

impl ProxyVariable {
    #[must_use]
    pub fn new(name: &'static str, url: Secret) -> Self {
        Self { name, url: Arc::new(url) }
    }
}

impl PartialEq for ProxyVariable {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.url.expose() == other.url.expose()
    }
}

impl Eq for ProxyVariable {}

/// The variable with a file of trusted certificate authorities, which replaces those of the system.
pub const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";

/// The variable with directories of such files.
pub const CERTIFICATE_DIRECTORIES: &str = "SSL_CERT_DIR";

/// Returns the reason why a text cannot be an access key ID, a secret access key or a session
/// token. The SDK panics at text that is invalid in a header.
#[must_use]
pub fn credential_fault(text: &str) -> Option<&'static str> {
    if text.contains(['\n', '\r']) {
        Some("contains a line break")
    } else if text.contains(char::is_control) {
        Some("contains a control character")
    } else {
        (!text.is_ascii()).then_some("contains a character that is not ASCII")
    }
}

/// Returns whether this can be the name of a region, which becomes part of a host name: the rule of
/// `validate_region_name` in botocore.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LABEL).contains(&text.len())
        && text.bytes().all(is_part)
        && !text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Returns whether this is the URL of a server: `http://HOST` or `https://HOST`, with an optional
/// port and path. Rejects a user name and password.
#[must_use]
pub fn is_endpoint_url(text: &str) -> bool {
    let scheme = ["http://", "https://"].into_iter();
    let Some(rest) = scheme.filter_map(|scheme| text.strip_prefix(scheme)).next() else {
        return false;
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |start| rest.split_at(start));
    let (is_host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            (!host.is_empty() && host.bytes().all(is_part), port)
        }
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let is_of_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>?\\^`{|}".contains(&byte);
    text.len() <= MAX_URL && is_host && is_port && path.bytes().all(is_of_path)
}

/// Returns whether this is the URL of a credential endpoint: an endpoint URL with an optional
/// query.
pub(super) fn is_container_url(text: &str) -> bool {
    let (url, query) = text.split_once('?').unwrap_or((text, ""));
    is_endpoint_url(url) && is_container_path(&format!("/{query}"))
}

/// Returns whether this is the path of a credential endpoint, with an optional query.
pub(super) fn is_container_path(text: &str) -> bool {
    let is_of_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    text.len() <= MAX_URL && text.starts_with('/') && text.bytes().all(is_of_path)
}

/// Returns the beginning of a value, or `…` if it may contain a password.
#[must_use]
pub fn shown_url(value: &str) -> String {
    if value.contains('@') {
        return "…".to_owned();
    }
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// Returns the beginning of a URL without its query, which may contain a token, or `…` if it may
/// contain a password.
pub(super) fn without_query(url: &str) -> String {
    shown_url(url.split(['?', '#']).next().unwrap_or_default())
}

/// The maximum length of a label in a host name (RFC 1035).
const MAX_LABEL: usize = 63;
/// Longer than any URL of a server: a host name has at most 253 characters.
const MAX_URL: usize = 4096;

const MAX_SHOWN: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_url_is_recognized() {
        for url in [
            "http://127.0.0.1:5000",
            "https://ec2.eu-west-1.amazonaws.com",
            "http://[::1]:4566/path/",
            "http://my_host",
        ] {
            assert!(is_endpoint_url(url), "{url}");
        }
        for url in [
            "",
            "foo",
            "ftp://host",
            "http://",
            "http:///path",
            "http://[::1",
            "http://::1",
            "http://[host]",
            "http://host:port",
            "http://host:70000",
            "http://me:secret@host",
            "http://host/?query",
            "http://host/#part",
            "http://a b",
            "http://host/a b",
            " http://host",
            "http://h\u{f6}st",
        ] {
            assert!(!is_endpoint_url(url), "{url}");
        }
        assert!(!is_endpoint_url(&format!("http://host/{}", "x".repeat(5 << 20))));
    }

    #[test]
    fn container_url_may_have_query_but_no_password() {
        for url in ["http://127.0.0.1:1/x", "https://host/a@b?token=t%20?/@", "http://[::1]"] {
            assert!(is_container_url(url), "{url}");
        }
        for url in ["http://me:pw@127.0.0.1/", "http://host?a b", "http://host?#", "/x", ""] {
            assert!(!is_container_url(url), "{url}");
        }
        assert!(is_container_path("/v2/credentials/1?id=2"));
        for path in ["@me:pw", ":pw@host/", "x", "", "/a b", "/#"] {
            assert!(!is_container_path(path), "{path}");
        }
    }

    #[test]
    fn region_must_be_label_of_host_name() {
        assert!(is_region("eu-west-1") && is_region(&"x".repeat(63)));
        for region in ["", "-x", "x-", "123", "a.b", "a/b", "a_b", &"x".repeat(64)] {
            assert!(!is_region(region), "{region}");
        }
    }

    #[test]
    fn long_value_is_shown_with_ellipsis() {
        assert_eq!(shown_url("eu west"), "eu west");
        assert_eq!(shown_url(&"\u{f6}".repeat(161)), format!("{}…", "\u{f6}".repeat(160)));
        assert_eq!(shown_url("http://me:hunter2@host"), "…");
        let url = VariableUrl::from("http://host/path?token=hunter2".to_owned());
        assert_eq!(format!("{url:?}"), "\"http://host/path\"");
        let url = VariableUrl::from("http://me:hunter2@host/path".to_owned());
        assert_eq!(format!("{url:?}"), "\"\u{2026}\"");
    }

    #[test]
    fn credential_is_refused_with_reason() {
        for (text, fault) in [
            ("AKIA/+=~ x", None),
            ("A\nB", Some("contains a line break")),
            ("A\r", Some("contains a line break")),
            ("A\u{1b}B", Some("contains a control character")),
            ("A\u{e9}B", Some("contains a character that is not ASCII")),
        ] {
            assert_eq!(credential_fault(text), fault, "{text:?}");
        }
    }
}

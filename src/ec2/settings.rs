//! The settings for EC2 from the command line and the environment.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use super::credentials::CredentialVariables;
use super::services::Endpoints;
use super::url::without_query;
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
    /// The URL of the instance metadata service, for `doctor`.
    pub metadata_url: Option<Given<String>>,
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

/// A variable or key with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The variable, or the key with its place.
    pub name: String,
    /// As returned by [`super::url::shown_url`].
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

/// The maximum length of a label in a host name (RFC 1035).
const MAX_LABEL: usize = 63;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_must_be_label_of_host_name() {
        assert!(is_region("eu-west-1") && is_region(&"x".repeat(63)));
        for region in ["", "-x", "x-", "123", "a.b", "a/b", "a_b", &"x".repeat(64)] {
            assert!(!is_region(region), "{region}");
        }
    }

    #[test]
    fn debug_output_omits_queries_and_passwords() {
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

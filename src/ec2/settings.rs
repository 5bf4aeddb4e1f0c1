//! The command line and the environment about EC2.

use std::fmt;
use std::net::Ipv6Addr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use crate::secret::Secret;

/// How to reach EC2. The SDK finds the rest in the environment and in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ec2Settings {
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// Whether the environment has credentials, over which a profile that is named wins.
    pub environment_has_credentials: bool,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--ca-bundle` or `AWS_CA_BUNDLE`: a PEM file of the certificate authorities to trust.
    pub ca_bundle: Option<PathBuf>,
    /// `--cli-connect-timeout`, in seconds; zero is for ever.
    pub connect_timeout: Option<u32>,
    /// `--cli-read-timeout`, in seconds; zero is for ever.
    pub read_timeout: Option<u32>,
    /// The environment.
    pub variables: Box<Variables>,
}

impl Ec2Settings {
    /// Returns whether the keys in the environment are taken: a profile that is named wins over them, and they
    /// win over any other.
    pub(super) fn takes_keys_of_environment(&self) -> bool {
        let Variables { has_access_key_id, has_secret_access_key, .. } = *self.variables;
        self.profile.is_none() && has_access_key_id && has_secret_access_key
    }
}

/// The environment variables about AWS. An empty one counts as set where the SDK has it so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Whether `AWS_ACCESS_KEY_ID` has a value.
    pub has_access_key_id: bool,
    /// Whether `AWS_SECRET_ACCESS_KEY` has a value.
    pub has_secret_access_key: bool,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`.
    pub web_identity_token_file: Option<PathBuf>,
    /// Whether `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI` is set.
    pub has_container: bool,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, which wins over the URL.
    pub container_path: Option<VariableUrl>,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub container_url: Option<VariableUrl>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    pub container_token_file: Option<PathBuf>,
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub metadata_url: Option<VariableUrl>,
    /// The variables among [`ENDPOINT_VARIABLES`] that are set, with their values.
    pub endpoint_urls: Vec<(&'static str, VariableUrl)>,
    /// Whether `AWS_EC2_METADATA_DISABLED` rules out the role of the instance.
    pub forbids_instance_role: bool,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// The name of the one that is set.
    pub region_variable: &'static str,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// [`CERTIFICATE_FILE`], in which the certificate authorities are if not in those of the system.
    pub certificate_file: Option<PathBuf>,
    /// The folders in [`CERTIFICATE_FOLDERS`].
    pub certificate_folders: Vec<PathBuf>,
    /// The first variable with a credential that cannot be part of a request, and what [`credential_fault`]
    /// says of it.
    pub invalid_credential: Option<(&'static str, &'static str)>,
    /// `AWS_CREDENTIAL_EXPIRATION`, when the keys in the environment expire.
    pub credential_expiration: Option<String>,
    /// The proxies.
    pub proxies: Proxies,
    /// `AWS_CONFIG_FILE`.
    pub config_file: Option<PathBuf>,
    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials_file: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
}

/// The proxies, and the hosts that are reached without one.
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

/// A variable with the URL of a proxy, which may have a password.
#[derive(Clone, Debug)]
pub struct ProxyVariable {
    pub(super) name: &'static str,
    pub(super) url: Arc<Secret>,
}

impl ProxyVariable {
    /// Returns the variable with its value.
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

/// The variables with the addresses of services that may be asked.
pub const ENDPOINT_VARIABLES: [&str; 6] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
];

/// The variable with the file of the certificate authorities to trust in place of those of the system.
pub const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";

/// The variable with the folders of such files.
pub const CERTIFICATE_FOLDERS: &str = "SSL_CERT_DIR";

/// Returns why a text cannot be an access key ID, a secret access key or a session token: the SDK panics at
/// what cannot be part of a header.
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

/// Returns whether this can be the name of a region, which becomes a part of a host name.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LABEL).contains(&text.len()) && text.bytes().all(is_part)
}

/// Returns whether this is the address of a server: `http://HOST` or `https://HOST`, with a port and a path
/// if need be. What stands before an `@` would be a password, for which there is no use.
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

/// Returns whether this is the URL of a credentials endpoint: as [`is_endpoint_url`], with a query if need be.
pub(super) fn is_container_url(text: &str) -> bool {
    let (url, query) = text.split_once('?').unwrap_or((text, ""));
    is_endpoint_url(url) && is_container_path(&format!("/{query}"))
}

/// Returns whether this is the path of a credentials endpoint, with a query if need be.
pub(super) fn is_container_path(text: &str) -> bool {
    let is_of_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    text.len() <= MAX_URL && text.starts_with('/') && text.bytes().all(is_of_path)
}

/// Returns the beginning of a value, unless it may have a password.
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

/// Returns the beginning of a URL without its query, which may have a token, unless it may have a password.
pub(super) fn without_query(url: &str) -> String {
    shown_url(url.split(['?', '#']).next().unwrap_or_default())
}

/// The longest part of a host name (RFC 1035).
const MAX_LABEL: usize = 63;
/// Longer than the address of any server: a host name has 253 characters.
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
    fn region_longer_than_label_is_refused() {
        assert!(is_region("eu-west-1") && is_region(&"x".repeat(63)));
        assert!(!is_region("") && !is_region(&"x".repeat(64)));
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

//! The variables of the AWS CLI.

use std::env;
#[cfg(feature = "ec2")]
use std::path::PathBuf;

#[cfg(feature = "ec2")]
use super::HOME;
use crate::cli::settings::lookup::AwsVariables;
use crate::cli::settings::table::TABLE;
#[cfg(feature = "ec2")]
use crate::ec2::{Proxies, ProxyVariable, VariableUrl, Variables, credential_fault};
#[cfg(feature = "ec2")]
use crate::secret::Secret;

/// Reads the variables of the AWS CLI that are not secret.
pub(super) fn variables() -> AwsVariables {
    let names = TABLE.iter().filter(|known| !known.is_secret()).flat_map(|known| known.variables);
    let set = |name| Some((name, env::var_os(name)?.to_string_lossy().into_owned()));
    AwsVariables(names.copied().filter_map(set).collect())
}

/// Reads the variables with credentials.
#[cfg(feature = "ec2")]
pub(super) fn credentials() -> Variables {
    let path = |name| env::var_os(name).map(PathBuf::from);
    let url = |name| env::var(name).ok().map(VariableUrl::from);
    let has = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_text = |name| env::var(name).is_ok_and(|value| !value.trim().is_empty());
    Variables {
        has_access_key_id: has_text("AWS_ACCESS_KEY_ID"),
        has_secret_access_key: has_text("AWS_SECRET_ACCESS_KEY") || has_text("SECRET_ACCESS_KEY"),
        web_identity_token_file: path("AWS_WEB_IDENTITY_TOKEN_FILE")
            .filter(|path| !path.as_os_str().is_empty()),
        has_container: has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || has("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        container_path: url("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        container_url: url("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        container_token_file: path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        forbids_instance_role: env::var("AWS_EC2_METADATA_DISABLED")
            .is_ok_and(|value| value.eq_ignore_ascii_case("true")),
        invalid_credential: CREDENTIALS.into_iter().find_map(invalid_credential),
        credential_expiration: env::var("AWS_CREDENTIAL_EXPIRATION")
            .ok()
            .filter(|time| !time.trim().is_empty()),
        proxies: proxies(),
        // Unlike the AWS CLI, the SDK prefers `HOME` on Windows too.
        home: path("HOME").or_else(|| path(HOME)),
    }
}

/// Reads the proxy variables as Python does for the AWS CLI. The lower-case variable takes
/// precedence, even an empty one, which means no proxy. In a CGI program, `HTTP_PROXY` would be a
/// header of the request.
#[cfg(feature = "ec2")]
fn proxies() -> Proxies {
    let is_cgi = env::var_os("REQUEST_METHOD").is_some();
    let first = |names: [&'static str; 2]| {
        let mut names = names.into_iter().filter(|name| !(is_cgi && *name == "HTTP_PROXY"));
        let found = names.find_map(|name| Some((name, env::var_os(name)?)));
        found.filter(|(_, value)| !value.is_empty())
    };
    let proxy = |names| {
        let (name, value) = first(names)?;
        Some(ProxyVariable::new(name, Secret::from(value.into_encoded_bytes())))
    };
    Proxies {
        http: proxy(["http_proxy", "HTTP_PROXY"]),
        https: proxy(["https_proxy", "HTTPS_PROXY"]),
        bypassed: first(["no_proxy", "NO_PROXY"])
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

#[cfg(feature = "ec2")]
const CREDENTIALS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Returns the name of a credential that a request cannot carry, and the reason.
#[cfg(feature = "ec2")]
fn invalid_credential(name: &'static str) -> Option<(&'static str, &'static str)> {
    let value = env::var(name).ok()?;
    // The SDK trims only this one.
    let value = if name == "AWS_SESSION_TOKEN" { value.trim() } else { &value };
    credential_fault(value).map(|fault| (name, fault))
}

//! The variables of the AWS CLI.

use std::env;
#[cfg(feature = "ec2")]
use std::path::PathBuf;

use crate::cli::settings::lookup::AwsVariables;
use crate::cli::settings::table::TABLE;
#[cfg(feature = "ec2")]
use crate::ec2::{CredentialVariables, Proxies, ProxyVariable, Variables};
#[cfg(feature = "ec2")]
use crate::secret::Secret;

/// The variable with the user's home directory. On Windows this is `USERPROFILE`, as for OpenSSH
/// and, through Python, for the AWS CLI. There, `HOME` comes from Unix shells and has their path
/// syntax.
pub(in crate::cli::settings) const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

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
    Variables {
        credentials: CredentialVariables::read(|name| env::var_os(name)),
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

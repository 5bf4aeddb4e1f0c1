//! The settings of the endpoints of a container and of an EC2 instance.

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::inputs::{PlanResult, PlanSettings};
use super::source::{Container, ContainerToken, Instance};
use super::variables::CredentialVariables;
use crate::ec2::client;
use crate::ec2::url::{
    is_container_path, is_container_url, is_endpoint_url, shown_url, without_query,
};
use crate::profile::number;
use crate::registry::CredentialFault;

impl Container {
    /// Returns the endpoint in the environment. The path wins over the URL.
    pub(super) fn of(variables: &CredentialVariables) -> PlanResult<Option<Self>> {
        let [path, url] = [RELATIVE, FULL].map(|name| variables.get(name));
        let invalid = |name: &str, value: &str, expected| {
            let (name, value) = (name.to_owned(), shown_url(value));
            Err(CredentialFault::InvalidValue { name, value, expected })
        };
        let url = match (path, url) {
            (Some(path), _) if !is_container_path(path) => {
                return invalid(RELATIVE, path, "a path, for example /v2/x");
            }
            (Some(path), _) => format!("http://169.254.170.2{path}"),
            (None, Some(url)) if !is_container_url(url) => {
                return invalid(FULL, url, "http://HOST/PATH or https://HOST/PATH");
            }
            (None, Some(url)) if !is_allowed(url) => {
                let host = client::host(url).to_owned();
                return Err(CredentialFault::UnsupportedHost { host, url: without_query(url) });
            }
            (None, Some(url)) => url.to_owned(),
            (None, None) => return Ok(None),
        };
        let value = variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
        let token = match (variables.get(Self::TOKEN_FILE), value) {
            (Some(path), _) => ContainerToken::File(path.into()),
            (None, Some(token)) => ContainerToken::Value(Zeroizing::new(token.to_owned())),
            (None, None) => ContainerToken::None,
        };
        Ok(Some(Self { url: url.into(), token }))
    }

    pub(super) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
}

/// Returns whether version 2 accepts the host: over plain HTTP, only this machine and the
/// endpoints of ECS and EKS.
fn is_allowed(url: &str) -> bool {
    let host = client::host(url);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    url.starts_with("https:")
        || host == "localhost"
        || address.is_ok_and(|address| {
            address.is_loopback() || HOSTS.contains(&address.to_string().as_str())
        })
}

impl Instance {
    /// Returns the endpoint, or `None` if `AWS_EC2_METADATA_DISABLED` forbids its use.
    pub(in crate::ec2) fn of(settings: &PlanSettings<'_>) -> PlanResult<Option<Self>> {
        let variables = settings.variables;
        let section = settings.section(settings.profile);
        // Returns the value and the name of a setting.
        let find = |variable: &'static str, key: &'static str| match variables.get(variable) {
            Some(value) => Some((value, variable.to_owned())),
            None => {
                let value = section?.get(key).filter(|value| !value.is_empty())?;
                Some((value, format!("{key} in the profile {}", settings.profile)))
            }
        };
        let invalid = |(value, name): (&str, String), expected| CredentialFault::InvalidValue {
            name,
            value: shown_url(value),
            expected,
        };
        let count = |variable, key| match find(variable, key) {
            Some(found) => {
                let number = number(found.0).and_then(|number| u32::try_from(number).ok());
                number
                    .filter(|number| *number > 0)
                    .ok_or_else(|| invalid(found, "a number of at least 1"))
            }
            None => Ok(1),
        };
        let is_true = |variable, key| {
            find(variable, key).is_some_and(|(value, _)| value.eq_ignore_ascii_case("true"))
        };
        let mode =
            find("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
        let is_ipv6 = match mode {
            Some((mode, _)) if mode.eq_ignore_ascii_case("ipv6") => true,
            Some((mode, _)) if mode.eq_ignore_ascii_case("ipv4") => false,
            Some(found) => return Err(invalid(found, "ipv4 or ipv6")),
            None => is_true("AWS_IMDS_USE_IPV6", "imds_use_ipv6"),
        };
        let url = match find("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
            Some((url, _)) if is_endpoint_url(url) => url,
            Some(found) => return Err(invalid(found, "http://HOST or https://HOST")),
            None if is_ipv6 => "http://[fd00:ec2::254]",
            None => "http://169.254.169.254",
        };
        let attempts = count("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")?;
        let timeout = count("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")?;
        let instance = Self {
            url: url.trim_end_matches('/').to_owned(),
            attempts: attempts.min(MAX_ATTEMPTS),
            timeout: Duration::from_secs(timeout.into()),
            needs_token: is_true("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"),
        };
        Ok((!variables.is_true("AWS_EC2_METADATA_DISABLED")).then_some(instance))
    }
}

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// The endpoints of ECS and EKS.
const HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// A longer wait would look like a hang.
const MAX_ATTEMPTS: u32 = 100;

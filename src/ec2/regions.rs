//! The regions of an account, and their registries on one runtime with the same credentials.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connection;
use super::credentials::AskMfaCode;
use super::failure::query_error;
use super::settings::Ec2Settings;
use super::{Ec2Registry, client, server_text};
use crate::profile::{Given, Origin};
use crate::registry::RegistryError;

impl Ec2Registry {
    /// Creates the registries of several regions of an account. Their credentials are resolved
    /// once.
    pub fn in_regions(
        settings: &Ec2Settings,
        ask_mfa_code: Option<AskMfaCode>,
        regions: &[String],
    ) -> Vec<Self> {
        let shared = Arc::new(Mutex::new(None));
        let registry = |region: &String| {
            let region = Some(Given::new(region.clone(), Origin::Option("--region")));
            Self {
                settings: Ec2Settings { region, ..settings.clone() },
                ask_mfa_code,
                shared: Some(Arc::clone(&shared)),
                connection: None,
            }
        };
        regions.iter().map(registry).collect()
    }

    pub(super) fn connect(&self) -> Result<Connection, RegistryError> {
        let open = || Connection::open(&self.settings, self.ask_mfa_code);
        let (Some(shared), Some(region)) = (&self.shared, &self.settings.region) else {
            return open();
        };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let first = match &mut *shared {
            Some(first) => first,
            none => none.insert(open()?),
        };
        first.in_region(&region.value)
    }

    /// Returns the regions that are enabled for the account, sorted.
    pub fn enabled_regions(&mut self) -> Result<Vec<String>, RegistryError> {
        let connection = self.connection()?;
        let response = connection.ask(connection.ec2.describe_regions().send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        // Some servers return the others, too.
        let enabled = response
            .regions()
            .iter()
            .filter(|region| region.opt_in_status().is_none_or(|status| status != NOT_OPTED_IN));
        let names = enabled.filter_map(|region| region.region_name());
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        if let Some(name) = names.iter().find(|name| !super::is_region(name)) {
            let text = format!("`{}` is not a region name", server_text::cut(name));
            return Err(RegistryError::Unreadable(text.into()));
        }
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.len() > MAX_REGIONS {
            let text = format!("it has {} regions", names.len());
            return Err(RegistryError::Unreadable(text.into()));
        }
        Ok(names)
    }

    /// Returns the number of the account, from STS.
    pub fn account(&mut self) -> Result<String, RegistryError> {
        let connection = self.connection()?;
        let response = connection.ask(connection.sts().get_caller_identity().send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let account = response.account().unwrap_or_default();
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RegistryError::Unreadable("the response has no account".into()));
        }
        Ok(account.to_owned())
    }
}

/// Returns whether a URL leads to this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let host = client::host(url);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// AWS has fewer than fifty. Each would get requests.
const MAX_REGIONS: usize = 200;

/// The status of a region that the account has not enabled
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Region.html>).
const NOT_OPTED_IN: &str = "not-opted-in";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognized() {
        for url in [
            "http://127.0.0.1:5000",
            "http://[::1]:4566/x",
            "http://localhost",
            "https://ec2.localhost:1",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://ec2.eu-west-1.amazonaws.com",
            "http://localhost:1@evil",
            "http://10.0.0.1",
            "http://[::2]",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}

//! Checks settings before the SDK uses them: its errors do not name the setting.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::credentials::check_environment;
use super::profiles::{self, ACCESS_KEYS, BrokenChain};
use super::settings::{
    Ec2Settings, Variables, credential_fault, is_container_path, is_container_url, is_endpoint_url,
    is_region, shown_url,
};
use crate::profile::SelectedProfile;
use crate::registry::{CredentialSource, RegistryError};

/// Checks that the files can be used, and that the selected profile exists.
pub(super) fn files(selected: &SelectedProfile) -> Result<(), RegistryError> {
    let fault = selected.all().faults.iter().find(|fault| !fault.is_absence());
    if let Some(fault) = fault {
        return Err(RegistryError::SettingsFile(Box::new(Arc::clone(fault))));
    }
    match selected.is_missing() {
        true => Err(RegistryError::NoProfile {
            name: selected.name().to_owned(),
            origin: selected.origin().to_string(),
        }),
        false => Ok(()),
    }
}

/// Checks the keys in the environment or the profile.
pub(super) fn credentials(settings: &Ec2Settings) -> Result<(), RegistryError> {
    let invalid = if settings.takes_keys_of_environment() {
        check_environment(settings)?;
        settings.variables.invalid_credential.map(|(name, fault)| (name.to_owned(), fault))
    } else {
        let chain = match profiles::chain(&settings.profile) {
            Ok(chain) => Some(chain),
            Err(BrokenChain::UnknownSource { name, needed_by }) => {
                let name = format!("{name:?} referenced in the profile {needed_by:?}");
                return Err(RegistryError::CredentialSource {
                    from: CredentialSource::Profile { name: settings.profile.name().to_owned() },
                    is_malformed: false,
                    source: format!("the source_profile {name} does not exist").into(),
                });
            }
            Err(_) => None,
        };
        chain.and_then(|chain| {
            let mut keys = ACCESS_KEYS.into_iter().chain(["aws_session_token"]);
            let (key, fault) =
                keys.find_map(|key| Some((key, credential_fault(chain.base.get(key)?)?)))?;
            Some((format!("{key} in the profile {}", chain.name), fault))
        })
    };
    match invalid {
        Some((name, fault)) => Err(RegistryError::InvalidCredential { name, fault }),
        None => Ok(()),
    }
}

/// Checks the URL of the container endpoint: the SDK would print a password in it.
pub(super) fn container(variables: &Variables) -> Result<(), RegistryError> {
    let Variables { container_path, container_url, .. } = variables;
    let invalid = |name: &str, value: &str, expected| {
        let (name, value) = (name.to_owned(), shown_url(value));
        Err(RegistryError::InvalidSetting { name, value, expected })
    };
    match (container_path, container_url) {
        (Some(path), _) if !is_container_path(path) => {
            invalid("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path, "a path, for example /v2/x")
        }
        (None, Some(url)) if !is_container_url(url) => {
            let expected = "http://HOST/PATH or https://HOST/PATH";
            invalid("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, expected)
        }
        _ => Ok(()),
    }
}

pub(super) fn region(
    settings: &Ec2Settings,
    configuration: &SdkConfig,
) -> Result<(), RegistryError> {
    let region = configuration.region().map(AsRef::as_ref).unwrap_or_default();
    if region.is_empty() {
        return Err(RegistryError::NoRegion);
    }
    if is_region(region) {
        return Ok(());
    }
    let variables = &settings.variables;
    let name = match (&settings.region, &variables.region) {
        (Some(_), _) => "--region".to_owned(),
        (None, Some(_)) => variables.region_variable.to_owned(),
        (None, None) => format!("region in the profile {}", settings.profile.name()),
    };
    let expected = "the name of a region, for example eu-west-1";
    Err(RegistryError::InvalidSetting { name, value: shown_url(region), expected })
}

/// The services: the ID in profiles, and the variable with the endpoint URL.
const SERVICES: [(&str, &str); 5] = [
    ("EC2", "AWS_ENDPOINT_URL_EC2"),
    ("SSM", "AWS_ENDPOINT_URL_SSM"),
    ("STS", "AWS_ENDPOINT_URL_STS"),
    ("SSO", "AWS_ENDPOINT_URL_SSO"),
    ("SSO OIDC", "AWS_ENDPOINT_URL_SSO_OIDC"),
];

/// Checks the endpoint URLs in the environment and the files.
pub(super) fn endpoint_urls(
    settings: &Ec2Settings,
    configuration: &SdkConfig,
) -> Result<(), RegistryError> {
    let mut services = SERVICES.into_iter();
    services.try_for_each(|service| endpoint_url(settings, configuration, service))
}

fn endpoint_url(
    settings: &Ec2Settings,
    configuration: &SdkConfig,
    (service, variable): (&str, &str),
) -> Result<(), RegistryError> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL");
    let key = key.profile("endpoint_url").build().ok();
    let value = key.zip(configuration.service_config());
    let Some(value) = value.and_then(|(key, configured)| configured.load_config(key)) else {
        return Ok(());
    };
    if is_endpoint_url(&value) {
        return Ok(());
    }
    let given = settings.variables.endpoint_urls.iter();
    let given = given
        .filter(|(name, given)| **given == *value && [variable, "AWS_ENDPOINT_URL"].contains(name));
    let name = given.map(|(name, _)| (*name).to_owned()).max_by_key(String::len);
    let name =
        name.unwrap_or_else(|| format!("endpoint_url in the profile {}", settings.profile.name()));
    let expected = "http://HOST or https://HOST";
    Err(RegistryError::InvalidSetting { name, value: shown_url(&value), expected })
}

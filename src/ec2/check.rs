//! Checks settings before the SDK uses them: its errors do not name the setting.

use std::sync::Arc;

use super::credentials::check_environment;
use super::profiles::{self, ACCESS_KEYS, BrokenChain};
use super::settings::{
    Ec2Settings, InvalidValue, Variables, credential_fault, is_container_path, is_container_url,
    shown_url,
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

/// Refuses invalid variables and keys.
pub(super) fn values(settings: &Ec2Settings) -> Result<(), RegistryError> {
    match settings.invalid.first().cloned() {
        Some(InvalidValue { name, value, expected }) => {
            Err(RegistryError::InvalidSetting { name, value, expected })
        }
        None => Ok(()),
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

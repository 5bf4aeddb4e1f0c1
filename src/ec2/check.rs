//! Checks settings before the SDK uses them: its errors do not name the setting.

use std::sync::Arc;

use super::settings::{Ec2Settings, InvalidValue};
use crate::profile::SelectedProfile;
use crate::registry::RegistryError;

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

//! The plan: the source of credentials according to the settings, without any request.
//!
//! The order is that of version 2 of the AWS CLI, in `create_credential_resolver` of botocore.

use super::inputs::{PlanResult, PlanSettings, environment};
use super::source::{Container, Instance, Source};
use super::{key_file, role};
use crate::ec2::settings::Ec2Settings;
use crate::profile::ProfileOrigin;
use crate::registry::CredentialFault;

impl Ec2Settings {
    /// Finds the source of credentials, without any request.
    pub(in crate::ec2) fn plan(&self) -> Result<Option<Source>, CredentialFault> {
        plan(&self.plan_settings())
    }

    /// Returns the instance metadata service, unless its use is forbidden.
    pub(in crate::ec2) fn instance(&self) -> Result<Option<Instance>, CredentialFault> {
        Instance::of(&self.plan_settings())
    }

    fn plan_settings(&self) -> PlanSettings<'_> {
        PlanSettings {
            profiles: self.profile.all(),
            paths: &self.paths,
            variables: &self.variables.credentials,
            profile: self.profile.name(),
            is_explicit: self.profile.origin() == ProfileOrigin::Option,
            home: self.variables.home.as_deref(),
        }
    }
}

/// Finds the source, or returns `None` if nothing is configured.
fn plan(settings: &PlanSettings<'_>) -> PlanResult<Option<Source>> {
    // Version 2 checks these settings even if it does not ask the instance.
    let instance = Instance::of(settings)?;
    if !settings.is_explicit
        && let Some(keys) = environment(settings.variables)?
    {
        return Ok(Some(Source::Environment(keys)));
    }
    if let Some(role) = role::of_profile(settings)? {
        return Ok(Some(Source::Role(role)));
    }
    if let Some(source) = settings.source_of_profile(settings.profile, !settings.is_explicit)? {
        return Ok(Some(source));
    }
    if let Some((path, keys)) = key_file::find(settings)? {
        return Ok(Some(Source::KeyFile { path, keys }));
    }
    if let Some(container) = Container::of(settings.variables)? {
        return Ok(Some(Source::Container(container)));
    }
    Ok(instance.map(Source::Instance))
}

#[cfg(test)]
mod tests;

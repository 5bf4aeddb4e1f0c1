//! The roles that profiles assume with other credentials.

use super::inputs::{PlanResult, PlanSettings, environment};
use super::source::{Container, Instance, Role, Source};
use crate::ec2::url::shown_url;
use crate::profile::number;
use crate::registry::{CredentialFault, Place};

/// Returns the role of the selected profile.
pub(super) fn of_profile(settings: &PlanSettings<'_>) -> PlanResult<Option<Role>> {
    let profile = settings.profile;
    if !assumes_role(settings, profile) {
        return Ok(None);
    }
    let mut visited = vec![profile.to_owned()];
    role(settings, profile, &mut visited)
}

fn assumes_role(settings: &PlanSettings<'_>, profile: &str) -> bool {
    let has = |key| settings.section(profile).is_some_and(|section| section.get(key).is_some());
    has("role_arn") && !has("web_identity_token_file")
}

fn role(
    settings: &PlanSettings<'_>,
    profile: &str,
    visited: &mut Vec<String>,
) -> PlanResult<Option<Role>> {
    let Some(section) = settings.section(profile) else { return Ok(None) };
    let Some(arn) = section.setting("role_arn") else { return Ok(None) };
    let text = |key| section.get(key).map(str::to_owned);
    let name = profile.to_owned();
    let source = match (section.setting("source_profile"), section.setting("credential_source")) {
        (Some(_), Some(source)) => {
            let place = settings.place(source);
            return Err(CredentialFault::BothSources { profile: name, place });
        }
        (None, None) => {
            return Err(CredentialFault::Partial {
                provider: "assume-role",
                missing: "source_profile or credential_source",
                place: Some(settings.place(arn)),
            });
        }
        (None, Some(source)) => match named_source(settings, source.value(), profile)? {
            Some(source) => source,
            None => {
                return Err(CredentialFault::InvalidSource {
                    source_name: source.value().to_owned(),
                    profile: name,
                    place: settings.place(source),
                });
            }
        },
        (Some(source), None) => {
            let (next, place) = (source.value(), settings.place(source));
            check_source(settings, profile, next, visited)
                .map_err(|fault| fault.at(next, profile, visited, place.clone()))?;
            if visited.len() == MAX_ROLES {
                return Err(CredentialFault::InvalidValue {
                    name: format!("source_profile in the profile {profile}"),
                    value: shown_url(next),
                    expected: "a chain of at most 100 roles",
                });
            }
            visited.push(next.to_owned());
            let found = if has_keys(settings, next) || !assumes_role(settings, next) {
                settings.source_of_profile(next, false)?
            } else {
                role(settings, next, visited)?.map(Source::Role)
            };
            let profile = || next.to_owned();
            found
                .ok_or_else(|| CredentialFault::NoneInSourceProfile { profile: profile(), place })?
        }
    };
    Ok(Some(Role {
        arn: arn.value().to_owned(),
        profile: name,
        duration_seconds: match section.get("duration_seconds") {
            Some(text) => duration(text, profile)?,
            None => None,
        },
        external_id: text("external_id"),
        mfa_serial: text("mfa_serial"),
        session_name: text("role_session_name"),
        source: Box::new(source),
    }))
}

/// The reason why a profile cannot be the source of another.
enum SourceFault {
    Missing,
    Loop,
}

impl SourceFault {
    fn at(self, name: &str, needed_by: &str, visited: &[String], place: Place) -> CredentialFault {
        let (name, needed_by) = (name.to_owned(), needed_by.to_owned());
        match self {
            Self::Missing => CredentialFault::NoSourceProfile { name, needed_by, place },
            Self::Loop => CredentialFault::Loop { name, visited: visited.to_vec(), place },
        }
    }
}

/// Checks a source profile. A profile may be its own source if it has keys.
fn check_source(
    settings: &PlanSettings<'_>,
    profile: &str,
    source: &str,
    visited: &[String],
) -> Result<(), SourceFault> {
    if settings.section(source).is_none() {
        return Err(SourceFault::Missing);
    }
    let is_visited = visited.iter().any(|name| name == source);
    let may_repeat = source == profile && has_keys(settings, source);
    if is_visited && !may_repeat { Err(SourceFault::Loop) } else { Ok(()) }
}

fn has_keys(settings: &PlanSettings<'_>, profile: &str) -> bool {
    let has =
        |key: &str| settings.section(profile).is_some_and(|section| section.get(key).is_some());
    has("aws_access_key_id") || has("aws_secret_access_key")
}

/// Returns the source of `credential_source`, or `None` if the name is unknown.
fn named_source(
    settings: &PlanSettings<'_>,
    name: &str,
    profile: &str,
) -> PlanResult<Option<Source>> {
    let variables = settings.variables;
    let (name, source) = match name {
        "Environment" => ("Environment", environment(variables)?.map(Source::Environment)),
        "EcsContainer" => ("EcsContainer", Container::of(variables)?.map(Source::Container)),
        "Ec2InstanceMetadata" => {
            ("Ec2InstanceMetadata", Instance::of(settings)?.map(Source::Instance))
        }
        _ => return Ok(None),
    };
    let none = || CredentialFault::NoneInSource { source_name: name, profile: profile.to_owned() };
    source.ok_or_else(none).map(Some)
}

/// Parses `duration_seconds`. As in version 2, text that is not a number means the usual duration.
fn duration(text: &str, profile: &str) -> PlanResult<Option<i32>> {
    let Some(seconds) = number(text) else { return Ok(None) };
    let seconds = i32::try_from(seconds).ok().filter(|seconds| *seconds >= MIN_SECONDS);
    seconds.map(Some).ok_or_else(|| CredentialFault::InvalidValue {
        name: format!("duration_seconds in the profile {profile}"),
        value: shown_url(text),
        expected: "a number of seconds of at least 900",
    })
}

/// The minimum of STS, which version 2 checks too.
const MIN_SECONDS: i32 = 900;
const MAX_ROLES: usize = 100;

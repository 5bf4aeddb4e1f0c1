//! Roles of the Security Token Service, assumed with other credentials or with a web identity.

use std::path::PathBuf;

use super::metadata::{Container, Instance};
use super::plan::{PlanResult, PlanSettings, Source, environment};
use crate::ec2::settings::shown_url;
use crate::registry::{CredentialFault, Place, TokenOrigin};

/// A role that a profile assumes.
#[derive(Debug)]
pub(in crate::ec2) struct Role {
    pub(super) arn: String,
    pub(super) profile: String,
    pub(super) duration_seconds: Option<i32>,
    pub(super) external_id: Option<String>,
    /// The device with the code.
    pub(super) mfa_serial: Option<String>,
    pub(super) session_name: Option<String>,
    /// The credentials that assume the role.
    pub(super) source: Box<Source>,
}

/// A role that is assumed with a token from a file.
#[derive(Debug)]
pub(in crate::ec2) struct WebIdentity {
    pub(super) arn: String,
    /// `None` for a role in the environment.
    pub(super) profile: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) token: PathBuf,
    pub(super) origin: TokenOrigin,
}

impl WebIdentity {
    pub(in crate::ec2) fn is_of_profile(&self) -> bool {
        self.profile.is_some()
    }
}

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
    let Ok(seconds) = text.trim().parse::<i64>() else { return Ok(None) };
    let seconds = i32::try_from(seconds).ok().filter(|seconds| *seconds >= MIN_SECONDS);
    seconds.map(Some).ok_or_else(|| CredentialFault::InvalidValue {
        name: format!("duration_seconds in the profile {profile}"),
        value: shown_url(text),
        expected: "a number of seconds of at least 900",
    })
}

/// Returns the role and token of a profile or of the environment.
pub(super) fn web_identity(
    settings: &PlanSettings<'_>,
    profile: &str,
    takes_environment: bool,
) -> PlanResult<Option<WebIdentity>> {
    let variables = settings.variables;
    let variable = |name| variables.get(name).filter(|_| takes_environment);
    let section = settings.section(profile);
    let key = |key| section.and_then(|section| section.get(key)).filter(|value| !value.is_empty());
    let (file, name) = ("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE");
    let is_variable = variable(name).is_some();
    let Some(token) = variable(name).or_else(|| key(file)) else { return Ok(None) };
    let place =
        if is_variable { name.to_owned() } else { format!("{file} in the profile {profile}") };
    let arn = variable("AWS_ROLE_ARN").or_else(|| key("role_arn"));
    let arn = arn.ok_or_else(|| CredentialFault::NoRoleArn { place: place.clone() })?;
    let session_name = variable("AWS_ROLE_SESSION_NAME").or_else(|| key("role_session_name"));
    Ok(Some(WebIdentity {
        arn: arn.to_owned(),
        profile: (!is_variable).then(|| profile.to_owned()),
        session_name: session_name.map(str::to_owned),
        token: token.into(),
        origin: TokenOrigin::Setting(place),
    }))
}

/// The minimum of STS, which version 2 checks too.
const MIN_SECONDS: i32 = 900;
const MAX_ROLES: usize = 100;

//! The roles that are assumed with a token from a file.

use super::inputs::{PlanResult, PlanSettings};
use super::source::WebIdentity;
use crate::registry::{CredentialFault, TokenOrigin};

/// Returns the role and token of a profile or of the environment.
pub(super) fn of_profile(
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

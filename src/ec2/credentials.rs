//! The sources of credentials, and their expiry.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_ec2::config::http::HttpRequest;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::profiles::{self, BrokenChain, MAX_TOKEN};
use super::server_text::UsedSecrets;
use super::settings::{Ec2Settings, shown_url, without_query};
use crate::file;
use crate::profile::SelectedProfile;
use crate::registry::{CreateTime, CredentialSource, RegistryError};

/// Rejects expired credentials: the SDK would sign requests with them. Records the others, because
/// error messages may contain them.
#[derive(Debug)]
pub(super) struct Unexpired {
    provider: SharedCredentialsProvider,
    secrets: UsedSecrets,
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expired at {}", CreateTime::from(*.0))]
pub(super) struct Expired(pub(super) SystemTime);

impl Unexpired {
    pub(super) fn shared(
        provider: impl ProvideCredentials + 'static,
        secrets: &UsedSecrets,
    ) -> SharedCredentialsProvider {
        let provider = SharedCredentialsProvider::new(provider);
        SharedCredentialsProvider::new(Self { provider, secrets: secrets.clone() })
    }

    async fn credentials(&self) -> provider::Result {
        let credentials = self.provider.provide_credentials().await?;
        self.secrets.add(credentials.secret_access_key());
        self.secrets.add(credentials.session_token().unwrap_or_default());
        match credentials.expiry() {
            Some(expiry) if expiry <= SystemTime::now() => {
                Err(CredentialsError::provider_error(Expired(expiry)))
            }
            _ => Ok(credentials),
        }
    }
}

impl ProvideCredentials for Unexpired {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// The configured source and its token.
pub(super) struct ConfiguredSource {
    pub(super) source: CredentialSource,
    /// The selected profile, if the credentials come from a profile.
    pub(super) profile: Option<String>,
    /// The file with the token of the SSO session.
    sso_token: Option<PathBuf>,
}

impl ConfiguredSource {
    /// Finds the source in the SDK's order.
    pub(super) fn of(settings: &Ec2Settings) -> Self {
        let variables = &settings.variables;
        let without_profile = |source| Self { source, profile: None, sso_token: None };
        if settings.takes_keys_of_environment() {
            return without_profile(CredentialSource::Environment);
        }
        let selected = settings.profile.name().to_owned();
        let chain = match profiles::chain(&settings.profile) {
            Ok(chain) => Some(chain),
            Err(BrokenChain::UnknownProfile) if !settings.profile.is_named() => None,
            Err(_) => return without_profile(CredentialSource::Profile { name: selected }),
        };
        if let Some(chain) = chain {
            let profile = chain.name.to_owned();
            let has = |name: &&str| chain.base.get(name).is_some();
            let is_sso = ["sso_session", "sso_start_url"].iter().any(has);
            let source = if chain.credential_process().is_some() {
                Some(CredentialSource::Process { profile })
            } else if is_sso {
                Some(CredentialSource::Sso { profile })
            } else if !chain.roles.is_empty() || SOURCES.iter().any(has) {
                Some(CredentialSource::Profile { name: profile })
            } else {
                None
            };
            if let Some(source) = source {
                let sso_token = is_sso.then(|| profiles::sso_token_file(variables, chain.base));
                return Self { source, profile: Some(selected), sso_token: sso_token.flatten() };
            }
        }
        without_profile(if variables.web_identity_token_file.is_some() {
            CredentialSource::WebIdentity
        } else if variables.has_container {
            let url =
                variables.container_url.as_ref().filter(|_| variables.container_path.is_none());
            CredentialSource::Container { url: url.map(|url| without_query(url)) }
        } else {
            CredentialSource::Instance { url: None }
        })
    }

    /// Returns whether the SDK may use the container endpoint.
    pub(super) fn may_ask_container(&self, selected: &SelectedProfile) -> bool {
        match self.source {
            CredentialSource::Container { .. } | CredentialSource::Instance { .. } => true,
            CredentialSource::Profile { .. } => profiles::chain(selected).is_ok_and(|chain| {
                let source = chain.base.get("credential_source");
                source.is_some_and(|source| source.eq_ignore_ascii_case("EcsContainer"))
            }),
            _ => false,
        }
    }

    /// Returns the expiry of the SSO token if it has expired.
    pub(super) fn expired_token(&self) -> Option<Expired> {
        expired_token(self.sso_token.as_deref()?)
    }
}

fn expired_token(path: &Path) -> Option<Expired> {
    let token = file::read_regular(path, MAX_TOKEN).ok()?;
    let token: Value = serde_json::from_slice(token.expose()).ok()?;
    let expiry = OffsetDateTime::parse(token.get("expiresAt")?.as_str()?, &Rfc3339).ok()?;
    let expiry = SystemTime::from(expiry);
    (expiry <= SystemTime::now()).then_some(Expired(expiry))
}

/// Checks `AWS_CREDENTIAL_EXPIRATION`.
pub(super) fn check_environment(settings: &Ec2Settings) -> Result<(), RegistryError> {
    let Some(text) = &settings.variables.credential_expiration else { return Ok(()) };
    let Ok(expiry) = OffsetDateTime::parse(text.trim(), &Rfc3339) else {
        return Err(RegistryError::InvalidSetting {
            name: "AWS_CREDENTIAL_EXPIRATION".to_owned(),
            value: shown_url(text),
            expected: "a time, for example 2026-01-31T12:00:00Z",
        });
    };
    let expiry = SystemTime::from(expiry);
    if expiry > SystemTime::now() {
        return Ok(());
    }
    let (from, time) = (CredentialSource::Environment, expiry.into());
    Err(RegistryError::ExpiredCredentials { from, time })
}

/// Returns the source of credentials that a request is sent to, if the request identifies it.
pub(super) fn requested(request: &HttpRequest) -> Option<CredentialSource> {
    if let Some(operation) = operation(request) {
        let (is_role, body) = (operation.starts_with("AssumeRole"), body(request));
        let arn = body.split('&').find_map(|member| member.strip_prefix("RoleArn="));
        let role = |arn| CredentialSource::Role { arn: decoded(arn), profile: None };
        return arn.filter(|_| is_role).map(role);
    }
    let is_of_sso = request.headers().get("x-amz-sso_bearer_token").is_some();
    if request.method() == "POST" || is_of_sso {
        return None;
    }
    let url = without_query(request.uri());
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    Some(match url.split_once("/latest/") {
        Some((server, "api/token")) => CredentialSource::Instance { url: Some(server.to_owned()) },
        Some((server, path)) if path.starts_with("meta-data/") => {
            CredentialSource::Instance { url: Some(server.to_owned()) }
        }
        _ => CredentialSource::Container { url: Some(url) },
    })
}

/// Returns the operation of a form request.
pub(super) fn operation(request: &HttpRequest) -> Option<&str> {
    let is_form = request.headers().get("content-type") == Some(FORM);
    let action = body(request).strip_prefix("Action=").filter(|_| is_form)?;
    action.split('&').next()
}

fn body(request: &HttpRequest) -> &str {
    request.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default()
}

/// Decodes a form value.
fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or(("", part));
        bytes.extend(u8::from_str_radix(digits, 16).ok());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The keys of a profile with credentials, except those for SSO and programs.
const SOURCES: [&str; 4] =
    ["aws_access_key_id", "credential_source", "login_session", "web_identity_token_file"];

/// The content type of a form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_value_is_decoded() {
        for (value, text) in [
            ("arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", "arn:aws:iam::1:role/x"),
            ("%", ""),
            ("a%zzb", "ab"),
            ("", ""),
        ] {
            assert_eq!(decoded(value), text);
        }
    }
}

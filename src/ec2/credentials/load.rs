//! Carries out a plan: gets the credentials of a source.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::types::Credentials as StsCredentials;
use serde_json::json;

use super::cache::CacheFile;
use super::error::{Expired, LoadResult, Malformed, SourceError, read_token, service_error};
use super::means::Means;
use super::source::{Container, Keys, Role, Source, WebIdentity};
use super::{endpoint, json, login, process, token};
use crate::ec2::interceptor::AsAwsCli;
use crate::ec2::services::Service;
use crate::registry::{Cause, too_short};

/// Provides the credentials of a source. Records them, because error messages of servers may
/// contain them, and rejects expired ones: the SDK would sign requests with them.
#[derive(Clone, Debug)]
pub(in crate::ec2) struct Provider {
    source: Arc<Source>,
    means: Means,
}

type Loading<'a> = Pin<Box<dyn Future<Output = Result<Credentials, SourceError>> + Send + 'a>>;

impl Provider {
    pub(in crate::ec2) fn shared(source: Source, means: Means) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self { source: Arc::new(source), means })
    }

    async fn credentials(&self) -> provider::Result {
        let credentials = self.means.load(&self.source, true).await;
        credentials.map_err(CredentialsError::provider_error)
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl Means {
    /// Gets the credentials of a source. As in version 2, the cache serves roles and the selected
    /// profile only.
    fn load<'a>(&'a self, source: &'a Source, is_selected: bool) -> Loading<'a> {
        Box::pin(async move {
            let failed = |cause: Cause| SourceError::new(source.name(), cause);
            let loaded = match source {
                Source::Environment(keys)
                | Source::KeyFile { keys, .. }
                | Source::Keys { keys, .. } => Ok(keys.credentials()),
                Source::Container(container) => self.of_container(container).await,
                Source::Instance(instance) => endpoint::of_instance(&self.client, instance).await,
                Source::Login { token, .. } => login::read(token),
                Source::Process { command, .. } => process::run(command).await,
                Source::Role(role) => {
                    let cache = role.cache(self);
                    if let Some(cached) = cache.read() {
                        self.record(&cached);
                        return Ok(cached);
                    }
                    let base = self.load(&role.source, false).await;
                    let base = base.map_err(|error| error.in_source_of(&role.profile))?;
                    self.assume(role, base, &cache).await
                }
                Source::Sso(sso) => {
                    let cache =
                        CacheFile::of_sso(self.home.as_deref().filter(|_| is_selected), sso);
                    match cache.read() {
                        Some(cached) => Ok(cached),
                        None => token::of_sso(self, sso, &cache).await,
                    }
                }
                Source::WebIdentity(identity) => {
                    let cache = identity.cache(self, is_selected);
                    match cache.read() {
                        Some(cached) => Ok(cached),
                        None => self.assume_with_web_identity(identity, &cache).await,
                    }
                }
            };
            let credentials = loaded.map_err(failed)?;
            self.record(&credentials);
            match credentials.expiry() {
                Some(expiry) if expiry <= SystemTime::now() => Err(failed(Expired(expiry).into())),
                _ => Ok(credentials),
            }
        })
    }

    fn record(&self, credentials: &Credentials) {
        self.client.secrets.add(credentials.secret_access_key());
        self.client.secrets.add(credentials.session_token().unwrap_or_default());
    }

    async fn of_container(&self, container: &Container) -> LoadResult {
        endpoint::of_container(&self.client, container).await
    }

    async fn assume(&self, role: &Role, base: Credentials, cache: &CacheFile) -> LoadResult {
        let code = match &role.mfa_serial {
            Some(serial) => Some(self.mfa_code(serial)?),
            None => None,
        };
        let session_name = session_name(role.session_name.as_deref());
        check_lengths([("RoleArn", &role.arn), ("RoleSessionName", &session_name)])?;
        check_lengths(role.external_id.iter().map(|id| ("ExternalId", id)))?;
        let configuration =
            self.of_sts().credentials_provider(SharedCredentialsProvider::new(base));
        let request = aws_sdk_sts::Client::from_conf(configuration.build())
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(session_name)
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration_seconds)
            .set_serial_number(role.mfa_serial.clone())
            .set_token_code(code);
        let response = request.send().await.map_err(service_error)?;
        let credentials = of_sts(response.credentials())?;
        cache.write(&credentials, None);
        Ok(credentials)
    }

    fn of_sts(&self) -> aws_sdk_sts::config::Builder {
        aws_sdk_sts::config::Builder::from(&self.of(Service::Sts))
            .interceptor(AsAwsCli::of_service(&self.endpoints, Service::Sts))
    }

    fn mfa_code(&self, serial: &str) -> Result<String, Cause> {
        let ask = self.ask_mfa_code.ok_or("cannot ask for the MFA code: there is no terminal")?;
        let code = ask(&format!("Enter MFA code for {serial}: "))?;
        // The SDK takes a `String`. The program's allocator wipes it after use.
        Ok(String::from_utf8_lossy(code.expose()).trim().to_owned())
    }

    async fn assume_with_web_identity(
        &self,
        identity: &WebIdentity,
        cache: &CacheFile,
    ) -> LoadResult {
        let token = read_token(&identity.token, &identity.origin)?;
        let token = str::from_utf8(token.expose())
            .map_err(|_| Malformed("the web identity token is not UTF-8"))?;
        let length = token.chars().count();
        if let Some(fault) = too_short("WebIdentityToken", length, MIN_WEB_IDENTITY_TOKEN) {
            return Err(fault.into());
        }
        self.client.secrets.add(token);
        let session_name = session_name(identity.session_name.as_deref());
        check_lengths([("RoleArn", &identity.arn), ("RoleSessionName", &session_name)])?;
        let configuration = self.of_sts().allow_no_auth();
        let request = aws_sdk_sts::Client::from_conf(configuration.build())
            .assume_role_with_web_identity()
            .role_arn(&identity.arn)
            .role_session_name(session_name)
            .web_identity_token(token);
        let response = request.send().await.map_err(service_error)?;
        let credentials = of_sts(response.credentials())?;
        cache.write(&credentials, None);
        Ok(credentials)
    }
}

/// Refuses parameters that version 2 refuses before a request.
fn check_lengths<'a>(
    parameters: impl IntoIterator<Item = (&'static str, &'a String)>,
) -> Result<(), String> {
    for (name, value) in parameters {
        let (length, minimum) = (value.chars().count(), if name == "RoleArn" { 20 } else { 2 });
        if let Some(fault) = too_short(name, length, minimum) {
            return Err(fault);
        }
    }
    Ok(())
}

impl Role {
    fn cache(&self, means: &Means) -> CacheFile {
        let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        CacheFile::of_role(
            means.home.as_deref(),
            &[
                ("DurationSeconds", self.duration_seconds.map(|seconds| json!(seconds))),
                ("ExternalId", text(&self.external_id)),
                ("RoleArn", Some(json!(self.arn))),
                ("RoleSessionName", text(&self.session_name)),
                ("SerialNumber", text(&self.mfa_serial)),
            ],
        )
    }
}

impl WebIdentity {
    fn cache(&self, means: &Means, is_selected: bool) -> CacheFile {
        let session_name = self.session_name.as_ref().map(|name| json!(name));
        CacheFile::of_role(
            means.home.as_deref().filter(|_| is_selected),
            &[("RoleArn", Some(json!(self.arn))), ("RoleSessionName", session_name)],
        )
    }
}

impl Keys {
    fn credentials(&self) -> Credentials {
        let Self { id, secret, token, expiry } = self;
        let token = token.as_ref().map(|token| token.to_string());
        Credentials::new(id.as_str(), secret.as_str(), token, *expiry, "keypair")
    }
}

/// Returns the name of a session: the given one, or that of the AWS CLI, which policies may allow.
fn session_name(given: Option<&str>) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    given.map_or_else(|| format!("botocore-session-{}", now.as_secs()), str::to_owned)
}

fn of_sts(credentials: Option<&StsCredentials>) -> LoadResult {
    let credentials = credentials.ok_or(Malformed("the response lacks Credentials"))?;
    let [id, secret, token] =
        [credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token()];
    // The SDK replaces missing members with empty texts, and a missing time with 1970.
    if [id, secret, token].contains(&"") {
        return Err(Malformed("the response lacks a part of the credentials").into());
    }
    let expiry = SystemTime::try_from(*credentials.expiration()).ok();
    let expiry = expiry.filter(|expiry| *expiry != SystemTime::UNIX_EPOCH);
    let expiry = expiry.ok_or(Malformed("the response lacks Expiration"))?;
    Ok(json::checked(id, secret, Some(token), Some(expiry))?)
}

/// The maximum time for the credentials of a profile. A program may run for a minute, and a user may
/// look for an MFA device. Each request has a limit too.
pub(in crate::ec2) const LOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// The minimum length of a web identity token in characters
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>).
const MIN_WEB_IDENTITY_TOKEN: usize = 4;

//! The token of a single sign-on session, and its refresh.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::cache::{self, CacheFile};
use super::error::{Expired, LoadResult, MAX_TOKEN, Malformed, TokenFile, service_error};
use super::means::Means;
use super::source::Sso;
use super::{json as credentials_json, time};
use crate::ec2::interceptor::AsAwsCli;
use crate::ec2::services::Service;
use crate::ec2::settings::credential_fault;
use crate::file::{self, FileError};
use crate::registry::{Cause, TokenOrigin};

/// The user has not logged in.
#[derive(Debug, thiserror::Error)]
#[error("Token for {0} does not exist")]
struct NoToken(String);

/// Gets the credentials of a role with the cached token.
pub(super) async fn of_sso(means: &Means, sso: &Sso, cache: &CacheFile) -> LoadResult {
    let token = access_token(means, sso).await?;
    means.client.secrets.add(&token);
    let configuration =
        aws_sdk_sso::config::Builder::from(&means.in_region(Service::Sso, &sso.region));
    let configuration = configuration.allow_no_auth().interceptor(AsAwsCli::default());
    let request = aws_sdk_sso::Client::from_conf(configuration.build())
        .get_role_credentials()
        .access_token(token)
        .account_id(&sso.account_id)
        .role_name(&sso.role_name);
    let response = request.send().await.map_err(service_error)?;
    let found =
        response.role_credentials().ok_or(Malformed("the response lacks roleCredentials"))?;
    let (Some(id), Some(secret)) = (found.access_key_id(), found.secret_access_key()) else {
        return Err(Malformed("the response lacks accessKeyId or secretAccessKey").into());
    };
    let expiry = u64::try_from(found.expiration()).ok().filter(|time| *time > 0);
    let expiry = expiry.ok_or(Malformed("the response lacks expiration"))?;
    let expiry = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(expiry));
    let credentials = credentials_json::checked(id, secret, found.session_token(), expiry)?;
    cache.write(&credentials, Some("sso"));
    Ok(credentials)
}

/// Returns the access token. As in version 2, a token of a session that expires soon is refreshed
/// if that is possible.
async fn access_token(means: &Means, sso: &Sso) -> Result<String, Cause> {
    let name = sso.session.as_ref().unwrap_or(&sso.start_url);
    let no_token = || NoToken(name.clone());
    let path = sso.token.as_deref().ok_or_else(no_token)?;
    let document = match file::read_regular(path, MAX_TOKEN) {
        Ok(text) => {
            serde_json::from_slice(text.expose()).map_err(|_| "the cached token is not JSON")?
        }
        Err(FileError::Io { .. }) => return Err(no_token().into()),
        Err(source) => {
            let origin = TokenOrigin::SsoCache { profile: sso.profile.clone() };
            return Err(TokenFile { origin, source }.into());
        }
    };
    let (token, expiry) = parse(&document)?;
    let now = SystemTime::now();
    if sso.session.is_some()
        && expiry < now + REFRESH_WINDOW
        && let Some(refreshed) = refresh(means, sso, path, &document).await?
    {
        return Ok(refreshed);
    }
    if expiry <= now { Err(Expired(expiry).into()) } else { Ok(token) }
}

fn parse(document: &Value) -> Result<(String, SystemTime), &'static str> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    match (text("accessToken"), text("expiresAt").map(time::parse)) {
        (Some(token), _) if credential_fault(token).is_some() => {
            Err("the cached token contains a character that a request cannot carry")
        }
        (Some(token), Some(Some(expiry))) => Ok((token.to_owned(), expiry)),
        (_, Some(None)) => Err("the cached token has an invalid expiresAt"),
        _ => Err("the cached token lacks accessToken or expiresAt"),
    }
}

/// Refreshes a token and replaces the cached one. Returns `None` if the token has no valid
/// registration, or if the service refuses.
async fn refresh(
    means: &Means,
    sso: &Sso,
    path: &Path,
    document: &Value,
) -> Result<Option<String>, Cause> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let (Some(refresh_token), Some(id), Some(secret), Some(registered)) = (
        text("refreshToken"),
        text("clientId"),
        text("clientSecret"),
        text("registrationExpiresAt"),
    ) else {
        return Ok(None);
    };
    if time::parse(registered).is_none_or(|expiry| expiry <= SystemTime::now()) {
        return Ok(None);
    }
    [refresh_token, secret].into_iter().for_each(|secret| means.client.secrets.add(secret));
    let configuration =
        aws_sdk_ssooidc::config::Builder::from(&means.in_region(Service::SsoOidc, &sso.region));
    let configuration = configuration.allow_no_auth().interceptor(AsAwsCli::default());
    let request = aws_sdk_ssooidc::Client::from_conf(configuration.build())
        .create_token()
        .grant_type("refresh_token")
        .client_id(id)
        .client_secret(secret)
        .refresh_token(refresh_token);
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.as_service_error().is_some() => return Ok(None),
        Err(error) => return Err(service_error(error)),
    };
    let token = response.access_token().ok_or(Malformed("the response lacks accessToken"))?;
    let rest = Duration::from_secs(u64::try_from(response.expires_in()).unwrap_or_default());
    let mut refreshed = json!({
        "startUrl": sso.start_url,
        "region": sso.region,
        "accessToken": token,
        "expiresAt": time::format(SystemTime::now() + rest),
        "clientId": id,
        "clientSecret": secret,
        "registrationExpiresAt": registered,
    });
    if let (Some(next), Some(members)) = (response.refresh_token(), refreshed.as_object_mut()) {
        members.insert("refreshToken".to_owned(), next.into());
    }
    // The service may accept the old refresh token only once.
    cache::replace(path, &refreshed)?;
    Ok(Some(token.to_owned()))
}

const REFRESH_WINDOW: Duration = Duration::from_secs(15 * 60);

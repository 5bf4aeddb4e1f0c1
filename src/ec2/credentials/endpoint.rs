//! Asks the endpoints of containers and instances.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde_json::Value;
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::error::{LoadResult, Malformed, NoCredentials, read_token};
use super::http::{self, EndpointError, EndpointRequest, EndpointResponse};
use super::json;
use super::source::{Container, ContainerToken, Instance};
use crate::ec2::client::Client;
use crate::ec2::error_body;
use crate::ec2::url::is_container_path;
use crate::registry::{Cause, TokenOrigin};

/// An error response. It may contain credentials, so only known parts are shown.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status {status}{}", .text.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
struct Refused {
    status: u16,
    text: Option<String>,
}

impl Refused {
    fn of(response: &EndpointResponse) -> Self {
        let body = String::from_utf8_lossy(&response.body);
        let body = body.trim();
        let text = match error_body::code_and_message(body) {
            Some((code, message)) if message.is_empty() => Some(code),
            Some((code, message)) => Some(format!("{code}: {message}")),
            None if body.starts_with('{') => error_body::message(body),
            None => Some(error_body::shown(body).to_owned()).filter(|_| !body.is_empty()),
        };
        Self { status: response.status, text }
    }
}

/// Gets the credentials of a container.
pub(super) async fn of_container(client: &Client, container: &Container) -> LoadResult {
    let origin = || TokenOrigin::Setting(Container::TOKEN_FILE.to_owned());
    let token = match &container.token {
        ContainerToken::None => None,
        ContainerToken::Value(token) => Some(token.clone()),
        ContainerToken::File(path) => {
            let token = read_token(path, &origin())?;
            Some(Zeroizing::new(String::from_utf8_lossy(token.expose()).into_owned()))
        }
    };
    if token.as_ref().is_some_and(|token| token.contains(char::is_control)) {
        return Err(Malformed("Auth token value is not a legal header value").into());
    }
    let mut attempt = 1;
    loop {
        let mut headers = vec![("accept", Zeroizing::new("application/json".to_owned()))];
        headers.extend(token.clone().map(|token| ("authorization", token)));
        let url = &container.url;
        let request = EndpointRequest { method: "GET", url, headers, timeout: CONTAINER_TIMEOUT };
        match parsed(http::send(client, request).await) {
            Err(_) if attempt < CONTAINER_ATTEMPTS => sleep(PAUSE).await,
            result => return result,
        }
        attempt += 1;
    }
}

fn parsed(response: Result<EndpointResponse, EndpointError>) -> LoadResult {
    let response = response?;
    if response.status != 200 {
        return Err(Refused::of(&response).into());
    }
    let document: Value = serde_json::from_slice(&response.body)
        .map_err(|_| Malformed("the response is not JSON"))?;
    Ok(json::credentials(&document, "Token")?)
}

/// Gets the credentials of an instance.
pub(super) async fn of_instance(client: &Client, instance: &Instance) -> LoadResult {
    let token = instance.token(client).await?;
    let path = "/latest/meta-data/iam/security-credentials/";
    let role = instance.get(client, path, token.as_ref()).await?;
    let role = String::from_utf8_lossy(&role.body).into_owned();
    let path = format!("{path}{role}");
    if role.is_empty() {
        return Err(NoCredentials.into());
    }
    if !is_container_path(&path) {
        return Err(Malformed("the name of the role is invalid").into());
    }
    let response = instance.get(client, &path, token.as_ref()).await?;
    let document: Value = serde_json::from_slice(&response.body)
        .map_err(|_| Malformed("the response is not JSON"))?;
    if let (Some(Value::String(code)), Some(Value::String(message))) =
        (document.get("Code"), document.get("Message"))
    {
        return Err(format!("{code}: {message}").into());
    }
    Ok(extended(&json::credentials(&document, "Token")?))
}

/// Extends the validity of credentials that expire soon: the service may be unable to renew them,
/// and EC2 accepts them. Version 2 does the same.
fn extended(credentials: &Credentials) -> Credentials {
    let soon = SystemTime::now() + EXTENSION;
    let expiry = credentials.expiry().map(|expiry| expiry.max(soon));
    let token = credentials.session_token().map(str::to_owned);
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    Credentials::new(id, secret, token, expiry, "keypair")
}

impl Instance {
    /// Returns a text that the instance metadata service has at a path.
    pub(in crate::ec2) async fn text(&self, client: &Client, path: &str) -> Result<String, Cause> {
        let token = self.token(client).await?;
        let response = self.get(client, path, token.as_ref()).await?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }

    /// Requests a token for the other requests. Older endpoints have none.
    async fn token(&self, client: &Client) -> Result<Option<Zeroizing<String>>, Cause> {
        let token = self.new_token(client).await?;
        if token.is_none() && self.needs_token {
            let reason =
                "Unable to retrieve token for use in IMDSv2 call and IMDSv1 has been disabled";
            return Err(reason.into());
        }
        Ok(token)
    }

    async fn new_token(&self, client: &Client) -> Result<Option<Zeroizing<String>>, Cause> {
        let mut last = None;
        for _ in 0..self.attempts {
            let url = format!("{}/latest/api/token", self.url);
            let time = Zeroizing::new("21600".to_owned());
            let headers = vec![("x-aws-ec2-metadata-token-ttl-seconds", time)];
            let request =
                EndpointRequest { method: "PUT", url: &url, headers, timeout: self.timeout };
            match http::send(client, request).await {
                Ok(response) if response.status == 200 => {
                    let token = String::from_utf8_lossy(&response.body).into_owned();
                    return Ok(Some(Zeroizing::new(token)));
                }
                Ok(response) if matches!(response.status, 403..=405) => return Ok(None),
                Ok(response) => last = Some(Refused::of(&response).into()),
                Err(error) if is_silent(&error) => return Ok(None),
                Err(error) => last = Some(unreachable(error)),
            }
        }
        match last {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    async fn get(
        &self,
        client: &Client,
        path: &str,
        token: Option<&Zeroizing<String>>,
    ) -> Result<EndpointResponse, Cause> {
        let mut last: Cause = NoCredentials.into();
        for _ in 0..self.attempts {
            let url = format!("{}{path}", self.url);
            let headers: Vec<_> = token
                .map(|token| ("x-aws-ec2-metadata-token", token.clone()))
                .into_iter()
                .collect();
            let request =
                EndpointRequest { method: "GET", url: &url, headers, timeout: self.timeout };
            match http::send(client, request).await {
                Ok(response) if response.status == 200 => return Ok(response),
                // The instance has no role.
                Ok(response) if response.status == 404 => last = NoCredentials.into(),
                Ok(response) => last = Refused::of(&response).into(),
                Err(error) => last = unreachable(error),
            }
        }
        Err(last)
    }
}

/// Returns whether the endpoint accepted the connection and sent nothing.
fn is_silent(error: &EndpointError) -> bool {
    matches!(error, EndpointError::TimeoutError(_))
}

/// Returns the error of a request. Outside of EC2, nothing listens at the endpoint.
fn unreachable(error: EndpointError) -> Cause {
    match error {
        EndpointError::TimeoutError(_) => NoCredentials.into(),
        EndpointError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            NoCredentials.into()
        }
        error => error.into(),
    }
}

/// As in version 2.
const CONTAINER_TIMEOUT: Duration = Duration::from_secs(2);
const CONTAINER_ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

const EXTENSION: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_shows_no_credentials() {
        for (body, shown) in [
            (r#"{"SecretAccessKey":"hunter2","Token":"hunter2"}"#, "HTTP status 500"),
            (
                r#"{"Code":"Failed","Message":"No.","SecretAccessKey":"hunter2"}"#,
                "HTTP status 500: Failed: No.",
            ),
            (r#"{"code":"Failed","Token":"hunter2"}"#, "HTTP status 500: Failed"),
            (r#"{"message":"No.","Token":"hunter2"}"#, "HTTP status 500: No."),
            (r#"{"Token":"hunter2"#, "HTTP status 500"),
            ("[\"SecretAccessKey\", \"hunter2\"]", ""),
            ("busy\n", "HTTP status 500: busy"),
            ("", "HTTP status 500"),
        ] {
            let body = Zeroizing::new(body.as_bytes().to_vec());
            let said = Refused::of(&EndpointResponse { status: 500, body }).to_string();
            assert!(!said.contains("hunter2"), "{said}");
            assert!(shown.is_empty() || said == shown, "{said}");
        }
    }
}

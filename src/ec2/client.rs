//! The HTTP client for all requests: to EC2, Systems Manager, STS, SSO, and the credential
//! endpoints of this machine.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_ec2::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;

use super::body::{self, ResponseError, ResponseLimits};
use super::ca_bundle::Trusted;
use super::pinned::PinnedClient;
use super::proxy::InvalidProxy;
use super::server_text::{self, UsedSecrets};
use super::settings::Proxies;
use crate::registry::Cause;

/// A client that reads complete responses within limits and bypasses the proxy for the credential
/// endpoints of this machine.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The clients for `http://` and `https://`.
    proxied: [Result<SharedHttpClient, InvalidProxy>; 2],
    proxies: Proxies,
    direct: SharedHttpClient,
    /// Never use a proxy.
    is_direct: bool,
    /// Used for `https://` with a bundle of the user.
    pinned: Option<PinnedClient>,
    /// Used if the SDK sets no read timeout.
    read_timeout: Option<Duration>,
    limits: ResponseLimits,
    history: Arc<Mutex<History>>,
    pub(super) secrets: UsedSecrets,
}

/// The data of the last requests, for error messages.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The host of the last request.
    pub(super) host: String,
    /// True if the last response had a success status.
    pub(super) is_success: bool,
}

impl Client {
    /// Creates a client that trusts these certificate authorities, or those of the system.
    pub(super) fn new(
        trusted: Option<Trusted>,
        proxies: &Proxies,
        read_timeout: Option<Duration>,
        limits: ResponseLimits,
    ) -> Result<Self, Cause> {
        let pinned = match &trusted {
            Some(Trusted { named, .. }) if !named.is_empty() => {
                Some(PinnedClient::new(named.clone(), proxies)?)
            }
            _ => None,
        };
        let trusted = trusted.map(|trusted| trusted.context);
        Ok(Self {
            proxied: [false, true]
                .map(|is_https| Ok(client(trusted.clone(), proxies.of(is_https)?))),
            pinned,
            proxies: proxies.clone(),
            direct: client(trusted, ProxyConfig::disabled()),
            is_direct: false,
            read_timeout,
            limits,
            history: Arc::default(),
            secrets: UsedSecrets::default(),
        })
    }

    pub(super) fn history(&self) -> History {
        self.history.lock().map(|history| history.clone()).unwrap_or_default()
    }

    /// Returns the client with a separate history, for another connection.
    pub(super) fn with_own_history(&self) -> Self {
        Self { history: Arc::default(), ..self.clone() }
    }

    fn record(&self, change: impl FnOnce(&mut History)) {
        if let Ok(mut history) = self.history.lock() {
            change(&mut history);
        }
    }

    /// Records the tokens in a request.
    fn record_tokens(&self, request: &HttpRequest) {
        let tokens = TOKEN_HEADERS.iter().filter_map(|name| request.headers().get(name));
        // A signature is not secret.
        tokens
            .filter(|token| !token.starts_with("AWS4-"))
            .for_each(|token| self.secrets.add(token));
    }

    /// Returns the client for a request. As in curl and the AWS CLI, an invalid proxy is an error
    /// only for the requests that would use it.
    fn client_for(&self, url: &str) -> Result<SharedHttpClient, InvalidProxy> {
        let [http, https] = &self.proxied;
        let is_https = url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let is_direct = self.is_direct || self.proxies.is_bypassed(authority(url));
        match &self.pinned {
            Some(pinned) if is_https => pinned.client(is_direct).map(SharedHttpClient::new),
            _ if is_direct => Ok(self.direct.clone()),
            _ => if is_https { https } else { http }.clone(),
        }
    }

    /// Returns the client for a credential endpoint of this machine. Through a proxy, a request
    /// would get the credentials of the proxy's machine or expose a token.
    pub(super) fn without_proxy(&self) -> Self {
        Self { is_direct: true, ..self.clone() }
    }
}

fn client(trusted: Option<TlsContext>, proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let mut connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring));
        if let Some(trusted) = &trusted {
            connector = connector.tls_context(trusted.clone());
        }
        connector.build()
    })
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut given = HttpConnectorSettings::builder();
        given.set_connect_timeout(settings.connect_timeout());
        given.set_read_timeout(settings.read_timeout().or(self.read_timeout));
        SharedHttpConnector::new(LimitedConnector {
            client: self.clone(),
            settings: given.build(),
            components: components.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.direct.connector_metadata()
    }
}

#[derive(Debug)]
struct LimitedConnector {
    client: Client,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match self.client.client_for(request.uri()) {
            Ok(client) => client,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        self.client.record_tokens(&request);
        self.client.record(|history| {
            history.host = authority(request.uri()).to_owned();
            history.is_success = false;
        });
        let is_post = request.method() == "POST";
        // Only form requests return lists.
        let root = operation(&request).map(|operation| format!("{operation}Response"));
        let limit = if root.is_some() { MAX_LIST } else { MAX_DOCUMENT };
        let limits = ResponseLimits { silence: self.settings.read_timeout(), ..self.client.limits };
        let response = client.http_connector(&self.settings, &self.components).call(request);
        let client = self.client.clone();
        HttpConnectorFuture::new(async move {
            let response = response.await?;
            client.record(|history| history.is_success = response.status().is_success());
            let read = read_whole(response, root.as_deref(), limit, limits).await;
            read.map_err(|error| failed(error, is_post))
        })
    }
}

async fn read_whole(
    mut response: HttpResponse,
    root: Option<&str>,
    limit: usize,
    limits: ResponseLimits,
) -> Result<HttpResponse, ResponseError> {
    let status = response.status();
    if let Some(encoding) = response.headers().get("content-encoding")
        && !["", "identity"].contains(&encoding)
    {
        let (status, encoding) = (status.as_u16(), server_text::words(encoding, MAX_ENCODING));
        return Err(ResponseError::Encoded { status, encoding });
    }
    let arriving = mem::replace(response.body_mut(), SdkBody::taken());
    let collected = body::collect(arriving, limit, limits).await?;
    let root = root.filter(|_| status.is_success());
    body::check(&collected, status.as_u16(), root)?;
    root.map_or(Ok(()), |root| body::check_return(&collected, root))?;
    *response.body_mut() = SdkBody::from(collected);
    Ok(response)
}

fn failed(error: ResponseError, is_post: bool) -> ConnectorError {
    let is_transient = matches!(error, ResponseError::Broken(_) | ResponseError::Incomplete { .. });
    // Another response would be as large or as slow. Requests to credential endpoints are not
    // repeated: the SDK allows them five seconds.
    let is_repeated = is_transient && is_post;
    ConnectorError::other(error.into(), is_repeated.then_some(ErrorKind::TransientError))
}

/// Returns the operation of a form request.
fn operation(request: &HttpRequest) -> Option<&str> {
    let is_form = request.headers().get("content-type") == Some(FORM);
    let body = request.body().bytes().filter(|_| is_form)?;
    let action = str::from_utf8(body).ok()?.strip_prefix("Action=")?;
    action.split('&').next()
}

/// Returns the host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Returns the host of a URL. An IPv6 address keeps its brackets.
pub(super) fn host(url: &str) -> &str {
    let host = authority(url);
    match host.find(']') {
        Some(end) => host.get(..=end).unwrap_or(host),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The headers with tokens of containers, SSO sessions and the instance metadata service.
const TOKEN_HEADERS: [&str; 4] =
    ["authorization", "x-amz-security-token", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token"];

/// 5,000 pairs with their public keys are a few megabytes.
const MAX_LIST: usize = 32 << 20;
const MAX_DOCUMENT: usize = 1 << 20;

/// The maximum length of the name of an encoding in a message, in characters.
const MAX_ENCODING: usize = 40;

#[cfg(test)]
mod tests;

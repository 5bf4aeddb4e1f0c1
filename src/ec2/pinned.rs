//! TLS with a self-signed certificate that the user names as the CA bundle.
//!
//! `openssl req -x509` marks such a certificate as a certificate authority, and OpenSSL, thus the
//! AWS CLI, accepts it for a server. WebPKI does not, and the SDK's client cannot be told to. This
//! client accepts exactly the certificates in the bundle, byte by byte, as certificates of a server.
//! Their names and validity periods are checked, and the server proves that it has the private key.

use std::fmt;
use std::future::{self, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_ec2::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::time;

use super::proxy::InvalidProxy;
use super::settings::Proxies;
use crate::registry::Cause;

type HttpsClient<T> = Client<HttpsConnector<T>, SdkBody>;

/// A client that accepts the certificates of a bundle for servers.
#[derive(Clone)]
pub(super) struct PinnedClient {
    direct: HttpsClient<TcpConnector>,
    proxied: Result<Option<HttpsClient<Tunnel<TcpConnector>>>, InvalidProxy>,
}

impl fmt::Debug for PinnedClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PinnedClient").finish_non_exhaustive()
    }
}

impl PinnedClient {
    /// Creates a client that trusts these authorities, and accepts their own certificates.
    pub(super) fn new(
        certificates: Vec<CertificateDer<'static>>,
        proxies: &Proxies,
    ) -> Result<Self, Cause> {
        let tls = configuration(certificates)?;
        let builder = Client::builder(TokioExecutor::new());
        let tcp = || {
            let mut connector = TcpConnector::new();
            connector.enforce_http(false);
            connector
        };
        let https = || {
            let builder = HttpsConnectorBuilder::new().with_tls_config(tls.clone());
            builder.https_only().enable_http1()
        };
        let proxied = proxies.https_url().map(|url| {
            let matcher = Matcher::builder().https(url?).build();
            let proxy = matcher.intercept(&"https://host".parse().ok()?)?;
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp());
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            Some(builder.build(https().wrap_connector(tunnel)))
        });
        Ok(Self { direct: builder.build(https().wrap_connector(tcp())), proxied })
    }

    /// Returns the client for requests that bypass the proxy, or else for the others.
    pub(super) fn client(&self, is_direct: bool) -> Result<Self, InvalidProxy> {
        match (is_direct, &self.proxied) {
            (true, _) => Ok(Self { proxied: Ok(None), ..self.clone() }),
            (false, Ok(_)) => Ok(self.clone()),
            (false, Err(error)) => Err(error.clone()),
        }
    }
}

impl HttpClient for PinnedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PinnedConnector {
            client: self.clone(),
            connect_timeout: settings.connect_timeout(),
            read_timeout: settings.read_timeout(),
        })
    }
}

#[derive(Debug)]
struct PinnedConnector {
    client: PinnedClient,
    connect_timeout: Option<Duration>,
    /// Limits the wait for the head of a response.
    read_timeout: Option<Duration>,
}

/// Part of the error of a connection that takes too long to set up.
pub(super) const CONNECT_TIMEOUT: &str = "HTTP connect timeout occurred";

/// The SDK's client has the same texts.
#[derive(Debug, thiserror::Error)]
enum TimedOut {
    #[error("client error (Connect): {CONNECT_TIMEOUT}")]
    Connect,
    #[error("HTTP read timeout occurred")]
    Read,
}

impl HttpConnector for PinnedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { client, connect_timeout, read_timeout } = self;
        let (PinnedClient { direct, proxied }, connect_timeout, read_timeout) =
            (client.clone(), *connect_timeout, *read_timeout);
        HttpConnectorFuture::new(async move {
            let user = |error: Cause| ConnectorError::user(error);
            let mut request = request.try_into_http1x().map_err(|error| user(error.into()))?;
            let mut connection = capture_connection(&mut request);
            let sending = async {
                match proxied {
                    Ok(Some(proxied)) => proxied.request(request).await,
                    _ => direct.request(request).await,
                }
            };
            let mut sending = pin!(sending);
            let connected = async {
                let mut connected = pin!(connection.wait_for_connection_metadata());
                future::poll_fn(|context| match sending.as_mut().poll(context) {
                    Poll::Ready(response) => Poll::Ready(Some(response)),
                    Poll::Pending => connected.as_mut().poll(context).map(|_| None),
                })
                .await
            };
            let timed_out = |kind: TimedOut| ConnectorError::timeout(kind.into());
            let response = match within(connect_timeout, connected).await {
                None => return Err(timed_out(TimedOut::Connect)),
                Some(Some(response)) => response,
                Some(None) => {
                    within(read_timeout, sending).await.ok_or_else(|| timed_out(TimedOut::Read))?
                }
            };
            let response = response.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Returns `None` after the time limit, if there is one.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

fn configuration(certificates: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Cause> {
    let provider = Arc::new(ring::default_provider());
    let verifier = NamedCertificates::new(certificates, Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Verifies as WebPKI does, and accepts these certificates also for a server.
#[derive(Debug)]
struct NamedCertificates {
    web_pki: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl NamedCertificates {
    fn new(
        certificates: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Cause> {
        let mut authorities = RootCertStore::empty();
        for certificate in &certificates {
            authorities.add(certificate.clone())?;
        }
        let web_pki = WebPkiServerVerifier::builder_with_provider(authorities.into(), provider);
        Ok(Self { web_pki: web_pki.build()?, certificates })
    }
}

impl ServerCertVerifier for NamedCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.web_pki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // WebPKI checks the validity period before the kind of the certificate.
            Err(error) if is_authority(&error) && self.certificates.contains(end_entity) => {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&certificate, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.web_pki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.web_pki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.web_pki.supported_verify_schemes()
    }
}

/// Returns whether a certificate is refused only because it belongs to an authority.
fn is_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.to_string() == "CaUsedAsEndEntity"
        }
        _ => false,
    }
}

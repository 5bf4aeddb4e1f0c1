//! Requests to credential endpoints.

use std::convert::Infallible;
use std::time::Duration;

use aws_sdk_ec2::config::http::{HttpRequest, HttpResponse};
use aws_sdk_ec2::error::SdkError;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use zeroize::Zeroizing;

use crate::ec2::client::Client;

/// A request to the endpoint of a container or of an instance.
pub(super) struct EndpointRequest<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a str,
    pub(super) headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The maximum time to connect, and to wait for the response.
    pub(super) timeout: Duration,
}

/// The status and the body of a response. Debug output omits the body, which may be secret.
pub(super) struct EndpointResponse {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for EndpointResponse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EndpointResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

pub(super) type EndpointError = SdkError<Infallible, HttpResponse>;

/// Sends a request once.
pub(super) async fn send(
    client: &Client,
    request: EndpointRequest<'_>,
) -> Result<EndpointResponse, EndpointError> {
    let EndpointRequest { method, url, headers, timeout } = request;
    let start = url.find("://").map_or(0, |at| at + "://".len());
    let end = url.get(start..).and_then(|rest| rest.find('/')).map(|at| start + at);
    let (server, path) = url.split_at(end.unwrap_or(url.len()));
    let path = if path.is_empty() { "/" } else { path }.to_owned();
    let timeouts = TimeoutConfig::builder().connect_timeout(timeout).read_timeout(timeout);
    let operation = Operation::builder()
        .service_name("credentials")
        .operation_name("GetCredentials")
        .endpoint_url(server)
        .no_auth()
        .no_retry()
        .timeout_config(timeouts.build())
        // It counts the time to connect.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(client.without_proxy())
        .serializer(move |(): ()| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_method(method)?;
            request.set_uri(path.as_str())?;
            for (name, value) in &headers {
                request.headers_mut().try_insert(*name, value.to_string())?;
            }
            Ok(request)
        })
        .deserializer(|response: &HttpResponse| {
            let body = response.body().bytes().unwrap_or_default().to_vec();
            let (status, body) = (response.status().as_u16(), Zeroizing::new(body));
            Ok::<_, aws_smithy_runtime_api::client::orchestrator::OrchestratorError<Infallible>>(
                EndpointResponse { status, body },
            )
        })
        .build();
    operation.invoke(()).await
}

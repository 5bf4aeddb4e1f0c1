//! Differences between the requests of the SDK and those of version 2 of the AWS CLI.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::region::{Region, SigningRegion};

use super::services::{Endpoints, Service};

/// Sends requests to the exact path of an endpoint URL, as the AWS CLI does. The SDK would append a
/// slash to `/sub`.
#[derive(Debug)]
pub(super) struct ExactPath {
    path: String,
}

impl ExactPath {
    /// Returns `None` if the path is that of the SDK.
    pub(super) fn of_service(endpoints: &Endpoints, service: Service) -> Option<Self> {
        endpoints.get(service).and_then(|url| Self::of(&url.value))
    }

    fn of(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (_, path) = rest.split_once('/')?;
        (!path.is_empty() && !path.ends_with('/')).then(|| Self { path: format!("/{path}") })
    }
}

impl Intercept for ExactPath {
    fn name(&self) -> &'static str {
        "exact path"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let uri = request.uri().to_owned();
        if let Some(exact) = uri.strip_suffix('/').filter(|exact| exact.ends_with(&self.path)) {
            request.set_uri(exact)?;
        }
        Ok(())
    }
}

/// Signs requests with an empty region, as version 2 does. The SDK takes none, so the region of
/// the configuration is [`NO_REGION`].
#[derive(Debug)]
pub(super) struct EmptyRegion;

/// Part of no request: an empty region is used with an endpoint URL only.
pub(super) const NO_REGION: &str = "none";

impl Intercept for EmptyRegion {
    fn name(&self) -> &'static str {
        "empty region"
    }

    fn modify_before_signing(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        settings.interceptor_state().store_put(SigningRegion::from(Region::from_static("")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_without_final_slash_is_exact() {
        let path = |url| ExactPath::of(url).map(|exact| exact.path);
        assert_eq!(path("http://h/sub").as_deref(), Some("/sub"));
        assert_eq!(path("http://h:1/a/b").as_deref(), Some("/a/b"));
        for url in ["http://h", "http://h/", "http://h/sub/", "http://h//"] {
            assert_eq!(path(url), None, "{url}");
        }
    }
}

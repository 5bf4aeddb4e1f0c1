//! Differences between the requests of the SDK and those of version 2 of the AWS CLI.

use aws_runtime::user_agent::{ApiMetadata, AwsUserAgent};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::app_name::AppName;
use aws_types::os_shim_internal::Env;
use aws_types::region::{Region, SigningRegion};

use super::services::{Endpoints, Service};

/// Changes requests of the SDK to those of the AWS CLI.
///
/// It omits `AWS_EXECUTION_ENV` from the user agent if a header cannot carry it. The SDK reads this
/// variable itself, and would send no request.
#[derive(Debug, Default)]
pub(super) struct AsAwsCli {
    /// The path of an endpoint URL such as `/sub`. The SDK would append a slash.
    path: Option<String>,
    has_empty_region: bool,
}

impl AsAwsCli {
    pub(super) fn of_service(endpoints: &Endpoints, service: Service) -> Self {
        let path = endpoints.get(service).and_then(|url| exact_path(&url.value));
        Self { path, has_empty_region: false }
    }

    /// Signs requests with an empty region if the configured one is [`NO_REGION`].
    pub(super) fn in_region(self, region: &str) -> Self {
        Self { has_empty_region: region == NO_REGION, ..self }
    }
}

/// Stands for an empty region, which the SDK does not take. Part of no request: an empty region is
/// used with an endpoint URL only.
pub(super) const NO_REGION: &str = "none";

impl Intercept for AsAwsCli {
    fn name(&self) -> &'static str {
        "as the AWS CLI"
    }

    /// The SDK has made the user agent after serialization, and reads it before signing.
    fn modify_before_retry_loop(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_legal = |agent: &AwsUserAgent| is_header_value(&agent.aws_ua_header());
        if settings.load::<AwsUserAgent>().is_none_or(is_legal) {
            return Ok(());
        }
        if let Some(api) = settings.load::<ApiMetadata>().cloned() {
            let mut agent = AwsUserAgent::new_from_environment(Env::from_slice(&[]), api);
            if let Some(name) = settings.load::<AppName>().cloned() {
                agent.set_app_name(name);
            }
            settings.interceptor_state().store_put(agent);
        }
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let without_slash = request.uri().strip_suffix('/').map(str::to_owned);
        if let (Some(path), Some(exact)) = (&self.path, without_slash)
            && exact.ends_with(path)
        {
            request.set_uri(exact)?;
        }
        if self.has_empty_region {
            let region = SigningRegion::from(Region::from_static(""));
            settings.interceptor_state().store_put(region);
        }
        Ok(())
    }
}

/// Returns the path of a URL, or `None` if the SDK leaves it as it is.
fn exact_path(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    (!path.is_empty() && !path.ends_with('/')).then(|| format!("/{path}"))
}

/// Returns whether a header can carry this text.
fn is_header_value(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_without_final_slash_is_exact() {
        assert_eq!(exact_path("http://h/sub").as_deref(), Some("/sub"));
        assert_eq!(exact_path("http://h:1/a/b").as_deref(), Some("/a/b"));
        for url in ["http://h", "http://h/", "http://h/sub/", "http://h//"] {
            assert_eq!(exact_path(url), None, "{url}");
        }
    }
}

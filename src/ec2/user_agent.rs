//! The user agent of requests.

use aws_config::AppName;
use aws_runtime::user_agent::{ApiMetadata, AwsUserAgent};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::os_shim_internal::Env;

/// Omits `AWS_EXECUTION_ENV` from the user agent if a header cannot carry it. The SDK reads this
/// variable itself, and would send no request.
#[derive(Debug)]
pub(super) struct LegalUserAgent;

impl Intercept for LegalUserAgent {
    fn name(&self) -> &'static str {
        "legal user agent"
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
}

/// Returns whether a header can carry this text.
fn is_header_value(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
}

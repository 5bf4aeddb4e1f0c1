//! When a request that changes something is repeated.

use aws_sdk_ec2::config::interceptors::InterceptorContext;
use aws_sdk_ec2::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::create_key_pair::CreateKeyPairError;
use aws_sdk_ec2::operation::import_key_pair::ImportKeyPairError;

/// Repeats what was refused because there is too much of it, and nothing else.
///
/// After a lost connection or an error of the server the pair may be there; the second try would then
/// fail because the name is taken, and look as if the first had never been.
#[derive(Debug)]
pub(super) struct WhenThrottled;

impl ClassifyRetry for WhenThrottled {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code = error.as_operation_error().and_then(|error| {
            let imported = error.downcast_ref::<ImportKeyPairError>().map(|error| error.code());
            imported
                .or_else(|| error.downcast_ref::<CreateKeyPairError>().map(|error| error.code()))
                .flatten()
        });
        if code.is_some_and(is_throttled) {
            RetryAction::throttling_error()
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "when throttled"
    }
}

/// Returns whether a code says that there are too many requests.
pub(super) fn is_throttled(code: &str) -> bool {
    THROTTLED.contains(&code)
}

/// The codes of the AWS SDKs for it
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const THROTTLED: [&str; 8] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

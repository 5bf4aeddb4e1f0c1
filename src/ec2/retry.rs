//! Retries of requests with side effects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ec2::config::interceptors::InterceptorContext;
use aws_sdk_ec2::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::create_key_pair::CreateKeyPairError;
use aws_sdk_ec2::operation::import_key_pair::ImportKeyPairError;
use aws_sdk_ssm::operation::put_parameter::PutParameterError;

/// Repeats a request only if it was throttled.
///
/// After a lost connection or a server error the pair or parameter may exist, and a repeated request
/// would be refused as a duplicate. A server may also have executed a request that it reported as
/// throttled, so this records repetitions.
#[derive(Clone, Debug, Default)]
pub(super) struct WhenThrottled {
    is_repeated: Arc<AtomicBool>,
}

impl WhenThrottled {
    /// Returns whether the request was throttled and repeated.
    pub(super) fn has_repeated(&self) -> bool {
        self.is_repeated.load(Ordering::Relaxed)
    }
}

impl ClassifyRetry for WhenThrottled {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code = error.as_operation_error().and_then(|error| {
            let imported = error.downcast_ref::<ImportKeyPairError>().map(|error| error.code());
            imported
                .or_else(|| error.downcast_ref::<CreateKeyPairError>().map(|error| error.code()))
                .or_else(|| error.downcast_ref::<PutParameterError>().map(|error| error.code()))
                .flatten()
        });
        if code.is_some_and(is_throttled) {
            self.is_repeated.store(true, Ordering::Relaxed);
            RetryAction::throttling_error()
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "when throttled"
    }
}

/// Returns whether this code means too many requests.
pub(super) fn is_throttled(code: &str) -> bool {
    THROTTLED.contains(&code)
}

/// The throttling codes of the AWS SDKs
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

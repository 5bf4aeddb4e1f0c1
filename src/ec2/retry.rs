//! When a request that changes something is repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_ec2::config::interceptors::InterceptorContext;
use aws_sdk_ec2::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::create_key_pair::CreateKeyPairError;
use aws_sdk_ec2::operation::import_key_pair::ImportKeyPairError;

/// Repeats one request if it is refused because there are too many, and for no other reason.
///
/// After a lost connection or a server error the pair may be registered: a repeated request would be refused as
/// a duplicate. A server may also have carried out a request that it reported as throttled, so this remembers
/// whether the request was repeated.
#[derive(Clone, Debug, Default)]
pub(super) struct WhenThrottled {
    is_repeated: Arc<AtomicBool>,
}

impl WhenThrottled {
    /// Returns whether the request was refused as throttled before its last response.
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

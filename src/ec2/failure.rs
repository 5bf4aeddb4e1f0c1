//! What the SDK says went wrong, in our terms.

use std::error::Error;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use super::connection::Connection;
use super::retry::is_throttled;
use crate::registry::{Cause, RegistryError};

const MOST_CHARACTERS: usize = 160;

/// What a dry run that would have worked is answered with.
const DRY_RUN: &str = "DryRunOperation";

/// Returns the fault of a request that changes nothing.
pub(super) fn of_question<E>(error: Box<SdkError<E>>, connection: &Connection) -> RegistryError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    refusal(&error, connection).unwrap_or_else(|| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let is_answered = matches!(*error, SdkError::ResponseError(_) | SdkError::ServiceError(_));
        let is_unmade = matches!(*error, SdkError::ConstructionFailure(_));
        let cause: Cause = error;
        if is_about_credentials(&cause) {
            let profile = connection.profile().map(str::to_owned);
            RegistryError::Credentials { profile, source: cause }
        } else if is_unmade {
            // What the SDK says of it shows the insides of the request.
            let text: String = chain(cause.as_ref()).chars().take(MOST_CHARACTERS).collect();
            RegistryError::Settings(text.into())
        } else if let (true, Some(status)) = (is_answered, status) {
            let text: String = chain(cause.as_ref()).chars().take(MOST_CHARACTERS).collect();
            RegistryError::Unreadable(format!("HTTP status {status}: {text}").into())
        } else if is_answered {
            RegistryError::Unreadable(cause)
        } else {
            RegistryError::Unreachable(cause)
        }
    })
}

/// Returns the fault of a request that changes something, which may have been carried out if it left.
pub(super) fn of_change<E>(error: Box<SdkError<E>>, connection: &Connection) -> RegistryError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let may_have_left = match &*error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(context) => {
            let status = context.raw().status();
            match context.err().code() {
                Some(code) => status.is_server_error() && !is_throttled(code),
                None => !status.is_client_error(),
            }
        }
        SdkError::DispatchFailure(failure) => {
            // Hyper tells apart what was never sent.
            !failure.is_user()
                && !chain(&*error).contains("client error (Connect)")
                && !is_about_credentials_text(&chain(&*error))
        }
        _ => true,
    };
    if may_have_left {
        RegistryError::OutcomeUnknown(error)
    } else {
        of_question(error, connection)
    }
}

/// Returns whether the answer is that a dry run would have worked.
pub(super) fn is_dry_run<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(DRY_RUN)
}

fn refusal<E: ProvideErrorMetadata>(
    error: &SdkError<E>,
    connection: &Connection,
) -> Option<RegistryError> {
    let metadata = error.as_service_error()?.meta();
    let code = metadata.code()?.to_owned();
    let is_server_error = error.raw_response()?.status().is_server_error();
    // Only then does the SDK repeat a request, and it gives up when it has done so often enough.
    let is_repeated = is_server_error || is_throttled(&code);
    Some(RegistryError::Refused {
        code,
        message: metadata.message().unwrap_or_default().to_owned(),
        retries: if is_repeated { connection.retries() } else { 0 },
    })
}

fn is_about_credentials(cause: &Cause) -> bool {
    is_about_credentials_text(&chain(cause.as_ref()))
}

fn is_about_credentials_text(text: &str) -> bool {
    ["credentials provider", "identity", "credential"].iter().any(|word| text.contains(word))
}

/// Returns an error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

//! Converts the errors of the SDK.

use std::error::Error;
use std::time::Duration;

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use super::body::ResponseError;
use super::connection::Connection;
use super::credentials::{
    Expired, Malformed, NoCredentials, ProcessError, SourceError, TokenFile, UnreadError,
};
use super::error_body::{self, body};
use super::pinned::CONNECT_TIMEOUT;
use super::proxy::InvalidProxy;
use super::retry::is_throttled;
use super::server_text;
use crate::file::FileError;
use crate::registry::{Cause, RegistryError};

const MAX_CHARACTERS: usize = 160;

/// The error codes after which a request may have been executed, whatever the status
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html>).
const UNCERTAIN: [&str; 6] = [
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "Unavailable",
];

/// The error code of a successful dry run.
const DRY_RUN: &str = "DryRunOperation";

/// Returns the error of a request without side effects.
pub(super) fn query_error<E>(error: &SdkError<E>, connection: &Connection) -> RegistryError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(refusal) = refusal(error, connection) {
        return refusal;
    }
    if let Some(InvalidProxy { name, value }) = cause_of(error) {
        let (name, value) = ((*name).to_owned(), value.clone());
        return RegistryError::InvalidSetting { name, value, expected: InvalidProxy::EXPECTED };
    }
    if let Some(found) = cause_of::<SourceError>(error) {
        return credentials_error(found, connection);
    }
    if let Some(found) = cause_of::<ResponseError>(error) {
        return RegistryError::Unreadable(Box::new(found.clone()));
    }
    let text = connection.cut(&chain(error));
    match error {
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => {
            RegistryError::Unreadable(response(error, connection).into())
        }
        _ if is_about_credentials(&text) => RegistryError::CredentialSource {
            from: connection.credential_source(),
            is_malformed: false,
            is_refused: false,
            source: innermost(error, connection).into(),
        },
        SdkError::ConstructionFailure(_) => {
            // The SDK's text contains internals of the request.
            RegistryError::Settings(server_text::words(&text, MAX_CHARACTERS).into())
        }
        _ if text.contains(CONNECT_TIMEOUT) => {
            let reason = "no connection within the limit of --cli-connect-timeout";
            RegistryError::Unreachable(with_limit(reason, connection.connect_timeout()).into())
        }
        _ if UNKNOWN_AUTHORITY.iter().any(|reason| text.contains(reason)) => {
            RegistryError::Untrusted { host: connection.host(), source: text.into() }
        }
        _ => RegistryError::Unreachable(text.into()),
    }
}

fn with_limit(reason: &str, limit: Option<Duration>) -> String {
    let seconds = limit.map(|limit| format!(": {} seconds", limit.as_secs()));
    format!("{reason}{}", seconds.unwrap_or_default())
}

/// The errors of rustls for a certificate that no trusted authority has issued.
const UNKNOWN_AUTHORITY: [&str; 2] = ["UnknownIssuer", "CaUsedAsEndEntity"];

/// Returns the error of a request that was not sent for lack of credentials.
fn credentials_error(error: &SourceError, connection: &Connection) -> RegistryError {
    let from = error.from.clone();
    if let Some(Expired(time)) = cause_of(error) {
        return RegistryError::ExpiredCredentials { from, time: (*time).into() };
    }
    if let Some(found) = cause_of::<NoCredentials>(error) {
        let profile = connection.profile().map(str::to_owned);
        return RegistryError::Credentials { profile, source: (*found).into() };
    }
    if let Some(TokenFile { origin, source }) = cause_of(error) {
        let (origin, source) = (origin.clone(), source.to_string().into());
        return RegistryError::TokenFile { origin, source };
    }
    let (mut is_malformed, mut is_refused) = (false, false);
    let source: Cause = if let Some(found) = cause_of::<ProcessError>(error) {
        connection.cut(&found.to_string()).into()
    } else if let Some(found) = cause_of::<ResponseError>(error) {
        is_malformed = true;
        Box::new(found.clone())
    } else if let Some(found) = cause_of::<FileError>(error) {
        chain(found).into()
    } else if let Some(found) = cause_of::<ErrorMetadata>(error)
        && let Some(reason) = reason(found)
    {
        is_refused = true;
        connection.cut(&reason).into()
    } else {
        is_malformed = cause_of::<Malformed>(error).is_some() || connection.is_success();
        is_refused = cause_of::<AssumeRoleWithWebIdentityError>(error).is_some()
            || cause_of::<UnreadError>(error).is_some();
        innermost(error, connection).into()
    };
    RegistryError::CredentialSource { from, is_malformed, is_refused, source }
}

/// Returns the code and the message of an error response.
fn reason(found: &ErrorMetadata) -> Option<String> {
    match (found.code(), found.message()) {
        (Some(code), message) => Some(format!("{code}: {}", message.unwrap_or_default())),
        (None, message) => message.map(str::to_owned),
    }
}

/// Returns the text of the innermost cause of an error.
fn innermost(error: &(dyn Error + 'static), connection: &Connection) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    let text = error.to_string();
    connection.cut(&text)
}

/// Returns the error of a request with side effects. If the request was sent, it may have been
/// executed.
pub(super) fn change_error<E>(error: &SdkError<E>, connection: &Connection) -> RegistryError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(HttpResponse::status);
    let code = code_and_message(error).map(|(code, _)| code);
    let may_have_left = match (error, status) {
        (SdkError::ConstructionFailure(_), _) => false,
        (SdkError::DispatchFailure(failure), _) => {
            // Hyper reports a failed connection, so nothing was sent.
            !failure.is_user()
                && !chain(error).contains("client error (Connect)")
                && cause_of::<SourceError>(error).is_none()
                && !is_about_credentials(&chain(error))
        }
        // A request that timed out on its way may have arrived.
        (_, Some(status)) if status.as_u16() == 408 => true,
        (_, Some(status)) => match code {
            Some(code) if UNCERTAIN.contains(&code.as_str()) => true,
            Some(code) => status.is_server_error() && !is_throttled(&code),
            // A response without a code is not EC2's. These statuses mean that the request was not
            // passed on.
            None => !matches!(status.as_u16(), 401 | 403 | 407),
        },
        _ => true,
    };
    if may_have_left {
        RegistryError::OutcomeUnknown(match cause_of::<ResponseError>(error) {
            Some(found) => Box::new(found.clone()),
            None => response(error, connection).into(),
        })
    } else {
        query_error(error, connection)
    }
}

/// Returns whether the error is that of a successful dry run.
pub(super) fn is_dry_run<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    code_and_message(error).is_some_and(|(code, _)| code == DRY_RUN)
}

fn refusal<E: ProvideErrorMetadata>(
    error: &SdkError<E>,
    connection: &Connection,
) -> Option<RegistryError> {
    let (code, message) = code_and_message(error)?;
    let is_server_error = error.raw_response()?.status().is_server_error();
    // The SDK repeats only such a request, up to its limit.
    let is_repeated = is_server_error || is_throttled(&code);
    Some(RegistryError::Refused {
        code: connection.cut(&code),
        message: connection.cut(&message),
        retries: if is_repeated { connection.retries() } else { 0 },
    })
}

/// Returns the code and message of an error response, as read by the SDK or in the format of
/// another AWS service.
fn code_and_message<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<(String, String)> {
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    if let Some(metadata) = metadata
        && let Some(code) = metadata.code().filter(|code| !code.is_empty())
    {
        return Some((code.to_owned(), metadata.message().unwrap_or_default().to_owned()));
    }
    let raw = error.raw_response().filter(|raw| !raw.status().is_success())?;
    error_body::code_and_message(&body(raw))
}

/// Describes a response without an error code, or a request without a response.
///
/// The body of a successful response may be part of a private key. It is shown only if it is a web
/// page.
fn response<E>(error: &SdkError<E>, connection: &Connection) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(raw) = error.raw_response() else {
        return connection.cut(&chain(error));
    };
    let (status, body) = (raw.status(), body(raw));
    let text = match code_and_message(error) {
        Some((code, message)) => format!("{code}: {message}"),
        None if status.is_success() && !error_body::is_page(body.as_bytes()) => chain(error),
        None => error_body::shown(&body).to_owned(),
    };
    format!("HTTP status {}: {}", status.as_u16(), connection.cut(&text))
}

fn is_about_credentials(text: &str) -> bool {
    ["credentials provider", "identity", "credential"].iter().any(|word| text.contains(word))
}

/// Returns the first cause of this type.
fn cause_of<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
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

/// Converts the error of a deletion that may have been executed.
pub(super) fn unknown(error: RegistryError) -> RegistryError {
    match error {
        error @ RegistryError::OutcomeUnknown(_) => error,
        error => RegistryError::OutcomeUnknown(error.into()),
    }
}

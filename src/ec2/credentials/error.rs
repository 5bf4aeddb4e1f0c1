//! The failures of sources.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

use crate::ec2::error_body;
use crate::file::{self, FileError};
use crate::registry::{Cause, CreateTime, CredentialSource, TokenOrigin};
use crate::secret::Secret;

pub(super) type LoadResult = Result<Credentials, Cause>;

/// The source that failed, and the reason.
#[derive(Clone, Debug)]
pub(in crate::ec2) struct SourceError {
    pub(in crate::ec2) from: CredentialSource,
    cause: Arc<dyn Error + Send + Sync>,
}

impl SourceError {
    pub(super) fn new(from: CredentialSource, cause: impl Into<Cause>) -> Self {
        Self { from, cause: Arc::from(cause.into()) }
    }

    /// Names the profile with the `credential_source` that has no credentials.
    pub(super) fn in_source_of(self, profile: &str) -> Self {
        if !self.cause.is::<NoCredentials>() {
            return self;
        }
        let reason =
            format!("No credentials found in credential_source referenced in profile {profile}");
        Self::new(self.from, reason)
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {} {}", self.from.action(), self.from)
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

/// Credentials or a token that cannot be used any more.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expired at {}", CreateTime::from(*.0))]
pub(in crate::ec2) struct Expired(pub(in crate::ec2) SystemTime);

/// The source has no credentials, for example because this machine is not an EC2 instance.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no credentials found")]
pub(in crate::ec2) struct NoCredentials;

/// A response or a file without the expected members.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::ec2) struct Malformed(pub(in crate::ec2) &'static str);

/// A response with an error and without its code.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::ec2) struct UnreadError(String);

/// A file with a token cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the token")]
pub(in crate::ec2) struct TokenFile {
    pub(in crate::ec2) origin: TokenOrigin,
    pub(in crate::ec2) source: FileError,
}

/// Returns the error of a service that provides credentials.
pub(super) fn service_error<E>(error: SdkError<E>) -> Cause
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error_body::unread_response(&error) {
        Some(text) => UnreadError(text).into(),
        None => error.into(),
    }
}

/// Reads a file with a token.
pub(super) fn read_token(path: &Path, origin: &TokenOrigin) -> Result<Secret, Cause> {
    file::read_regular(path, MAX_TOKEN).map_err(|source| match source {
        error @ FileError::Io { .. } => error.into(),
        source => TokenFile { origin: origin.clone(), source }.into(),
    })
}

pub(super) const MAX_TOKEN: usize = 1 << 20;

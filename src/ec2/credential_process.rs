//! Runs the `credential_process` of a profile
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
//!
//! The SDK would wait forever for the program, keep its whole output, and leave it running.

use std::ffi::{OsStr, OsString};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time as clock;

use super::settings::credential_fault;
use crate::child::{Capture, CaptureError, CaptureLimits, Captured, Ended};

/// Provides the credentials that a program prints.
pub(super) struct CredentialProcess {
    command: OsString,
    /// The account of the profile, used if the program prints none.
    account_id: Option<String>,
    limits: CaptureLimits,
}

impl std::fmt::Debug for CredentialProcess {
    /// Omits the command, which may contain secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CredentialProcess").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}{}", with_colon(.messages))]
pub(super) struct ProcessError {
    reason: String,
    /// The standard error of the program.
    messages: String,
}

fn with_colon(messages: &str) -> String {
    let messages = messages.trim();
    if messages.is_empty() { String::new() } else { format!(": {messages}") }
}

impl CredentialProcess {
    pub(super) fn new(command: &str, account_id: Option<&str>) -> Self {
        let (command, account_id) = (OsString::from(command), account_id.map(str::to_owned));
        Self { command, account_id, limits: LIMITS }
    }

    async fn credentials(&self) -> provider::Result {
        self.run().await.map_err(CredentialsError::provider_error)
    }

    async fn run(&self) -> Result<Credentials, ProcessError> {
        let (shell, flag) = if cfg!(windows) { ("cmd.exe", "/C") } else { ("sh", "-c") };
        let words = [OsString::from(flag), self.command.clone()];
        // The program does not need this passphrase of a private key.
        let variables = [("KEYPAIR_PASSPHRASE", None)];
        let started = Capture::start(OsStr::new(shell), &words, &variables, self.limits);
        let without_messages = |reason: String| ProcessError { reason, messages: String::new() };
        let mut capture =
            started.map_err(|error| without_messages(format!("cannot run it: {error}")))?;
        let captured = loop {
            match capture.poll() {
                Ok(Some(captured)) => break Ok(captured),
                Ok(None) => clock::sleep(POLL).await,
                Err(error) => break Err(error),
            }
        };
        let Captured { output, ended } = captured.map_err(|error: CaptureError| {
            let messages = capture.messages();
            ProcessError { reason: error.to_string(), messages }
        })?;
        let status = match ended {
            Ended::Exited(0) => {
                return parse(output.expose(), self.account_id.as_deref())
                    .map_err(without_messages);
            }
            Ended::Exited(status) => format!("it exited with status {status}"),
            Ended::Killed(signal) => format!("it was killed by signal {signal}"),
        };
        Err(ProcessError { reason: status, messages: capture.messages() })
    }
}

impl ProvideCredentials for CredentialProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Reads the credentials as the SDK does: the case of member names does not matter.
fn parse(output: &[u8], account_id: Option<&str>) -> Result<Credentials, String> {
    let document: Value =
        serde_json::from_slice(output).map_err(|_| "its output is not JSON".to_owned())?;
    let members = document.as_object().ok_or("its output is not a JSON object")?;
    let get = |wanted: &str| {
        let mut members = members.iter();
        members.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let text = |name: &str| get(name).and_then(Value::as_str);
    let needed = |name: &str| text(name).ok_or_else(|| format!("its output lacks {name}"));
    if get("Version").and_then(Value::as_u64) != Some(1) {
        return Err("its output lacks \"Version\": 1".to_owned());
    }
    for name in ["AccessKeyId", "SecretAccessKey", "SessionToken"] {
        if let Some(fault) = text(name).and_then(credential_fault) {
            return Err(format!("{name} in its output {fault}"));
        }
    }
    let expiry = text("Expiration").map(|time| {
        let time = OffsetDateTime::parse(time, &Rfc3339).map(SystemTime::from);
        time.map_err(|_| "its output has an invalid Expiration".to_owned())
    });
    let mut credentials = Credentials::builder()
        .access_key_id(needed("AccessKeyId")?)
        .secret_access_key(needed("SecretAccessKey")?)
        .provider_name("CredentialProcess");
    credentials.set_session_token(text("SessionToken").map(str::to_owned));
    credentials.set_expiry(expiry.transpose()?);
    let account_id = text("AccountId").or(account_id);
    credentials.set_account_id(account_id.map(|id| id.to_owned().into()));
    Ok(credentials.build())
}

const LIMITS: CaptureLimits =
    CaptureLimits { output: 64 << 10, messages: 1 << 10, time: Duration::from_secs(60) };

/// The maximum time for the credentials of a profile: a minute for the program and a minute for the
/// roles.
pub(super) const LOAD_TIMEOUT: Duration = Duration::from_secs(120);

const POLL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use aws_credential_types::attributes::AccountId;

    use super::*;

    #[test]
    fn output_is_parsed_like_sdk() {
        let output = br#" {"version": 1, "AccessKeyId": "i", "SECRETACCESSKEY": "s",
            "SessionToken": "t", "Expiration": "2030-01-01T00:00:00+01:00", "More": [1]} "#;
        let credentials = parse(output, Some("1")).unwrap();
        assert_eq!(credentials.access_key_id(), "i");
        assert_eq!(credentials.secret_access_key(), "s");
        assert_eq!(credentials.session_token(), Some("t"));
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_452_400);
        assert_eq!(credentials.expiry(), Some(expiry));
        assert_eq!(credentials.account_id().map(AccountId::as_str), Some("1"));
    }

    #[test]
    fn output_without_credentials_is_refused() {
        for (output, reason) in [
            ("", "not JSON"),
            (r#"{"Version":1,"AccessKeyId":"i","SecretAccessKey":"s""#, "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"AccessKeyId":"i","SecretAccessKey":"s"}"#, "Version"),
            (r#"{"Version":2,"AccessKeyId":"i","SecretAccessKey":"s"}"#, "Version"),
            (r#"{"Version":1,"SecretAccessKey":"s"}"#, "AccessKeyId"),
            (r#"{"Version":1,"AccessKeyId":"i"}"#, "SecretAccessKey"),
            (
                r#"{"Version":1,"AccessKeyId":"i","SecretAccessKey":"s","Expiration":"soon"}"#,
                "Expiration",
            ),
            (
                r#"{"Version":1,"AccessKeyId":"hunter2\n","SecretAccessKey":"s"}"#,
                "AccessKeyId in its output contains a line break",
            ),
        ] {
            let error = parse(output.as_bytes(), None).unwrap_err();
            assert!(error.contains(reason) && !error.contains("hunter2"), "{output}: {error}");
        }
    }
}

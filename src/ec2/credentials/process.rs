//! Runs the `credential_process` of a profile
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
//!
//! As in version 2 of the AWS CLI, no shell interprets the command. Unlike there, its time and its
//! output are limited.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use serde_json::Value;
use tokio::time as clock;

use super::error::{LoadResult, Malformed};
use super::json;
use crate::child::{Capture, CaptureError, CaptureLimits, Captured, Ended};
use crate::profile;

/// The failure of a program.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}{}", with_colon(.messages))]
pub(in crate::ec2) struct ProcessError {
    reason: String,
    /// The standard error of the program.
    messages: String,
}

fn with_colon(messages: &str) -> String {
    let messages = messages.trim();
    if messages.is_empty() { String::new() } else { format!(": {messages}") }
}

impl From<String> for ProcessError {
    fn from(reason: String) -> Self {
        Self { reason, messages: String::new() }
    }
}

/// Runs a command and returns the credentials that it prints.
pub(super) async fn run(command: &str) -> LoadResult {
    let words =
        words(command).ok_or_else(|| ProcessError::from("No closing quotation".to_owned()))?;
    let mut words = words.into_iter().map(OsString::from);
    let program = words.next().ok_or_else(|| ProcessError::from("it is empty".to_owned()))?;
    let arguments: Vec<_> = words.collect();
    Ok(capture(&program, &arguments, LIMITS).await?)
}

async fn capture(
    program: &OsStr,
    arguments: &[OsString],
    limits: CaptureLimits,
) -> Result<aws_credential_types::Credentials, ProcessError> {
    // The program does not need this passphrase of a private key.
    let variables = [("KEYPAIR_PASSPHRASE", None)];
    let mut capture = Capture::start(program, arguments, &variables, limits).map_err(|error| {
        ProcessError::from(format!("cannot run {}: {error}", program.to_string_lossy()))
    })?;
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
        Ended::Exited(0) => return parse(output.expose()).map_err(ProcessError::from),
        Ended::Exited(status) => format!("it exited with status {status}"),
        Ended::Killed(signal) => format!("it was killed by signal {signal}"),
    };
    Err(ProcessError { reason: status, messages: capture.messages() })
}

/// Splits a command into words, by the rules of a Unix shell or of Windows programs.
fn words(command: &str) -> Option<Vec<String>> {
    if cfg!(windows) { windows_words(command) } else { profile::split_words(command) }
}

/// Splits a command as Windows programs do: a backslash escapes only quotation marks, and only in
/// front of one.
fn windows_words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut is_quoted, mut backslashes) = (false, 0);
    for character in command.chars() {
        if character == '\\' {
            backslashes += 1;
            continue;
        }
        if backslashes > 0 {
            let count = if character == '"' { backslashes / 2 } else { backslashes };
            word.get_or_insert_default().push_str(&"\\".repeat(count));
        }
        match character {
            '"' if backslashes % 2 == 1 => word.get_or_insert_default().push('"'),
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
        backslashes = 0;
    }
    if backslashes > 0 {
        word.get_or_insert_default().push_str(&"\\".repeat(backslashes));
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

fn parse(output: &[u8]) -> Result<aws_credential_types::Credentials, String> {
    let document: Value =
        serde_json::from_slice(output).map_err(|_| "its output is not JSON".to_owned())?;
    if document.get("Version").and_then(Value::as_f64) != Some(1.0) {
        let version = document.get("Version").map(Value::to_string);
        let version = version.unwrap_or_else(|| "<Version key not provided>".to_owned());
        return Err(format!(
            "Unsupported version '{version}' for credential process provider, supported versions: 1"
        ));
    }
    let credentials = json::credentials(&document, "SessionToken");
    credentials.map_err(|Malformed(reason)| format!("its output is malformed: {reason}"))
}

const LIMITS: CaptureLimits =
    CaptureLimits { output: 64 << 10, messages: 1 << 10, time: Duration::from_secs(60) };

const POLL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn output_is_parsed() {
        let output = br#" {"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "s",
            "SessionToken": "t", "Expiration": "2030-01-01T00:00:00+01:00", "More": [1]} "#;
        let credentials = parse(output).unwrap();
        assert_eq!(credentials.access_key_id(), "i");
        assert_eq!(credentials.secret_access_key(), "s");
        assert_eq!(credentials.session_token(), Some("t"));
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_452_400);
        assert_eq!(credentials.expiry(), Some(expiry));
    }

    #[test]
    fn output_without_credentials_is_refused() {
        for (output, reason) in [
            ("", "not JSON"),
            (r#"{"Version":1,"AccessKeyId":"i","SecretAccessKey":"s""#, "not JSON"),
            ("[]", "version '<Version key not provided>'"),
            (r#"{"AccessKeyId":"i","SecretAccessKey":"s"}"#, "<Version key not provided>"),
            (r#"{"Version":2,"AccessKeyId":"i","SecretAccessKey":"s"}"#, "Unsupported version '2'"),
            (r#"{"Version":1,"SecretAccessKey":"s"}"#, "AccessKeyId"),
            (r#"{"Version":1,"AccessKeyId":"i"}"#, "SecretAccessKey"),
            (
                r#"{"Version":1,"AccessKeyId":"i","SecretAccessKey":"s","Expiration":"soon"}"#,
                "Expiration",
            ),
            (
                r#"{"Version":1,"AccessKeyId":"hunter2\n","SecretAccessKey":"s"}"#,
                "a request cannot carry",
            ),
        ] {
            let error = parse(output.as_bytes()).unwrap_err();
            assert!(error.contains(reason) && !error.contains("hunter2"), "{output}: {error}");
        }
    }

    #[test]
    fn windows_command_is_split_like_argv() {
        for (command, words) in [
            (r"C:\bin\x.exe a  b", vec![r"C:\bin\x.exe", "a", "b"]),
            (r#""C:\a b\x" "" \"c\" \\"d e\\""#, vec![r"C:\a b\x", "", "\"c\"", r"\d e\"]),
            ("", vec![]),
        ] {
            assert_eq!(windows_words(command).unwrap(), words, "{command}");
        }
        assert_eq!(windows_words("\"a"), None);
    }
}

//! Failures of credentials, and advice about their settings.

use super::{ExitStatus, Failure, Hint};
use crate::cli::shell::ShellCommand;
use crate::registry::{Cause, CredentialFault, CredentialSource, Place, TOO_SHORT, TokenOrigin};

impl Failure {
    /// Adds advice to the failure of a source of credentials.
    pub(super) fn of_credential_source(
        from: &CredentialSource,
        is_malformed: bool,
        is_refused: bool,
        source: &Cause,
        failure: Self,
    ) -> Self {
        let reason = source.to_string();
        let failure = match is_refused {
            true => failure.for_aws(ExitStatus::Refused),
            false if reason.starts_with(TOO_SHORT) => failure.for_aws(ExitStatus::Usage),
            false => failure,
        };
        match from {
            CredentialSource::Role { profile: Some(profile), .. } if reason == NO_TERMINAL => {
                let command = ShellCommand::new("aws").word("sts").word("get-caller-identity");
                failure.hint(
                    Hint::run(command.option("--profile", profile))
                        .text(" in a terminal first: its session is used here too"),
                )
            }
            CredentialSource::Role { .. } if reason.contains("MultiFactor") => {
                failure.hint("enter the code that the device shows now")
            }
            CredentialSource::Login { profile } => failure.hint(log_in_again(profile)),
            CredentialSource::Role { .. } if reason.starts_with("AccessDenied") => failure
                .hint("check the trust policy of the role and the credentials used to assume it"),
            // Another login would not change a malformed response.
            CredentialSource::Sso { profile } if !is_malformed => failure.hint(log_in(profile)),
            _ => failure,
        }
    }
}

/// The reason that [`crate::cli::terminal::Terminal::ask_mfa_code`] gives.
const NO_TERMINAL: &str = "cannot ask for the MFA code: there is no terminal";

pub(super) const CREDENTIALS: &str =
    "run `aws configure`, pass `--profile NAME` or set AWS_ACCESS_KEY_ID";

/// Advises to replace a file with a token.
pub(super) fn token_file(origin: &TokenOrigin) -> Hint {
    match origin {
        TokenOrigin::Setting(name) => format!("set {name} to a regular file").into(),
        TokenOrigin::SsoCache { profile } => Hint::from("delete this file").and(log_in(profile)),
    }
}

/// Advises to start a new single sign-on session.
pub(super) fn log_in(profile: &str) -> Hint {
    let command = ShellCommand::new("aws").word("sso").word("login").option("--profile", profile);
    Hint::run(command).text(" to log in again")
}

/// Advises to renew the session of `aws login`.
pub(super) fn log_in_again(profile: &str) -> Hint {
    let command = ShellCommand::new("aws").word("login").option("--profile", profile);
    Hint::run(command).text(" to log in again")
}

/// Advises how to correct the settings of credentials.
pub(super) fn credential_settings(fault: &CredentialFault) -> Option<Hint> {
    let correct = |place: &Place| {
        Some(format!("correct line {} of {}", place.line, place.path.display()).into())
    };
    match fault {
        CredentialFault::InvalidKey { .. }
        | CredentialFault::InvalidValue { .. }
        | CredentialFault::UnsupportedHost { .. } => None,
        CredentialFault::NoRoleArn { .. } => {
            Some("set AWS_ROLE_ARN, or role_arn in the profile".into())
        }
        CredentialFault::NoneInSource { source_name, .. } => Some(match *source_name {
            "Environment" => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(),
            "EcsContainer" => "set AWS_CONTAINER_CREDENTIALS_FULL_URI".into(),
            _ => "unset AWS_EC2_METADATA_DISABLED".into(),
        }),
        CredentialFault::Partial { missing, place: None, .. } => {
            Some(format!("set {missing}, or unset AWS_ACCESS_KEY_ID").into())
        }
        CredentialFault::PartialSso { profile, .. } => {
            let command = ShellCommand::new("aws").word("configure").word("sso");
            Some(Hint::run(command.option("--profile", profile)).text(" to complete it"))
        }
        CredentialFault::UnreadableFile { name, .. } => {
            Some(format!("check the file of {name}").into())
        }
        CredentialFault::BothSources { place, .. }
        | CredentialFault::InconsistentSso { place, .. }
        | CredentialFault::InvalidSource { place, .. }
        | CredentialFault::Loop { place, .. }
        | CredentialFault::NoSourceProfile { place, .. }
        | CredentialFault::NoSsoSession { place, .. }
        | CredentialFault::NoneInSourceProfile { place, .. }
        | CredentialFault::Partial { place: Some(place), .. } => correct(place),
    }
}

//! Exit status of the program.

use std::process::ExitCode;

/// Exit status; 0, 130 and 252 to 255 have the meaning of the AWS CLI, version 2
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0
    Success,
    /// No match, no password, or something needs attention.
    No,
    /// Unknown key pair or instance.
    NotFound,
    /// The name or the file already exists.
    Exists,
    /// Invalid key, name or passphrase, or no matching key.
    NotAccepted,
    /// Interrupted by the user.
    Interrupted,
    /// Invalid command line.
    Usage,
    /// Invalid configuration, or an unusable registry.
    Configuration,
    /// Refused by the registry, or outcome unknown.
    Refused,
    /// All other failures.
    Other,
    /// The exit status of the command of `exec`.
    OfCommand(u8),
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::No => 1,
            ExitStatus::NotFound => 3,
            ExitStatus::Exists => 4,
            ExitStatus::NotAccepted => 5,
            ExitStatus::Interrupted => 130,
            ExitStatus::Usage => 252,
            ExitStatus::Configuration => 253,
            ExitStatus::Refused => 254,
            ExitStatus::Other => 255,
            ExitStatus::OfCommand(status) => status,
        })
    }
}

//! How the program ends.

use std::process::ExitCode;

/// How the program ends; 0, 130 and 252 to 255 mean what they mean in the AWS CLI, version 2
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Success,
    /// The answer to a question is no, or something needs attention.
    No,
    /// No such key pair.
    NotFound,
    /// The name or the file is taken.
    Exists,
    /// Not a key, a name or a passphrase that is accepted.
    NotAccepted,
    /// The user gave up.
    Interrupted,
    /// The command line is wrong.
    Usage,
    /// The registry cannot be used as things are set up.
    Configuration,
    /// The registry refused for another reason.
    Refused,
    /// Anything else.
    Other,
    /// As a command ended that was run.
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

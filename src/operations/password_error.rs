//! The errors of `password`.

use std::path::PathBuf;
use std::time::Duration;

use crate::format::PasswordDataError;
use crate::registry::{InstanceId, InstanceState, KeyName};

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("{id} has no password")]
    Missing { id: InstanceId, state: InstanceState, reason: MissingPassword },
    /// The password did not come in time.
    #[error("{id} still has no password after {}", span_text(.waited))]
    TimedOut { id: InstanceId, waited: Duration },
    #[error("cannot find the private key of {id}")]
    NoKey {
        id: InstanceId,
        key_name: Option<KeyName>,
        /// The paths that were searched.
        paths: Vec<PathBuf>,
        /// The number of other private keys.
        others: usize,
        /// Encrypted files that could not be compared.
        hidden: Vec<PathBuf>,
    },
    #[error("`{name}` is an ED25519 key pair, and passwords are encrypted with RSA keys")]
    NotRsa { name: KeyName },
    #[error("the password is encrypted with another key")]
    OtherKey,
    #[error("the decryption failed")]
    Failed,
    #[error("the decrypted password has invalid characters")]
    NotText,
    #[error("unexpected response from EC2: {0}")]
    Data(#[from] PasswordDataError),
    #[error("cannot write a file for Remote Desktop: {id} has no address")]
    NoAddress { id: InstanceId },
}

fn span_text(span: &Duration) -> String {
    match span.as_secs() {
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// The reason why an instance has no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPassword {
    NotWindows,
    NoKeyPair,
    /// The first start is not complete.
    Starting,
    NotRunning,
    /// The image does not make a password.
    Image,
}

//! Failures of commands about the key and the password of an instance.

use std::path::{Path, PathBuf};

use super::{ExitStatus, Failure, Hint, chain};
use crate::cli::shell::ShellCommand;
use crate::format::HostKeysError;
use crate::operations::{LaunchKey, MissingPassword, OperationError, PasswordError};
use crate::registry::{Instance, InstanceId, InstanceState};

impl Failure {
    pub(super) fn of_password(error: &PasswordError) -> Self {
        let failure = |status, sentence: String| Self::new(status, sentence, error);
        match error {
            PasswordError::Missing { id, state, reason } => {
                Self::of_missing_password(id, state, *reason, error)
            }
            PasswordError::TimedOut { id, .. } => failure(ExitStatus::No, error.to_string())
                .hint(Hint::run(password(id).word("--wait=1h")).text(" to wait longer"))
                .hint(NO_PASSWORD_IN_IMAGE),
            PasswordError::NoKey { key_name, paths, others, hidden, .. } => {
                let pair = key_name.as_ref().map(|name| format!(" of the key pair `{name}`"));
                let sentence =
                    format!("{error}{}: {}", pair.unwrap_or_default(), searched(paths, *others));
                let failure = failure(ExitStatus::NotAccepted, sentence);
                match hidden.first() {
                    Some(path) => failure.hint(format!(
                        "pass `--key PATH` with one encrypted file to be asked for its passphrase: {}",
                        path.display()
                    )),
                    None => failure.hint("pass `--key PATH` with the file or its directory"),
                }
            }
            PasswordError::NotRsa { .. } => failure(ExitStatus::NotAccepted, error.to_string())
                .hint("launch Windows instances with an RSA key pair"),
            PasswordError::OtherKey => {
                let sentence = "cannot decrypt the password: it is encrypted with another key";
                failure(ExitStatus::NotAccepted, sentence.to_owned()).hint(
                    "an image of a Windows instance may keep the password of that instance: use the \
                     private key of its key pair with `--key PATH`",
                )
            }
            PasswordError::NotText | PasswordError::Data(_) => {
                failure(ExitStatus::Refused, error.to_string())
            }
            PasswordError::Failed => {
                failure(ExitStatus::Other, format!("cannot decrypt the password: {error}"))
            }
            PasswordError::NoAddress { .. } => {
                failure(ExitStatus::Other, error.to_string()).hint("omit `--rdp`")
            }
        }
    }

    fn of_missing_password(
        id: &InstanceId,
        state: &InstanceState,
        reason: MissingPassword,
        error: &PasswordError,
    ) -> Self {
        let failure =
            |because: &str| Self::new(ExitStatus::No, format!("{error}: {because}"), error);
        match reason {
            MissingPassword::NotWindows => failure("it is not a Windows instance").hint(
                Hint::run(ShellCommand::keypair("which").operand(id.as_str()))
                    .text(" for its private key and user names"),
            ),
            MissingPassword::NoKeyPair => failure("it was launched without a key pair")
                .hint("use the password of the image, or EC2Rescue to reset it"),
            MissingPassword::Starting => failure("it is still starting")
                .hint(Hint::run(password(id).word("--wait")).text(", usually 4 to 15 minutes")),
            MissingPassword::NotRunning => failure(&format!("it is {}", state.name())),
            MissingPassword::Image => {
                failure("its image does not create one, or the first start is not complete")
                    .hint(NO_PASSWORD_IN_IMAGE)
            }
        }
    }

    /// Reports that no private key file opens an instance.
    pub fn of_unknown_key(launch_key: &LaunchKey, paths: &[PathBuf]) -> Self {
        let sentence = match launch_key {
            LaunchKey::Known { name, .. } => format!(
                "cannot find the private key of the key pair `{name}`: {}",
                searched(paths, 0)
            ),
            LaunchKey::Unknown { name, is_deleted: true } => format!(
                "cannot find the private key: the key pair `{name}` is deleted, and with it its \
                 public key"
            ),
            LaunchKey::Unknown { name, is_deleted: false } => format!(
                "cannot find the private key: the public key of the key pair `{name}` is not available"
            ),
            LaunchKey::None => {
                "cannot find the private key: the instance was launched without a key pair"
                    .to_owned()
            }
        };
        let failure = Self { status: ExitStatus::NotAccepted, ..Self::usage(sentence) };
        match launch_key {
            LaunchKey::Known { .. } => {
                failure.hint("pass `--key PATH` with the file or its directory")
            }
            LaunchKey::Unknown { .. } | LaunchKey::None => failure,
        }
    }

    /// Reports that an instance has no host keys.
    pub fn of_host_keys(instance: &Instance, error: HostKeysError) -> Self {
        let id = &instance.id;
        let sentence = format!("cannot find the host keys of {id}: {error}");
        let failure = Self::new(ExitStatus::No, sentence, &error);
        if instance.is_windows {
            return failure.hint("use this command for instances with SSH only");
        }
        let command = ShellCommand::keypair("known-hosts").operand(id.as_str()).word("--wait");
        failure
            .hint(Hint::run(command).text(" for a new instance"))
            .hint("compare the keys in /etc/ssh of an old one over a connection that you trust")
    }

    /// Refuses to add host keys to a known_hosts file that has another one.
    pub fn of_known_host(path: &Path, line: usize, name: &str) -> Self {
        let path_text = path.display();
        let sentence = format!(
            "cannot add the host keys to {path_text}: line {line} has another key for {name}"
        );
        let remove = ShellCommand::new("ssh-keygen").option("-R", name).path_option("-f", path);
        Self { status: ExitStatus::NotAccepted, ..Self::usage(sentence) }
            .hint(Hint::run(remove).text(" to delete it, if the instance was replaced"))
    }

    /// Reports an unusable `--priv-launch-key` as the AWS CLI does.
    pub fn of_launch_key_path(error: &OperationError) -> Self {
        let sentence = "priv-launch-key should be a path to the local SSH private key file used to \
                        launch the instance.";
        Self::new(ExitStatus::Other, sentence, error)
            .hint(format!("choose another file: {}", chain(error)))
    }

    /// Reports that a private key does not decrypt the password, as the AWS CLI does.
    pub fn of_launch_key(error: &OperationError) -> Self {
        let sentence = "Unable to decrypt password data using provided private key file.";
        Self::new(ExitStatus::Other, sentence, error)
            .hint(format!("use the private key of the launch: {}", Self::from(error).sentence()))
    }
}

/// Describes the search for a private key.
fn searched(paths: &[PathBuf], others: usize) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let others = match others {
        0 => String::new(),
        1 => ", and one other private key is there".to_owned(),
        count => format!(", and {count} other private keys are there"),
    };
    format!("it is not in {}{others}", paths.join(" or "))
}

fn password(id: &InstanceId) -> ShellCommand {
    ShellCommand::keypair("password").operand(id.as_str())
}

const NO_PASSWORD_IN_IMAGE: &str = "an image without the password step of EC2Launch (before Sysprep) \
                                    never makes one: use the password of the instance it was made from";

//! Conflicts of a name with an existing pair or file.

use std::path::Path;

use super::{ExitStatus, Failure, Hint, chain, delete};
use crate::cli::shell::ShellCommand;
use crate::format::FormatError;
use crate::key::KeyType;
use crate::operations::{Conflict, ConflictError, KeyHalf, OperationError};
use crate::registry::KeyName;

impl Failure {
    pub(super) fn of_conflict(conflict: &ConflictError) -> Self {
        let ConflictError { name, registered, conflict: found } = conflict;
        let remove = |condition: &'static str| {
            Hint::from(condition).command(delete(name)).text(" to delete the registration")
        };
        let (difference, hints): (String, Vec<Hint>) = match found {
            Conflict::MissingFile { path, half: KeyHalf::Private } => (
                format!("but the private key file {} is missing", path.display()),
                vec![
                    "if the file is elsewhere, pass its path with `--out PATH`".into(),
                    remove("if it is lost, run ").text(", then create a new one"),
                ],
            ),
            Conflict::MissingFile { path, half: KeyHalf::Public } => (
                format!("but the public key file {} is missing", path.display()),
                vec![
                    Hint::run(
                        convert()
                            .word("FILE")
                            .word("--public")
                            .word("openssh")
                            .path_option("--out", path),
                    )
                    .text(" with the private key FILE to make it"),
                ],
            ),
            Conflict::NotEncrypted { path } => (
                format!("but {} is not encrypted", path.display()),
                vec![
                    Hint::run(convert().word("--in-place").word("--new-passphrase").path(path))
                        .text(" to encrypt it"),
                ],
            ),
            Conflict::OtherHalf { path, half } => {
                let half = match half {
                    KeyHalf::Private => "private",
                    KeyHalf::Public => "public",
                };
                let path = path.display();
                let hint = "pass the files with `--out` and `--public-out`";
                (format!("but {path} does not contain its {half} key"), vec![hint.into()])
            }
            Conflict::OtherKey { origin, digests } => (
                format!("but {origin} contains another: {digests}"),
                vec![
                    "choose another name to keep both".into(),
                    Hint::run(ShellCommand::keypair("verify").word("FILE"))
                        .text(" to find the pair of a file"),
                    remove("if the registered key is the wrong one, run "),
                ],
            ),
            Conflict::OtherKind { key_type, bits } => (
                format!("which is {}, not the requested type", kind(*key_type, *bits)),
                vec!["omit `--type` and `--bits` to accept any".into()],
            ),
            Conflict::Unreadable { path, source } => {
                let path = path.display();
                let hint = match source {
                    FormatError::PassphraseNeeded => {
                        "pass `--passphrase-file PATH`, or `--passphrase` with KEYPAIR_PASSPHRASE set"
                    }
                    _ => ANOTHER_NAME,
                };
                (format!("but cannot compare {path} with it: {}", chain(source)), vec![hint.into()])
            }
        };
        let sentence = format!("`{name}` is registered with the key {registered}, {difference}");
        hints.into_iter().fold(Self::new(ExitStatus::Exists, sentence, conflict), Self::hint)
    }

    pub(super) fn of_file_without_pair(
        name: &KeyName,
        path: &Path,
        error: &OperationError,
    ) -> Self {
        let import = ShellCommand::keypair("import").operand(name.as_str()).path(path);
        Self::new(ExitStatus::Exists, chain(error), error)
            .hint(Hint::run(import).text(" to register the key in it"))
            .hint(ANOTHER_NAME)
    }
}

const ANOTHER_NAME: &str = "choose another name, or another path with `--out`";

/// Begins a `convert` command. It needs no registry options.
fn convert() -> ShellCommand {
    ShellCommand::new("keypair").word("convert")
}

fn kind(key_type: KeyType, bits: Option<u32>) -> String {
    match (key_type, bits) {
        (KeyType::Rsa, Some(bits)) => format!("rsa of {bits} bits"),
        (key_type, _) => key_type.name().to_owned(),
    }
}

//! What to say when a name is taken, and not by what was asked for.

use std::path::Path;

use super::{ExitStatus, Failure, chain};
use crate::cli::shell::quoted;
use crate::commands::{CommandError, Conflict, Found, Half};
use crate::format::FormatError;
use crate::key::KeyType;
use crate::registry::KeyName;

impl Failure {
    pub(super) fn of_conflict(conflict: &Conflict) -> Self {
        let Conflict { name, registered, found } = conflict;
        let word = quoted(name.as_str());
        let remove = format!("`keypair delete {word}` removes the registration");
        let (what, hints) = match found {
            Found::NoFile { path, half: Half::Private } => (
                format!("and there is no private key file {}", path.display()),
                vec![
                    "if the file is elsewhere, `--out PATH` names it".to_owned(),
                    format!("if it is lost, {remove}, and a new pair can be made"),
                ],
            ),
            Found::NoFile { path, half: Half::Public } => (
                format!("and there is no public key file {}", path.display()),
                vec![format!(
                    "`keypair convert FILE --public openssh --out {}` makes it of the private key",
                    quoted(&path.to_string_lossy())
                )],
            ),
            Found::NotEncrypted { path } => {
                let file = quoted(&path.to_string_lossy());
                (
                    format!("and {} is not encrypted", path.display()),
                    vec![format!(
                        "`keypair convert {file} --new-passphrase --out {file} --force` encrypts it"
                    )],
                )
            }
            Found::OtherHalf { path, half } => {
                let half = match half {
                    Half::Private => "private",
                    Half::Public => "public",
                };
                let path = path.display();
                let hint = "`--out` and `--public-out` name the files".to_owned();
                (format!("and {path} does not hold its {half} key"), vec![hint])
            }
            Found::OtherKey { origin, digests } => (
                format!("and {origin} holds another: {digests}"),
                vec![
                    "another name leaves both alone".to_owned(),
                    "`keypair verify FILE` tells whose key a file holds".to_owned(),
                    format!("if the registered key is the wrong one, {remove}"),
                ],
            ),
            Found::OtherKind { key_type, bits } => (
                format!("which is {}, not what was asked for", kind(*key_type, *bits)),
                vec!["without `--type` and `--bits`, any will do".to_owned()],
            ),
            Found::Unreadable { path, source } => {
                let path = path.display();
                let hint = match source {
                    FormatError::PassphraseNeeded => {
                        "`--passphrase-file PATH`, or `--passphrase` and KEYPAIR_PASSPHRASE, opens it"
                    }
                    _ => "another name or, with `--out`, another file leaves it alone",
                };
                (
                    format!("and {path} cannot be compared with it: {}", chain(source)),
                    vec![hint.to_owned()],
                )
            }
        };
        let sentence = format!("`{name}` is registered with the key {registered}, {what}");
        hints.into_iter().fold(Self::new(ExitStatus::Exists, sentence, conflict), Self::hint)
    }

    pub(super) fn of_file_without_pair(name: &KeyName, path: &Path, error: &CommandError) -> Self {
        let (name, path) = (quoted(name.as_str()), quoted(&path.to_string_lossy()));
        Self::new(ExitStatus::Exists, chain(error), error)
            .hint(format!("`keypair import {name} {path}` registers the key that is in it"))
            .hint("another name or, with `--out`, another path leaves it alone")
    }
}

fn kind(key_type: KeyType, bits: Option<u32>) -> String {
    match (key_type, bits) {
        (KeyType::Rsa, Some(bits)) => format!("rsa of {bits} bits"),
        (key_type, _) => key_type.name().to_owned(),
    }
}

//! `create --if-not-exists`.

use std::io::ErrorKind;
use std::path::Path;

use super::Session;
use crate::cli::error::Failure;
use crate::cli::error::Hint;
use crate::cli::error::Operation;
use crate::cli::respond::{self, Spelling};
use crate::cli::shell;
use crate::file::{self, FileError};
use crate::key::KeySpecification;
use crate::operations::OperationError;
use crate::operations::create::{self, CreateIfNotExistsRequest, Created, Outcome};
use crate::registry::{KeyPair, Tags};

impl Session<'_> {
    pub(super) fn ensure(&self, request: &CreateIfNotExistsRequest) -> Result<(), Failure> {
        let CreateIfNotExistsRequest { pair: wanted, .. } = request;
        // What EC2 is asked for.
        let operation = match self.settings.registry.is_ec2() {
            true => Operation::ImportKeyPair,
            false => Operation::CreateKeyPair,
        };
        let mut answer = |created: &Created, is_new: bool| {
            if is_new {
                self.warn_unless(created.is_confirmed, &created.pair.name);
                self.warn_of_missing_tags(&wanted.tags, &created.pair);
                if self.settings.registry.is_ec2()
                    && wanted.specification == KeySpecification::Ed25519
                {
                    self.terminal.note("Windows instances accept RSA keys only");
                }
            } else {
                self.note_tags(&wanted.tags, &created.pair);
                self.warn_of_rights(created.private_key_file.as_deref());
            }
            let value = respond::ensured(respond::created(created, Spelling::Native), is_new);
            self.answer(&value, Operation::CreateKeyPair.name())
        };
        let mut random = self.random()?;
        let mut registry = self.registry()?;
        let ensure =
            || create::create_if_not_exists(request, &mut *registry, &mut random, &mut answer);
        let outcome = match wanted.specification {
            KeySpecification::Ed25519 => self.while_asking(ensure),
            KeySpecification::Rsa(bits) => {
                let what = format!("making an RSA key of {} bits", bits.bits());
                self.terminal.while_working(&what, ensure)
            }
        };
        match outcome {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // Everything is done, only the reader of the answer has left.
            Err(
                OperationError::OutputAfterCreate { source, .. } | OperationError::Output(source),
            ) if source.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                let failure = Failure::from(&error).during(operation);
                return Err(match &error {
                    OperationError::File(FileError::Exists { .. }) => {
                        failure.only_hint("another path leaves it alone")
                    }
                    _ => failure,
                });
            }
        }
        Ok(())
    }

    /// Says so if others can read a private key file that was there already.
    fn warn_of_rights(&self, private_key_file: Option<&Path>) {
        if let Some(path) = private_key_file.filter(|path| file::is_readable_by_others(path)) {
            self.terminal.warn(format_args!("others can read {}", path.display()));
            self.hint(Hint::run(shell::leave_to_reader(path)).text(" to leave it to you alone"));
        }
    }

    /// Says so if a pair that was there already does not have the tags that were asked for.
    pub(super) fn note_tags(&self, asked: &Tags, pair: &KeyPair) {
        let has = |tag| pair.tags.as_slice().contains(tag);
        if !asked.as_slice().iter().all(has) {
            self.terminal.note(format_args!(
                "`{}` was there already, and its tags were not changed",
                pair.name
            ));
        }
    }
}

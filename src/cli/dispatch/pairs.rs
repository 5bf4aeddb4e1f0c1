//! The verbs that are about registered pairs.

use std::io::{self, ErrorKind};

use super::{Session, sample};
use crate::cli::error::Failure;
use crate::cli::error::Hint;
use crate::cli::error::Operation;
use crate::cli::key_material;
use crate::cli::respond::{self, Spelling};
use crate::cli::shell::ShellCommand;
use crate::key::KeySpecification;
use crate::operations::create::{CreateRequest, Created, Generator, Outcome};
use crate::operations::{Destination, OperationError, create};

impl Session<'_> {
    pub(super) fn create(
        &self,
        request: &CreateRequest,
        spelling: Spelling,
    ) -> Result<(), Failure> {
        // What EC2 is asked for, if the key is made here.
        let operation = match (self.settings.registry.is_ec2(), request.generator) {
            (true, Generator::Here) => Operation::ImportKeyPair,
            _ => Operation::CreateKeyPair,
        };
        let to_user = request.destination == Destination::Response;
        if to_user && spelling == Spelling::Aws {
            self.check_query(&sample::of_creation(request))
                .map_err(|refused| Failure::of_query(&refused, of_creation()))?;
        }
        if to_user {
            self.check_readers()?;
        }
        let mut answer = |created: &Created| {
            self.warn_unless(created.is_confirmed, &created.pair.name);
            self.warn_of_missing_tags(&request.tags, &created.pair);
            match (&created.private_key, spelling) {
                (Some(private_key), Spelling::Native) => self.answer_private_key(private_key),
                (private_key, _) => {
                    let (value, private_key) =
                        (respond::created(created, spelling), private_key.as_ref());
                    if let (Some(query), Some(private_key)) = (&self.settings.query, private_key) {
                        key_material::check(query, &value, private_key)
                            .map_err(io::Error::other)?;
                    }
                    self.answer_with(private_key, &value, Operation::CreateKeyPair.name())
                }
            }
        };
        if self.settings.registry.is_ec2() && request.specification == KeySpecification::Ed25519 {
            self.terminal.note("Windows instances accept RSA keys only");
        }
        let mut random = self.random()?;
        let mut registry = self.registry()?;
        let create = || create::create(request, &mut *registry, &mut random, &mut answer);
        let outcome = match request.specification {
            KeySpecification::Ed25519 => self.while_asking(create),
            KeySpecification::Rsa(bits) => {
                let what = format!("making an RSA key of {} bits", bits.bits());
                self.terminal.while_working(&what, create)
            }
        };
        match outcome {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // Everything is done, only the reader of the answer has left.
            Err(OperationError::OutputAfterCreate { source, .. })
                if source.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                if let OperationError::OutcomeUnknown { private_key: Some(private_key), .. } =
                    &error
                {
                    // It may be registered, and there is no other copy of it.
                    self.answer_private_key(private_key).ok();
                }
                return Err(Failure::from(&error).during(operation));
            }
        }
        Ok(())
    }
}

fn of_creation() -> Hint {
    Hint::from("pass `--query KeyMaterial --output text` to print the private key, or run ")
        .command(ShellCommand::keypair("create").word("NAME"))
        .text(", which writes it to a file and takes any query")
}

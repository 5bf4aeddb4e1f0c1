//! The verbs that are about registered pairs.

use std::io::{self, ErrorKind};

use super::{Session, sample};
use crate::cli::error::Failure;
use crate::cli::error::Hint;
use crate::cli::error::Operation;
use crate::cli::error::suggest;
use crate::cli::key_material;
use crate::cli::respond::{self, Spelling};
use crate::cli::shell::ShellCommand;
use crate::format;
use crate::key::KeySpecification;
use crate::operations::create::{CreateRequest, Created, Generator, Outcome};
use crate::operations::fetch::ParameterRequest;
use crate::operations::fetch::{FetchRequest, Fetched};
use crate::operations::{Destination, OperationError, create, fetch};

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

    pub(super) fn fetch(&self, request: &FetchRequest) -> Result<(), Failure> {
        let operation = Operation::DescribeKeyPairs;
        let to_user = request.destination == Destination::Response;
        if to_user {
            self.check_readers()?;
        }
        let mut answer = |fetched: &Fetched| match &fetched.private_key {
            Some(private_key) => self.answer_private_key(private_key),
            None => self.answer(&respond::fetched(fetched), "Fetch"),
        };
        let mut store = self.parameter_store()?;
        let mut random = self.random()?;
        let fetch = || fetch::fetch(request, &mut *store, &mut random, &mut answer);
        match self.terminal.while_working("asking EC2 and Parameter Store", fetch) {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // A key that went to a file is there, only the reader of the answer has left.
            Err(OperationError::Output(error))
                if error.kind() == ErrorKind::BrokenPipe && !to_user => {}
            Err(error) => {
                let failure = Failure::from(&error).during(operation);
                return Err(suggest(failure, std::slice::from_ref(&request.name), &mut *store));
            }
        }
        Ok(())
    }

    pub(super) fn parameter(&self, request: &ParameterRequest) -> Result<(), Failure> {
        let operation = Operation::GetParameter;
        if let Some(sample) = sample::of_parameter(request) {
            self.check_query(&sample)
                .map_err(|refused| Failure::of_query(&refused, of_parameter()))?;
        }
        let mut store = self.parameter_store()?;
        let ask = || fetch::parameter(request, &mut *store);
        let parameter =
            self.while_asking(ask).map_err(|error| Failure::from(&error).during(operation))?;
        if request.decrypted {
            self.warn_of_readers();
        }
        let secret = parameter.value.as_ref().filter(|value| {
            let is_secure = parameter.kind.as_deref() == Some("SecureString");
            (request.decrypted && is_secure)
                || format::read_public(value.expose()).is_ok_and(|key| key.source.is_private())
        });
        let answered = self.answer_with(secret, &respond::parameter(&parameter), operation.name());
        self.unless_reader_left(answered, OperationError::Output)
    }
}

fn of_creation() -> Hint {
    Hint::from("pass `--query KeyMaterial --output text` to print the private key, or run ")
        .command(ShellCommand::keypair("create").word("NAME"))
        .text(", which writes it to a file and takes any query")
}

fn of_parameter() -> Hint {
    "pass `--query Parameter.Value --output text` to print the private key, or omit `--with-decryption`".into()
}

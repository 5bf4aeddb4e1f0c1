//! `create --count`.

use std::io::ErrorKind;
use std::thread;

use super::Session;
use crate::cli::error::Failure;
use crate::cli::error::Operation;
use crate::cli::render::OutputFormat;
use crate::cli::respond::{self, Spelling};
use crate::file::FileError;
use crate::key::KeySpecification;
use crate::operations::OperationError;
use crate::operations::create::{CreateManyRequest, Created, Outcome, create_many};

impl Session<'_> {
    /// Makes several pairs; what is made is answered for also if the rest is not.
    pub(super) fn create_many(&self, request: &CreateManyRequest) -> Result<(), Failure> {
        // What EC2 is asked for.
        let operation = match self.settings.registry.is_ec2() {
            true => Operation::ImportKeyPair,
            false => Operation::CreateKeyPair,
        };
        let title = Operation::CreateKeyPair.name();
        if self.settings.registry.is_ec2() && request.specification == KeySpecification::Ed25519 {
            self.terminal.note("Windows instances accept RSA keys only");
        }
        // A query is about all pairs, however many are registered at a time.
        let streams =
            self.settings.output == OutputFormat::JsonLines && self.settings.query.is_none();
        let mut progress = self.terminal.progress(request.names.len());
        let mut all = Vec::new();
        let mut answer = |created: &[Created]| {
            for created in created {
                self.warn_unless(created.is_confirmed, &created.pair.name);
                self.warn_of_missing_tags(&request.tags, &created.pair);
            }
            let pairs = created.iter().map(|pair| respond::created(pair, Spelling::Native));
            if !streams {
                all.extend(pairs);
                return Ok(());
            }
            match self.answer(&respond::created_series(pairs.collect()), title) {
                // The pairs are asked for, whoever listens.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                answered => answered,
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let randoms = (0..threads.min(request.names.len())).map(|_| self.random());
        let randoms = randoms.collect::<Result<Vec<_>, _>>()?;
        let mut registry = self.registry()?;
        let outcome =
            create_many(request, &mut *registry, randoms, &mut || progress.advance(), &mut answer);
        drop(progress);
        if outcome.is_ok() && request.dry_run {
            self.note_dry_run();
            return Ok(());
        }
        // What is made is told, also if the rest is not.
        if !streams && (outcome.is_ok() || !all.is_empty()) {
            let made = all.len();
            let answered = self.answer(&respond::created_series(all), title);
            self.unless_reader_left(answered, OperationError::OutputAfterChange)
                .map_err(|failure| failure.hint(format!("{made} pairs are made and registered")))?;
        }
        match outcome {
            Ok(Outcome::Checked | Outcome::Done) => Ok(()),
            Err(error) => {
                let failure = Failure::from(&error).during(operation);
                Err(match &error {
                    OperationError::File(FileError::Exists { .. }) => failure
                        .only_hint("another name or, with `--out`, another folder leaves it alone"),
                    OperationError::UnsafeFileName { .. } => {
                        failure.only_hint("the files have the names of the pairs: choose another")
                    }
                    _ => failure,
                })
            }
        }
    }
}

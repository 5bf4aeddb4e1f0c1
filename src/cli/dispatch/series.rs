//! `create --count`.

use std::io::ErrorKind;
use std::thread;

use super::Session;
use crate::cli::failure::Failure;
use crate::cli::operation::Operation;
use crate::cli::render::OutputFormat;
use crate::cli::respond::{self, Spelling};
use crate::commands::create::{Created, Outcome, SeriesRequest, create_series};
use crate::key::KeySpecification;

impl Session {
    /// Makes several pairs; what is made is answered for also if the rest is not.
    pub(super) fn create_series(&self, request: &SeriesRequest) -> Result<(), Failure> {
        let operation = Operation::CreateKeyPair;
        if self.settings.registry.is_ec2() && request.specification == KeySpecification::Ed25519 {
            self.terminal.note("Windows instances accept RSA keys only");
        }
        let streams = self.settings.output == OutputFormat::JsonLines;
        let mut progress = self.terminal.progress(request.names.len());
        let mut all = Vec::new();
        let mut answer = |created: &[Created]| {
            progress.advance(created.len());
            for created in created {
                self.warn_unless(created.is_confirmed);
            }
            let pairs = created.iter().map(|pair| respond::created(pair, Spelling::Native));
            if !streams {
                all.extend(pairs);
                return Ok(());
            }
            match self.answer(&respond::created_series(pairs.collect()), operation.name()) {
                // The pairs are asked for, whoever listens.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                answered => answered,
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let randoms = (0..threads.min(request.names.len())).map(|_| self.random());
        let randoms = randoms.collect::<Result<Vec<_>, _>>()?;
        let mut registry = self.registry()?;
        let outcome = create_series(request, &mut *registry, randoms, &mut answer);
        drop(progress);
        if outcome.is_ok() && request.dry_run {
            self.note_dry_run();
            return Ok(());
        }
        // What is made is told, also if the rest is not.
        if !streams && (outcome.is_ok() || !all.is_empty()) {
            self.answer_last(&respond::created_series(all), operation.name())?;
        }
        match outcome {
            Ok(Outcome::Checked | Outcome::Done) => Ok(()),
            Err(error) => Err(Failure::of_command(&error, operation)),
        }
    }
}

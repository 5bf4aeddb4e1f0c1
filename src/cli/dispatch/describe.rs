//! `describe`, whose answer may be longer than memory.

use super::Session;
use crate::cli::error::Failure;
use crate::cli::error::Operation;
use crate::cli::error::suggest;
use crate::cli::render::{List, OutputFormat};
use crate::cli::respond;
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::describe::{DescribeRequest, describe};
use crate::registry::KeyPair;

impl Session<'_> {
    /// Answers while the pairs are read, unless the answer depends on all of them: a table is as wide as
    /// its widest row, and `--query` may ask for anything.
    pub(super) fn describe(&self, request: &DescribeRequest) -> Result<(), Failure> {
        if self.settings.query.is_some() || self.settings.output == OutputFormat::Table {
            self.describe_whole(request)
        } else {
            self.describe_in_parts(request)
        }
    }

    fn describe_whole(&self, request: &DescribeRequest) -> Result<(), Failure> {
        let mut registry = self.registry()?;
        let mut all = Vec::new();
        let mut keep = |pairs| {
            all.extend::<Vec<KeyPair>>(pairs);
            Ok(())
        };
        let outcome = self.while_asking(|| describe(request, &mut *registry, &mut keep));
        match outcome {
            Ok(Outcome::Checked) => {
                self.note_dry_run();
                Ok(())
            }
            Ok(Outcome::Done) => self.answer_last(&respond::described(&all), OPERATION.name()),
            Err(error) => {
                let failure = Failure::from(&error).during(OPERATION);
                Err(suggest(failure, &request.selection.names, &mut *registry))
            }
        }
    }

    fn describe_in_parts(&self, request: &DescribeRequest) -> Result<(), Failure> {
        let mut registry = self.registry()?;
        let list = |known: &[KeyPair]| {
            let known = known.iter().map(respond::described_pair);
            List::new(respond::KEY_PAIRS, known, self.settings.output, &self.style())
        };
        let mut begun = None;
        let mut working = Some(self.asking());
        let mut answer = |pairs: Vec<KeyPair>| {
            if pairs.is_empty() {
                return Ok(());
            }
            // What is shown on a terminal says itself that work is going on, to a pager too.
            if !self.terminal.stdout_is_file() {
                working = None;
            }
            if begun.is_none() {
                begun = list(&pairs);
            }
            let Some(list) = &mut begun else { return Ok(()) };
            for pairs in pairs.chunks(PART) {
                let part = list.part(pairs.iter().map(respond::described_pair));
                self.terminal.write(part.expose())?;
            }
            Ok(())
        };
        let outcome = describe(request, &mut *registry, &mut answer);
        drop(working);
        match outcome {
            Ok(Outcome::Checked) => {
                self.note_dry_run();
                Ok(())
            }
            Ok(Outcome::Done) => {
                let end = begun.or_else(|| list(&[])).map(List::end).unwrap_or_default();
                let answered = self.terminal.write(end.expose());
                self.unless_reader_left(answered, OperationError::Output)
            }
            Err(OperationError::Output(error)) => {
                self.unless_reader_left(Err(error), OperationError::Output)
            }
            Err(error) => {
                let failure = Failure::from(&error).during(OPERATION);
                Err(match begun {
                    Some(_) => failure.hint("the list that was printed is incomplete"),
                    None => suggest(failure, &request.selection.names, &mut *registry),
                })
            }
        }
    }
}

const OPERATION: Operation = Operation::DescribeKeyPairs;

/// The pairs that are written at once: some ten kilobytes, which is what a pipe takes, and less than what
/// an allocator asks the system for each time.
const PART: usize = 100;

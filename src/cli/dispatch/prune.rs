//! `prune`.

use std::io::{self, ErrorKind};

use super::Session;
use crate::cli::error::Failure;
use crate::cli::error::Operation;
use crate::cli::render::{OutputFormat, Value};
use crate::cli::respond;
use crate::cli::terminal::Terminal;
use crate::file::{FileError, StaleDirectory};
use crate::operations::OperationError;
use crate::operations::prune::{self, Candidate, Doubt, Prunable, PruneOutcome, PruneRequest};
use crate::registry::{Expiry, Registry};

impl Session<'_> {
    pub(super) fn prune(&self, request: &PruneRequest) -> Result<(), Failure> {
        let mut registry = self.registry()?;
        let find = || prune::find(request, &mut *registry);
        let found = self.while_asking(find).map_err(|error| {
            let failure = Failure::from(&error).during(Operation::DescribeKeyPairs);
            let is_plain = !request.delete || !matches!(error, OperationError::UsageUnknown { .. });
            if is_plain { failure } else { failure.hint("nothing was deleted") }
        })?;
        if request.pairs.unused {
            self.terminal.note(NOT_LOOKED_AT);
        }
        self.warn_of_doubts(&found);
        if request.delete {
            return self.remove(request, &found, &mut *registry);
        }
        let pairs = found.pairs.iter().map(|pair| respond::pruned_pair(pair, false, None));
        let folders =
            found.folders.iter().map(|folder| respond::pruned_folder(folder, false, None));
        self.answer_last(&respond::pruned(pairs.collect(), folders.collect()), TITLE)?;
        if !found.pairs.is_empty() || !found.folders.is_empty() {
            self.terminal.hint("`--delete` removes them");
        }
        Ok(())
    }

    /// Removes what was found; what is removed is answered for also if the rest is not.
    fn remove(
        &self,
        request: &PruneRequest,
        found: &Prunable,
        registry: &mut dyn Registry,
    ) -> Result<(), Failure> {
        // A query is about all pairs, however many are removed at a time.
        let is_streamed =
            self.settings.output == OutputFormat::JsonLines && self.settings.query.is_none();
        let mut progress = is_streamed.then(|| self.terminal.progress(found.pairs.len()));
        let mut report = Report { terminal: self.terminal, ..Report::default() };
        let mut folders = Vec::new();
        prune::remove_folders(found, &mut |folder, removed| {
            folders.push(report.folder(folder, removed));
        });
        let removed = prune::remove(request, found, registry, &mut |candidate, outcome| {
            let value = report.value(candidate, outcome);
            let Some(progress) = &mut progress else {
                report.tell(candidate, outcome);
                report.values.push(value);
                return Ok(());
            };
            progress.advance();
            unless_reader_left(self.answer(&respond::pruned(vec![value], Vec::new()), TITLE))
        });
        drop(progress);
        let Report { mut values, deleted, failure, .. } = report;
        let failure = match (failure, removed) {
            (Some(failure), _) => Some(failure),
            (None, Err(error)) => Some(Failure::from(&error).during(Operation::DeleteKeyPair)),
            (None, Ok(())) => None,
        };
        let count = format!("{deleted} of {} pairs are deleted", found.pairs.len());
        if !is_streamed {
            let others = found.pairs.iter().skip(values.len());
            values.extend(others.map(|pair| respond::pruned_pair(pair, false, None)));
            let answered = self.answer(&respond::pruned(values, folders), TITLE);
            self.unless_reader_left(answered, OperationError::OutputAfterChange)
                .map_err(|failure| failure.hint(count.clone()))?;
        }
        failure.map_or(Ok(()), |failure| Err(failure.hint(count)))
    }

    /// Names the pairs that stay because of what is not known of them.
    fn warn_of_doubts(&self, found: &Prunable) {
        for (doubt, what) in [
            (Doubt::Expiry, format!("the tag {} is no time", Expiry::TAG)),
            (Doubt::Age, "the registry does not say when they were registered".to_owned()),
        ] {
            let names = found.doubtful.iter().filter(|(_, found)| *found == doubt);
            let names: Vec<_> = names.map(|(name, _)| format!("`{name}`")).collect();
            if !names.is_empty() {
                let shown = names.iter().take(MOST_SHOWN).map(String::as_str).collect::<Vec<_>>();
                let others = match names.len().saturating_sub(MOST_SHOWN) {
                    0 => String::new(),
                    others => format!(" and {others} more"),
                };
                let shown = shown.join(", ");
                self.terminal.warn(format_args!("not looked at, for {what}: {shown}{others}"));
            }
        }
    }
}

/// What has become of the pairs so far.
#[derive(Default)]
struct Report {
    terminal: Terminal,
    values: Vec<Value>,
    deleted: usize,
    failure: Option<Failure>,
}

impl Report {
    /// Notes and says what became of a folder, and returns it as a part of the answer.
    fn folder(&mut self, folder: &StaleDirectory, removed: Result<(), FileError>) -> Value {
        let path = folder.path().display();
        match removed {
            Ok(()) => {
                let note = format!("deleted {path}: a killed `keypair exec` left it");
                self.terminal.note(note);
                respond::pruned_folder(folder, true, None)
            }
            Err(error) => {
                let failure =
                    Failure::from(OperationError::from(error)).during(Operation::DeleteKeyPair);
                self.terminal.warn(format_args!("not deleted {path}: {}", failure.sentence()));
                let sentence = self.terminal.redacted(&failure.sentence());
                let value = respond::pruned_folder(folder, false, Some(&sentence));
                self.failure.get_or_insert(failure);
                value
            }
        }
    }

    /// Notes what became of a pair, and returns it as a part of the answer.
    fn value(&mut self, candidate: &Candidate, outcome: PruneOutcome<'_>) -> Value {
        match outcome {
            PruneOutcome::Deleted => {
                self.deleted += 1;
                respond::pruned_pair(candidate, true, None)
            }
            PruneOutcome::Kept => respond::pruned_pair(candidate, false, None),
            PruneOutcome::Failed(error) => {
                let failure = Failure::from(error).during(Operation::DeleteKeyPair);
                let sentence = self.terminal.redacted(&failure.sentence());
                let value = respond::pruned_pair(candidate, false, Some(&sentence));
                let name = &candidate.pair.name;
                let failure = failure.hint(format!("that is about `{name}`"));
                self.failure.get_or_insert(failure);
                value
            }
        }
    }

    /// Says what became of a pair.
    fn tell(&self, candidate: &Candidate, outcome: PruneOutcome<'_>) {
        let Candidate { pair, reasons } = candidate;
        let pair = format!("{} ({})", pair.name, pair.id);
        match outcome {
            PruneOutcome::Deleted => {
                let reasons: Vec<_> = reasons.iter().map(respond::reason_text).collect();
                self.terminal.note(format_args!("deleted {pair}: {}", reasons.join(", ")));
            }
            PruneOutcome::Kept => self.terminal.note(format_args!("kept {pair}: it was changed")),
            PruneOutcome::Failed(error) => {
                let failure = Failure::from(error).during(Operation::DeleteKeyPair);
                self.terminal.warn(format_args!("not deleted {pair}: {}", failure.sentence()));
            }
        }
    }
}

/// The pairs are to go, whoever listens.
fn unless_reader_left(answered: io::Result<()>) -> io::Result<()> {
    match answered {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        answered => answered,
    }
}

const TITLE: &str = "Prune";

const NOT_LOOKED_AT: &str = "used means by an instance, or in the newest or default version of a launch \
     template; not looked at are launch configurations of Auto Scaling, Spot requests, other versions of \
     launch templates, other regions and accounts, authorized_keys of running machines, and images";

/// So many names a warning has.
const MOST_SHOWN: usize = 5;

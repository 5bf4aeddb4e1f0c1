//! `prune`.

use std::collections::HashSet;
use std::mem;
use std::time::SystemTime;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Hint, Operation};
use crate::cli::input::{RequestError, tags};
use crate::cli::output::Value;
use crate::cli::regions::{Failures, RegionsArgs, location_members};
use crate::cli::response;
use crate::cli::shell::ShellCommand;
use crate::cli::terminal::Terminal;
use crate::cli::timestamp::TimestampFormat;
use crate::file::{FileError, StaleDirectory};
use crate::operations::OperationError;
use crate::operations::prune::{
    self, Candidate, Conditions, Doubt, Prunable, PruneOutcome, PruneRequest, Reason,
};
use crate::regions::Policy;
use crate::registry::{
    CreateTime, CreatedBy, Expiry, Filter, KeyPair, KeyPairId, Pattern, Registry,
};

/// `prune`.
#[derive(Args, Debug)]
pub struct PruneArgs {
    /// Expired pairs (see `--ttl` and `--expires-at`), and pairs and directories of killed `exec`
    /// commands [default, if no other condition is given]
    #[arg(long)]
    expired: bool,
    /// Pairs registered at least this long ago: 90s, 30m, 8h, 7d, 2w
    #[arg(long, value_name = "SPAN")]
    older_than: Option<String>,
    /// Pairs with a matching name: * for any characters, ? for one; may be repeated
    #[arg(long = "name", value_name = "GLOB")]
    names: Vec<String>,
    /// With --registry ec2: pairs not referenced by any instance or launch template
    #[arg(long)]
    unused: bool,
    /// Delete the registrations instead of showing them; private key files are kept
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    regions: RegionsArgs,
}

pub(super) const EXAMPLES: &str = "\
Options are combined with AND, several --name with OR.

Examples:
  keypair prune                                      show expired pairs
  keypair prune --delete                             delete them
  keypair prune --name 'ci-*' --older-than 7d
  keypair prune --registry ec2 --unused --older-than 90d --output table";

impl PruneArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let regions = Some(self.regions);
        let request = self.request(context)?;
        let mut registry = context.registries(regions, Policy::default())?;
        let find = || prune::find(&request, &mut *registry);
        let found = context.while_waiting(find).map_err(|error| {
            let failure = Failure::from(&error).during(Operation::DescribeKeyPairs);
            let is_plain = !request.delete || !matches!(error, OperationError::UsageUnknown { .. });
            if is_plain { failure } else { failure.hint("nothing was deleted") }
        })?;
        if request.pairs.unused {
            context.terminal.note(UNUSED);
        }
        if let Some(refusal) = &found.unchecked {
            let refusal = Failure::from(refusal).during(Operation::DescribeLaunchTemplates);
            let refusal = refusal.sentence();
            context.terminal.warn(format_args!(
                "could not check that the list of launch template versions is complete: {refusal}"
            ));
        }
        warn_of_doubts(&found, context.terminal);
        note_missing_directories(&found, context);
        let failures = context.failures(&mut *registry, Operation::DescribeKeyPairs, regions);
        if request.delete {
            delete(&request, &found, &failures, &mut *registry, context)?;
        } else {
            let timestamps = context.settings.timestamps;
            let pairs = found.pairs.iter().map(|pair| pair_member(pair, State::Kept, timestamps));
            let folders = found.directories.iter().map(|folder| folder_member(folder, State::Kept));
            let response = response(pairs.collect(), folders.collect());
            let response = context.with_failures(response, &failures);
            context.respond(&response, TITLE).map_err(OperationError::Output)?;
            if !found.pairs.is_empty() || !found.directories.is_empty() {
                context.terminal.hint("pass `--delete` to delete them");
            }
        }
        Ok(failures.status())
    }

    fn request(self, context: &Context) -> Result<PruneRequest, RequestError> {
        let Self { expired, older_than, names, unused, delete, regions: _ } = self;
        let older_than = older_than.map(|span| tags::span_of("--older-than", &span)).transpose()?;
        let max = Filter::MAX_CHARACTERS;
        if names.iter().any(|name| name.chars().count() > max) {
            return Err(RequestError::PatternTooLong { max });
        }
        let names: Vec<_> = names.iter().map(|name| Pattern::new(name)).collect();
        let says_which = older_than.is_some() || !names.is_empty() || unused;
        Ok(PruneRequest {
            pairs: Conditions { expired: expired || !says_which, older_than, names, unused },
            now: CreateTime::from(SystemTime::now()),
            directories: context.environment.searched_folders(),
            host: context.environment.owner().host,
            delete,
        })
    }
}

/// Deletes the pairs. The response lists deleted pairs even if others could not be deleted.
fn delete(
    request: &PruneRequest,
    found: &Prunable,
    failures: &Failures,
    registry: &mut dyn Registry,
    context: &Context,
) -> Result<(), Failure> {
    let streams = context.streams();
    let mut progress = streams.then(|| context.terminal.progress(found.pairs.len()));
    let timestamps = context.settings.timestamps;
    let left = found.pairs.iter().map(|candidate| candidate.pair.id.clone()).collect();
    let mut report = Report { terminal: context.terminal, timestamps, left, ..Report::default() };
    prune::remove_private_keys(found);
    let removed = prune::remove(request, found, registry, &mut |candidate, outcome| {
        let member = report.pair(candidate, outcome);
        let Some(progress) = &mut progress else {
            report.print(candidate, outcome);
            report.members.push(member);
            return Ok(());
        };
        progress.advance();
        context.respond(&response(vec![member], Vec::new()), TITLE)
    });
    drop(progress);
    let mut folders = Vec::new();
    let left = mem::take(&mut report.left);
    prune::remove_directories(found, &left, &mut |folder, removed| {
        folders.push(match removed {
            Some(removed) => report.folder(folder, removed),
            None => folder_member(folder, State::Kept),
        });
    });
    let Report { members: mut pairs, deleted, failure, .. } = report;
    let failure = match (failure, removed) {
        (Some(failure), _) => Some(failure),
        (None, Err(error)) => Some(Failure::from(error).during(Operation::DeleteKeyPair)),
        (None, Ok(())) => None,
    };
    let count = format!("deleted {deleted} of {} pairs", found.pairs.len());
    if !streams {
        let others = found.pairs.iter().skip(pairs.len());
        pairs.extend(others.map(|pair| pair_member(pair, State::Kept, timestamps)));
        context
            .respond(&context.with_failures(response(pairs, folders), failures), TITLE)
            .map_err(|error| Failure::from(OperationError::OutputAfterChange(error)))
            .map_err(|failure| failure.hint(count.clone()))?;
    }
    failure.map_or(Ok(()), |failure| Err(failure.hint(count)))
}

/// Names pairs that are kept because a condition could not be evaluated.
fn warn_of_doubts(found: &Prunable, terminal: Terminal) {
    for (doubt, reason) in [
        (Doubt::Expiry, format!("the tag {} is not a valid time", Expiry::TAG)),
        (Doubt::Age, "the registry does not report a creation time".to_owned()),
    ] {
        let names = found.doubtful.iter().filter(|(_, found)| *found == doubt);
        let names: Vec<_> = names.map(|(name, _)| format!("`{name}`")).collect();
        if !names.is_empty() {
            terminal.warn(format_args!("skipped {}: {reason}", listed(&names)));
        }
    }
}

/// Names pairs that may have a directory in an unknown place.
fn note_missing_directories(found: &Prunable, context: &Context) {
    let names: Vec<_> = found.without_directory.iter().map(|name| format!("`{name}`")).collect();
    if !names.is_empty() {
        context.terminal.note(format_args!("found no key directory for {}", listed(&names)));
        let prune = ShellCommand::keypair("prune").word("--delete");
        context.hint(
            Hint::run(prune)
                .text(" with the XDG_RUNTIME_DIR that `exec` had, if it was another one"),
        );
    }
}

/// Returns the first names, and the number of the others.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MAX_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_SHOWN) {
        0 => shown,
        others => format!("{shown} and {others} more"),
    }
}

/// The progress of a deletion.
#[derive(Default)]
struct Report {
    terminal: Terminal,
    timestamps: TimestampFormat,
    members: Vec<Value>,
    /// The pairs that may still exist.
    left: HashSet<KeyPairId>,
    deleted: usize,
    failure: Option<Failure>,
}

impl Report {
    /// Records and prints the deletion of a directory. Returns its member of the response.
    fn folder(&mut self, folder: &StaleDirectory, removed: Result<(), FileError>) -> Value {
        let path = folder.path().display();
        match removed {
            Ok(()) => {
                let note = format!("deleted {path}: the directory of a killed `keypair exec`");
                self.terminal.note(note);
                folder_member(folder, State::Deleted)
            }
            Err(error) => {
                let failure =
                    Failure::from(OperationError::from(error)).during(Operation::DeleteKeyPair);
                self.terminal.warn(format_args!("cannot delete {path}: {}", failure.sentence()));
                let sentence = self.terminal.redacted(&failure.sentence());
                let member = folder_member(folder, State::Failed(&sentence));
                self.failure.get_or_insert(failure);
                member
            }
        }
    }

    /// Records the deletion of a pair. Returns its member of the response.
    fn pair(&mut self, candidate: &Candidate, outcome: PruneOutcome<'_>) -> Value {
        match outcome {
            PruneOutcome::Deleted => {
                self.left.remove(&candidate.pair.id);
                self.deleted += 1;
                pair_member(candidate, State::Deleted, self.timestamps)
            }
            PruneOutcome::Kept => {
                self.left.remove(&candidate.pair.id);
                pair_member(candidate, State::Kept, self.timestamps)
            }
            PruneOutcome::Failed(error) => {
                let failure = Failure::from(error).during(Operation::DeleteKeyPair);
                let sentence = self.terminal.redacted(&failure.sentence());
                let member = pair_member(candidate, State::Failed(&sentence), self.timestamps);
                let name = &candidate.pair.name;
                let failure = failure.hint(format!("the error is about `{name}`"));
                self.failure.get_or_insert(failure);
                member
            }
        }
    }

    fn print(&self, candidate: &Candidate, outcome: PruneOutcome<'_>) {
        let Candidate { pair, reasons } = candidate;
        let pair = format!("{} ({})", pair.name, pair.id);
        match outcome {
            PruneOutcome::Deleted => {
                let reasons: Vec<_> = reasons.iter().map(reason_text).collect();
                self.terminal.note(format_args!("deleted {pair}: {}", reasons.join(", ")));
            }
            PruneOutcome::Kept => self.terminal.note(format_args!("kept {pair}: it has changed")),
            PruneOutcome::Failed(error) => {
                let failure = Failure::from(error).during(Operation::DeleteKeyPair);
                self.terminal.warn(format_args!("cannot delete {pair}: {}", failure.sentence()));
            }
        }
    }
}

/// The state of a pair or of a directory in the response.
#[derive(Clone, Copy)]
enum State<'a> {
    Deleted,
    Kept,
    Failed(&'a str),
}

impl State<'_> {
    fn is_deleted(self) -> bool {
        matches!(self, Self::Deleted)
    }

    fn error(self) -> Option<(&'static str, Value)> {
        match self {
            Self::Failed(error) => Some(("Error", error.into())),
            Self::Deleted | Self::Kept => None,
        }
    }
}

/// Returns the response. Only stale directories add the member for directories.
fn response(pairs: Vec<Value>, folders: Vec<Value>) -> Value {
    let mut members = vec![("KeyPairs", pairs.into())];
    if !folders.is_empty() {
        members.push(("Folders", folders.into()));
    }
    Value::object(members)
}

fn folder_member(folder: &StaleDirectory, state: State<'_>) -> Value {
    let mut members =
        vec![("Path", response::path(folder.path())), ("Deleted", state.is_deleted().into())];
    members.extend(state.error());
    Value::object(members)
}

fn pair_member(candidate: &Candidate, state: State<'_>, timestamps: TimestampFormat) -> Value {
    let Candidate { pair, reasons } = candidate;
    let KeyPair { id, name, key_type: _, fingerprint, public_key: _, created, tags, location } =
        pair;
    let mut members: Vec<_> = location.iter().flat_map(location_members).collect();
    members.extend([("KeyPairId", id.as_str().into()), ("KeyName", name.as_str().into())]);
    let fingerprint = Some(fingerprint.as_str()).filter(|fingerprint| !fingerprint.is_empty());
    members.extend(fingerprint.map(|fingerprint| ("KeyFingerprint", fingerprint.into())));
    members.extend(created.map(|created| ("CreateTime", timestamps.create_time(created))));
    let expiry = Expiry::of(tags).map(|expiry| expiry.to_string());
    members.extend(expiry.map(|expiry| ("ExpiresAt", expiry.as_str().into())));
    members.extend(CreatedBy::of(tags).map(|owner| ("Owner", owned_by(&owner))));
    let reasons: Vec<Value> =
        reasons.iter().map(|reason| reason_text(reason).as_str().into()).collect();
    members.extend([("Reasons", reasons.into()), ("Deleted", state.is_deleted().into())]);
    members.extend(state.error());
    Value::object(members)
}

fn owned_by(owner: &CreatedBy) -> Value {
    let CreatedBy { host, process, run } = owner;
    let mut members = vec![("Host", host.as_str().into()), ("Process", i64::from(*process).into())];
    members.extend(run.as_ref().map(|run| ("Run", run.as_str().into())));
    Value::object(members)
}

fn reason_text(reason: &Reason) -> String {
    match reason {
        Reason::Abandoned => "its `exec` command was killed".into(),
        Reason::Expired(expiry) => format!("expired {expiry}"),
        Reason::OlderThan(span) => format!("older than {span}"),
        Reason::Named(pattern) => format!("name matches {}", pattern.as_str()),
        Reason::Unused => "unused".into(),
    }
}

const TITLE: &str = "Prune";

const UNUSED: &str = "\"unused\" means not referenced by any instance or by the default or latest version of a \
     launch template. Not checked: launch configurations of Auto Scaling, Spot requests, other versions \
     of launch templates, other regions and accounts, authorized_keys of running machines, and images";

/// The number of names in a warning.
const MAX_SHOWN: usize = 5;

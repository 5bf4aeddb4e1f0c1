//! `describe` and `describe-key-pairs`. The response may be larger than the memory.

use std::io::ErrorKind;

use clap::{ArgAction, Args};
use serde_json::Value as Json;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, suggest};
use crate::cli::input::{self, RequestError, shape};
use crate::cli::options::{CliInputArgs, DryRunArgs};
use crate::cli::output::{List, OutputFormat, Value};
use crate::cli::regions::{RegionsArgs, location_members};
use crate::cli::response;
use crate::cli::settings::Environment;
use crate::cli::timestamp::TimestampFormat;
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::describe::{DescribeRequest, describe};
use crate::regions::Policy;
use crate::registry::{Filter, KeyName, KeyPair, KeyPairId, Selection};

/// `describe`.
#[derive(Args, Debug)]
pub struct DescribeArgs {
    /// Key pairs to show [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    regions: RegionsArgs,
}

/// `describe-key-pairs`.
#[derive(Args, Debug)]
pub struct DescribeKeyPairsArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

/// The options of both spellings.
#[derive(Args, Debug)]
pub struct SelectionArgs {
    /// Names of the key pairs to show
    #[arg(long, value_name = "NAME", num_args = 0..)]
    key_names: Vec<String>,
    /// IDs of the key pairs to show
    #[arg(long, value_name = "ID", num_args = 0..)]
    key_pair_ids: Vec<String>,
    /// Filters: Name=key-name,Values=web-*,db-? or the same as JSON; the names are key-name,
    /// key-pair-id, fingerprint, tag-key and tag:KEY
    #[arg(long, value_name = "FILTER", num_args = 0..)]
    filters: Vec<String>,
    /// Include the public keys
    #[arg(long, overrides_with = "no_include_public_key")]
    include_public_key: bool,
    /// Omit the public keys
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_include_public_key: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair describe
  keypair describe web --include-public-key --query 'KeyPairs[0].PublicKey' --output text
  keypair describe --filters Name=tag:team,Values=ops --output table";

impl DescribeArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { names, selection, regions } = self;
        run(names, selection, Some(regions), context)
    }
}

impl DescribeKeyPairsArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { selection, cli_input: _ } = self;
        run(Vec::new(), selection, None, context)
    }
}

/// Prints the pairs as they are read, unless the response depends on all of them: a table is as wide
/// as its widest row, and `--query` selects from the whole response.
fn run(
    names: Vec<String>,
    selection: SelectionArgs,
    regions: Option<RegionsArgs>,
    context: &Context,
) -> Result<ExitStatus, Failure> {
    let request = request(names, selection, &context.environment);
    let request = request.map_err(|error| Failure::from(error).during(OPERATION))?;
    let is_whole =
        context.settings.query.is_some() || context.settings.output == OutputFormat::Table;
    if is_whole || context.is_regional(regions) || regions.is_some_and(|one| one.all_regions) {
        describe_whole(&request, regions, context)
    } else {
        describe_in_parts(&request, context)
    }
}

pub(super) fn request(
    names: Vec<String>,
    arguments: SelectionArgs,
    environment: &Environment,
) -> Result<DescribeRequest, RequestError> {
    let SelectionArgs {
        key_names,
        key_pair_ids,
        filters,
        include_public_key,
        no_include_public_key,
        dry_run,
    } = arguments;
    let key_names = input::texts("--key-names", key_names, environment)?;
    let names = names.into_iter().chain(key_names).map(KeyName::new);
    let ids = input::texts("--key-pair-ids", key_pair_ids, environment)?;
    Ok(DescribeRequest {
        selection: Selection {
            names: names.collect::<Result<_, _>>()?,
            ids: ids.into_iter().map(KeyPairId::new).collect(),
            filters: parse_filters(&filters, environment)?,
            include_public_key: include_public_key && !no_include_public_key,
        },
        dry_run: dry_run.is_on(),
    })
}

fn parse_filters(
    values: &[String],
    environment: &Environment,
) -> Result<Vec<Filter>, RequestError> {
    let mut filters = Vec::new();
    for structure in input::structures("--filters", shape::FILTERS, values, environment)? {
        let name = structure.get("Name").and_then(Json::as_str).ok_or(RequestError::FilterForm)?;
        let values = structure.get("Values").and_then(Json::as_array).into_iter().flatten();
        filters.push(Filter::new(name, values.filter_map(Json::as_str))?);
    }
    Ok(filters)
}

fn describe_whole(
    request: &DescribeRequest,
    regions: Option<RegionsArgs>,
    context: &Context,
) -> Result<ExitStatus, Failure> {
    let mut registry = context.registries(regions, Policy::default())?;
    let mut all = Vec::new();
    let mut keep = |pairs| {
        all.extend::<Vec<KeyPair>>(pairs);
        Ok(())
    };
    let outcome = context.while_waiting(|| describe(request, &mut *registry, &mut keep));
    let outcome = outcome.map_err(|error| {
        let failure = Failure::from(error).during(OPERATION);
        suggest(failure, &request.selection.names, &mut *registry)
    })?;
    if outcome == Outcome::Checked {
        return Ok(context.end(outcome, OPERATION));
    }
    let failures = context.failures(&mut *registry, OPERATION, regions);
    let timestamps = context.settings.timestamps;
    let pairs: Vec<_> = all.iter().map(|pair| member(pair, timestamps)).collect();
    let response = Value::object(vec![(KEY_PAIRS, pairs.into())]);
    let response = context.with_failures(response, &failures);
    context.respond(&response, OPERATION.name()).map_err(OperationError::Output)?;
    Ok(failures.status())
}

fn describe_in_parts(request: &DescribeRequest, context: &Context) -> Result<ExitStatus, Failure> {
    let mut registry = context.registry()?;
    let timestamps = context.settings.timestamps;
    let list = |first: &[KeyPair]| {
        let first = first.iter().map(|pair| member(pair, timestamps));
        List::new(KEY_PAIRS, first, context.settings.output, &context.style())
    };
    let mut begun = None;
    let mut spinner = Some(context.spinner());
    let mut respond = |pairs: Vec<KeyPair>| {
        if pairs.is_empty() {
            return Ok(());
        }
        // Output on a terminal, or in a pager, shows that work is going on.
        if !context.terminal.stdout_is_file() {
            spinner = None;
        }
        if begun.is_none() {
            begun = list(&pairs);
        }
        let Some(list) = &mut begun else { return Ok(()) };
        for pairs in pairs.chunks(PART) {
            let part = list.part(pairs.iter().map(|pair| member(pair, timestamps)));
            context.terminal.write(part.expose())?;
        }
        Ok(())
    };
    let outcome = describe(request, &mut *registry, &mut respond);
    drop(spinner);
    match outcome {
        Ok(Outcome::Checked) => Ok(context.end(Outcome::Checked, OPERATION)),
        Ok(Outcome::Done) => {
            let end = begun.or_else(|| list(&[])).map(List::end).unwrap_or_default();
            context.terminal.print(end.expose()).map_err(OperationError::Output)?;
            Ok(ExitStatus::Success)
        }
        Err(OperationError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
            Ok(ExitStatus::Success)
        }
        Err(error @ OperationError::Output(_)) => Err(error.into()),
        Err(error) => {
            let failure = Failure::from(error).during(OPERATION);
            Err(match begun {
                Some(_) => failure.hint("the printed list is incomplete"),
                None => suggest(failure, &request.selection.names, &mut *registry),
            })
        }
    }
}

const OPERATION: Operation = Operation::DescribeKeyPairs;

/// The number of pairs written at a time: about ten kilobytes, which a pipe takes at once and an
/// allocator returns without a system call.
const PART: usize = 100;

/// The only member of the response.
const KEY_PAIRS: &str = "KeyPairs";

fn member(pair: &KeyPair, timestamps: TimestampFormat) -> Value {
    let KeyPair { id, name, key_type: _, fingerprint, public_key, created, tags, location } = pair;
    let mut members: Vec<_> = location.iter().flat_map(location_members).collect();
    members.push(("KeyPairId", id.as_str().into()));
    members.extend(response::key_type(pair));
    members.push(("Tags", response::tag_list(tags)));
    members.extend(public_key.as_ref().map(|line| ("PublicKey", line.as_str().into())));
    members.extend(created.map(|created| ("CreateTime", timestamps.create_time(created))));
    members.extend([
        ("KeyName", name.as_str().into()),
        ("KeyFingerprint", fingerprint.as_str().into()),
    ]);
    Value::object(members)
}

//! `tag`, `untag`, `create-tags` and `delete-tags`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, suggest};
use crate::cli::input::{self, RequestError, tags};
use crate::cli::options::{CliInputArgs, DryRunArgs};
use crate::cli::output::Value;
use crate::cli::regions::{RegionsArgs, location_members};
use crate::cli::response;
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::tag::{TagRequest, Tagged, tag};
use crate::regions::Policy;
use crate::registry::{
    KeyName, KeyPair, KeyPairId, Reference, RegistryError, Selection, TagChange, TagSelector,
};

/// `tag`.
#[derive(Args, Debug)]
pub struct TagPairArgs {
    /// Key pair to tag
    #[arg(value_name = "NAME")]
    name: String,
    /// Tags to add; a tag with the same key gets the new value
    #[arg(value_name = "KEY=VALUE", required = true)]
    tags: Vec<String>,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    regions: RegionsArgs,
}

/// `untag`.
#[derive(Args, Debug)]
pub struct UntagArgs {
    /// Key pair to delete tags of
    #[arg(value_name = "NAME")]
    name: String,
    /// Keys of the tags to delete
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    regions: RegionsArgs,
}

/// `create-tags`.
#[derive(Args, Debug)]
pub struct CreateTagsArgs {
    /// IDs of the key pairs to tag
    #[arg(long, value_name = "ID", num_args = 0.., required = true)]
    resources: Vec<String>,
    /// Tags to add: Key=KEY,Value=VALUE, or JSON
    #[arg(long, value_name = "TAG", num_args = 0.., required = true)]
    tags: Vec<String>,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

/// `delete-tags`.
#[derive(Args, Debug)]
pub struct DeleteTagsArgs {
    /// IDs of the key pairs to delete tags of
    #[arg(long, value_name = "ID", num_args = 0.., required = true)]
    resources: Vec<String>,
    /// Tags to delete: Key=KEY or, for one value only, Key=KEY,Value=VALUE; or JSON [default: all]
    #[arg(long, value_name = "TAG", num_args = 1..)]
    tags: Vec<String>,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair tag web team=ops 'owner=Jane Doe'
  keypair tag web keypair:expires-at=2026-12-31T00:00:00Z     keypair prune deletes it then";

pub(super) const EXAMPLES_OF_UNTAG: &str = "\
Examples:
  keypair untag web team owner";

impl TagPairArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { name, tags, dry_run, regions } = self;
        let change = TagChange::Set(tags::of_words(&tags)?);
        let request = named(name, change, dry_run)?;
        run(&request, Some(regions), Operation::CreateTags, context)
    }
}

impl UntagArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { name, keys, dry_run, regions } = self;
        let selectors = keys.into_iter().map(|key| TagSelector::new(key, None));
        let change = TagChange::Delete(selectors.collect::<Result<_, _>>()?);
        let request = named(name, change, dry_run)?;
        run(&request, Some(regions), Operation::DeleteTags, context)
    }
}

impl CreateTagsArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { resources, tags, dry_run, cli_input: _ } = self;
        let operation = Operation::CreateTags;
        let resources = input::texts("--resources", resources, &context.environment)?;
        let tags = tags::of_structures(&tags, &context.environment);
        let tags = tags.map_err(|error| Failure::from(error).during(operation))?;
        // EC2 refuses it. Some servers with its interface accept it.
        if tags.as_slice().is_empty() && !context.is_ec2() {
            return Err(missing("tagSet").during(operation));
        }
        let request = numbered(resources, TagChange::Set(tags), dry_run, operation)?;
        run(&request, None, operation, context)
    }
}

impl DeleteTagsArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { resources, tags, dry_run, cli_input: _ } = self;
        let operation = Operation::DeleteTags;
        let resources = input::texts("--resources", resources, &context.environment)?;
        let selectors = tags::selectors(&tags, &context.environment);
        let selectors = selectors.map_err(|error| Failure::from(error).during(operation))?;
        let change = match selectors.is_empty() {
            true => TagChange::DeleteAll,
            false => TagChange::Delete(selectors),
        };
        let request = numbered(resources, change, dry_run, operation)?;
        run(&request, None, operation, context)
    }
}

fn named(name: String, change: TagChange, dry_run: DryRunArgs) -> Result<TagRequest, RequestError> {
    let references = vec![Reference::Name(KeyName::new(name)?)];
    Ok(TagRequest { references, change, dry_run: dry_run.is_on() })
}

/// Refuses resources of other kinds: this program changes nothing but key pairs.
fn numbered(
    resources: Vec<String>,
    change: TagChange,
    dry_run: DryRunArgs,
    operation: Operation,
) -> Result<TagRequest, Failure> {
    if resources.is_empty() {
        return Err(missing("resourceIdSet").during(operation));
    }
    if let Some(other) = resources.iter().find(|id| !id.starts_with("key-")) {
        let sentence = format!("cannot change the tags of `{other}`: not the ID of a key pair");
        return Err(
            Failure::usage(sentence).hint("run the AWS CLI by its full path for other resources")
        );
    }
    let references = resources.into_iter().map(KeyPairId::new).map(Reference::Id).collect();
    Ok(TagRequest { references, change, dry_run: dry_run.is_on() })
}

/// Refuses a request in EC2's words.
fn missing(parameter: &str) -> Failure {
    Failure::from(&RegistryError::Refused {
        code: "MissingParameter".to_owned(),
        message: format!("The request must contain the parameter {parameter}"),
        retries: 0,
    })
}

fn run(
    request: &TagRequest,
    regions: Option<RegionsArgs>,
    operation: Operation,
    context: &Context,
) -> Result<ExitStatus, Failure> {
    let mut registry = context.registries(regions, Policy::default())?;
    let tagged = context.while_waiting(|| tag(request, &mut *registry)).map_err(|error| {
        let failure = Failure::from(error).during(operation);
        suggest(failure, &Selection::of(&request.references).names, &mut *registry)
    })?;
    let Some(Tagged { pairs }) = tagged else {
        return Ok(context.end(Outcome::Checked, operation));
    };
    for pair in pairs.iter().filter(|pair| !request.change.is_made_in(&pair.tags)) {
        context.terminal.warn(format_args!(
            "the registry reports success, but shows other tags of `{}`",
            pair.name
        ));
    }
    let failures = context.failures(&mut *registry, operation, regions);
    let response = match &pairs[..] {
        pairs if context.is_regional(regions) => {
            let pairs: Vec<_> = pairs.iter().map(response).collect();
            context.with_failures(Value::object([("KeyPairs", pairs.into())]), &failures)
        }
        [pair] if regions.is_some() => response(pair),
        // The response of the AWS spelling has no members. A query of it has a result.
        _ => Value::from(serde_json::json!({})),
    };
    context.respond(&response, operation.name()).map_err(OperationError::OutputAfterChange)?;
    Ok(failures.status())
}

fn response(pair: &KeyPair) -> Value {
    let mut members: Vec<_> = pair.location.iter().flat_map(location_members).collect();
    members.extend([
        ("KeyPairId", pair.id.as_str().into()),
        ("KeyName", pair.name.as_str().into()),
        ("Tags", response::tag_list(&pair.tags)),
    ]);
    Value::object(members)
}

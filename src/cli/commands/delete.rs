//! `delete` and `delete-key-pair`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, delete_parameter, suggest};
use crate::cli::input;
use crate::cli::input::passphrase::Openers;
use crate::cli::options::{CliInputArgs, DryRunArgs, PassphraseArgs};
use crate::cli::output::Value;
use crate::cli::regions::{RegionsArgs, location_members};
use crate::cli::response::{self, Dialect};
use crate::cli::settings::Environment;
use crate::file;
use crate::format::{self, FormatError};
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::delete::{DeleteRequest, Deleted, IfMissing, delete};
use crate::regions::Policy;
use crate::registry::{KeyName, KeyPair, KeyPairId, Reference, Selection};

/// `delete`.
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Key pairs to delete: all of them, or none if one is not registered
    #[arg(value_name = "NAME", required_unless_present_any = ["key_names", "key_pair_ids"])]
    names: Vec<String>,
    /// Name of the key pair, in the AWS CLI's spelling
    #[arg(long = "key-name", value_name = "NAME", hide = true)]
    key_names: Vec<String>,
    /// ID of a key pair to delete; may be repeated
    #[arg(long = "key-pair-id", value_name = "ID")]
    key_pair_ids: Vec<String>,
    /// Also delete this file if it is the private key of the pair
    #[arg(long, value_name = "PATH")]
    private_key_file: Option<PathBuf>,
    /// Also delete the parameter with the private key of the pair
    #[arg(long)]
    stored: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    regions: RegionsArgs,
}

/// `delete-key-pair`.
#[derive(Args, Debug)]
pub struct DeleteKeyPairArgs {
    /// Name of the key pair
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
    /// ID of the key pair
    #[arg(long, value_name = "ID")]
    key_pair_id: Option<String>,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair delete web
  keypair delete web --private-key-file web.pem      the registration and the private key
  keypair delete web --registry ec2 --stored         and the private key in Parameter Store";

impl DeleteArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let regions = Some(self.regions);
        if self.stored && context.is_regional(regions) {
            return Err(Failure::usage("`--stored` takes one region"));
        }
        run(&self.request(context)?, Dialect::Native, regions, context)
    }

    fn request(self, context: &mut Context) -> Result<DeleteRequest, Failure> {
        let Self {
            names,
            key_names,
            key_pair_ids,
            private_key_file,
            stored,
            passphrase,
            dry_run,
            regions: _,
        } = self;
        let mut references = Vec::new();
        for name in names.into_iter().chain(key_names) {
            references.push(Reference::Name(KeyName::new(name)?));
        }
        references.extend(key_pair_ids.into_iter().map(|id| Reference::Id(KeyPairId::new(id))));
        if stored && references.len() > 1 {
            return Err(Failure::usage("`--stored` deletes one key pair at a time"));
        }
        if private_key_file.is_some() && references.len() > 1 {
            let pairs = references.len();
            return Err(Failure::usage(format!(
                "invalid value for --private-key-file: one file cannot belong to {pairs} key pairs"
            )));
        }
        Ok(DeleteRequest {
            references,
            if_missing: IfMissing::Fail,
            passphrase: match &private_key_file {
                Some(path) => {
                    if !dry_run.is_on() {
                        context.recover_files(path);
                    }
                    let material = file::read_regular(path, format::MAX_BYTES)?;
                    let origin = path.display().to_string();
                    let openers =
                        Openers::read(&passphrase, &mut context.environment, context.terminal)?;
                    openers.of_public(&material, &origin)?
                }
                None if stored => {
                    let openers =
                        Openers::read(&passphrase, &mut context.environment, context.terminal)?;
                    openers.given()
                }
                None => None,
            },
            private_key_file,
            stored,
            dry_run: dry_run.is_on(),
        })
    }
}

impl DeleteKeyPairArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        run(&self.request(&context.environment)?, Dialect::Aws, None, context)
    }

    fn request(self, environment: &Environment) -> Result<DeleteRequest, Failure> {
        let Self { key_name, key_pair_id, dry_run, cli_input: _ } = self;
        let reference = match (key_name, key_pair_id) {
            (None, Some(id)) => {
                Reference::Id(KeyPairId::new(input::text("--key-pair-id", &id, environment)?))
            }
            (Some(name), None) => {
                Reference::Name(KeyName::new(input::text("--key-name", &name, environment)?)?)
            }
            (Some(_), Some(_)) => {
                let sentence = "`--key-name` and `--key-pair-id` may belong to different pairs";
                return Err(Failure::usage(sentence).hint("pass one of them"));
            }
            (None, None) => {
                let sentence = "the following arguments are required: --key-name or --key-pair-id";
                return Err(Failure::usage(sentence));
            }
        };
        Ok(DeleteRequest {
            references: vec![reference],
            if_missing: IfMissing::Ignore,
            private_key_file: None,
            stored: false,
            passphrase: None,
            dry_run: dry_run.is_on(),
        })
    }
}

fn run(
    request: &DeleteRequest,
    dialect: Dialect,
    regions: Option<RegionsArgs>,
    context: &Context,
) -> Result<ExitStatus, Failure> {
    let operation = Operation::DeleteKeyPair;
    let mut registry = context.registries(regions, Policy::default())?;
    let deleted = context.while_waiting(|| delete(request, &mut *registry)).map_err(|error| {
        let failure = Failure::from(&error).during(operation);
        let failure = match &error {
            OperationError::NotAKey { source: FormatError::PassphraseNeeded, .. } => failure
                .hint("pass `--passphrase-file PATH` or set KEYPAIR_PASSPHRASE to decrypt it"),
            _ => failure,
        };
        suggest(failure, &Selection::of(&request.references).names, &mut *registry)
    })?;
    if request.dry_run {
        return Ok(context.end(Outcome::Checked, operation));
    }
    context.warn_of_recovered_files(&deleted.recovered);
    if let Some((parameter, refusal)) = &deleted.left {
        let refusal = Failure::from(refusal).during(Operation::DeleteParameter).sentence();
        context.terminal.warn(format_args!("{parameter} was not deleted: {refusal}"));
        context.hint(delete_parameter(parameter));
    }
    let failures = context.failures(&mut *registry, operation, regions);
    let response = context.with_failures(response(&deleted, dialect), &failures);
    context.respond(&response, operation.name()).map_err(OperationError::OutputAfterChange)?;
    Ok(failures.status())
}

fn response(deleted: &Deleted, dialect: Dialect) -> Value {
    let Deleted { pairs, id, private_key_file, parameter, left: _, recovered: _ } = deleted;
    let mut members = vec![("Return", true.into())];
    match dialect {
        Dialect::Aws => {
            members.extend(id.as_ref().map(|id| ("KeyPairId", id.as_str().into())));
        }
        Dialect::Native => members.push(("KeyPairs", deleted_pairs(pairs))),
    }
    members
        .extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", response::path(path))));
    members.extend(parameter.as_ref().map(|name| ("Parameter", name.as_str().into())));
    Value::object(members)
}

fn deleted_pairs(pairs: &[KeyPair]) -> Value {
    let pair = |pair: &KeyPair| {
        let mut members: Vec<_> = pair.location.iter().flat_map(location_members).collect();
        members.extend([
            ("KeyPairId", pair.id.as_str().into()),
            ("KeyName", pair.name.as_str().into()),
            ("KeyFingerprint", pair.fingerprint.as_str().into()),
        ]);
        Value::object(members)
    };
    pairs.iter().map(pair).collect::<Vec<_>>().into()
}

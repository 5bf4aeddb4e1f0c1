//! `create --count`.

use std::path::PathBuf;
use std::thread;

use rand::CryptoRng;

use super::arguments::{CreateArgs, GenerateArg};
use super::response::{TITLE, list, responses};
use super::shared::{NewKey, destination, note_windows};
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input::{self, tags};
use crate::file::FileError;
use crate::operations::create::{CreateManyRequest, Created, create_many};
use crate::operations::{Destination, OperationError};
use crate::registry::KeyName;

/// Makes the pairs. The response lists the pairs that were made even if others could not be.
pub fn run(
    arguments: CreateArgs,
    count: u32,
    context: &mut Context,
) -> Result<ExitStatus, Failure> {
    let mut random = context.random()?;
    let CreateArgs { regions, keep_going, .. } = arguments;
    let request = request(arguments, count, &mut *random, context)?;
    let context = &*context;
    note_windows(request.specification, context);
    let streams = context.streams();
    let mut progress = context.terminal.progress(request.names.len());
    let mut all = Vec::new();
    let mut respond = |created: &[Created]| {
        for created in created {
            context.warn_if_unconfirmed(created.is_confirmed, &created.pair.name);
            context.warn_of_missing_tags(&request.tags, &created.pair);
            context.warn_of_recovered_files(&created.recovered);
        }
        let pairs = created.iter().flat_map(responses);
        if streams {
            return context.respond(&list(pairs.collect()), TITLE);
        }
        all.extend(pairs);
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let randoms = (0..threads.min(request.names.len())).map(|_| context.random());
    let randoms = randoms.collect::<Result<Vec<_>, _>>()?;
    let mut registry = context.registries(Some(regions), keep_going.policy())?;
    let outcome =
        create_many(&request, &mut *registry, randoms, &mut || progress.advance(), &mut respond);
    drop(progress);
    if let Ok(outcome) = outcome
        && request.dry_run
    {
        return Ok(context.finish(outcome));
    }
    if !streams && (outcome.is_ok() || !all.is_empty()) {
        let made = all.len();
        context
            .respond(&list(all), TITLE)
            .map_err(|error| Failure::from(OperationError::OutputAfterChange(error)))
            .map_err(|failure| failure.hint(format!("{made} pairs are registered")))?;
    }
    let outcome = outcome.map_err(|error| {
        let failure = Failure::from(&error).during(context.registration());
        match &error {
            OperationError::File(FileError::Exists { .. }) => {
                failure.only_hint("choose another name, or pass `--out` with another directory")
            }
            OperationError::UnsafeFileName { .. } => {
                failure.only_hint("choose another name: the files are named after the pairs")
            }
            _ => failure,
        }
    })?;
    Ok(context.finish(outcome))
}

/// Returns the request, with names that end in numbers of the same width.
fn request(
    arguments: CreateArgs,
    count: u32,
    random: &mut impl CryptoRng,
    context: &mut Context,
) -> Result<CreateManyRequest, Failure> {
    let CreateArgs {
        name,
        key_name,
        count: _,
        key_type,
        bits,
        generate,
        format,
        ppk_version,
        out,
        public_out: _,
        store: _,
        kms_key_id: _,
        comment,
        tags,
        lifetime,
        agent: _,
        encryption,
        force: _,
        if_not_exists: _,
        mask: _,
        dry_run,
        regions: _,
        keep_going: _,
    } = arguments;
    if !(1..=MAX_PAIRS).contains(&count) {
        return Err(Failure::usage(format!(
            "invalid value for --count: expected 1 to {MAX_PAIRS}, found {count}"
        )));
    }
    if generate == GenerateArg::Ec2 {
        return Err(Failure::usage("invalid value for --generate: EC2 makes keys one at a time")
            .hint("omit `--generate ec2`"));
    }
    let folder = match destination(out, None)? {
        Destination::Agent | Destination::Response => {
            return Err(Failure::usage(
                "invalid value for --out: `--count` writes one file per private key",
            )
            .hint("pass their directory with `--out`"));
        }
        Destination::File(folder) => folder,
        Destination::NamedFile => PathBuf::new(),
    };
    let prefix = match name.or(key_name) {
        Some(prefix) => KeyName::new(prefix)?,
        None => KeyName::random(random),
    };
    let width = count.to_string().len();
    let name = |number: u32| KeyName::new(format!("{prefix}-{number:0width$}"));
    let key = NewKey::read((key_type, bits), (format, ppk_version), true, encryption, context)?;
    Ok(CreateManyRequest {
        names: (1..=count).map(name).collect::<Result<_, _>>()?,
        specification: key.specification,
        search: context.environment.prime_search()?,
        format: key.format,
        passphrase: key.passphrase,
        cost: key.cost,
        comment: input::comment(comment)?,
        directory: folder,
        tags: tags::until(&tags, &lifetime, &context.environment)?,
        dry_run: dry_run.is_on(),
    })
}

/// Twenty times EC2's quota for a region.
const MAX_PAIRS: u32 = 100_000;

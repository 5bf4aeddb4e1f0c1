//! `create --if-not-exists`.

use std::path::Path;

use super::arguments::{CreateArgs, GenerateArg};
use super::one;
use super::response::{TITLE, response};
use super::shared::{note_windows, recover_files, while_creating};
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Hint};
use crate::cli::input;
use crate::cli::options::TypeArg;
use crate::cli::response::{Dialect, with_changed};
use crate::cli::shell::{self, ShellCommand};
use crate::file::{self, FileError};
use crate::key::KeyType;
use crate::operations::OperationError;
use crate::operations::create::{CreateIfNotExistsRequest, Created, create_if_not_exists};

pub fn run(arguments: CreateArgs, context: &mut Context) -> Result<ExitStatus, Failure> {
    let CreateArgs { regions, keep_going, .. } = arguments;
    let request = request(arguments, context)?;
    let context = &*context;
    let CreateIfNotExistsRequest { pair: wanted, .. } = &request;
    let mut respond = |created: &Created, is_new: bool| {
        if is_new {
            context.warn_if_unconfirmed(created.is_confirmed, &created.pair.name);
            context.warn_of_missing_tags(&wanted.tags, &created.pair);
            context.warn_of_recovered_files(&created.recovered);
            note_windows(wanted.specification, context);
        } else {
            context.note_unchanged_tags(&wanted.tags, &created.pair);
            warn_if_readable(created.private_key_file.as_deref(), context);
        }
        context.respond(&with_changed(response(created, Dialect::Native), is_new), TITLE)
    };
    recover_files(wanted, context);
    let mut random = context.random()?;
    let mut registry = context.registries(Some(regions), keep_going.policy())?;
    let work = || create_if_not_exists(&request, &mut *registry, &mut random, &mut respond);
    let outcome = while_creating(wanted.specification, context, work).map_err(|error| {
        let failure = Failure::from(&error).during(context.registration());
        match &error {
            OperationError::File(FileError::Exists { .. }) => {
                failure.only_hint("pass `--out PATH` to choose another path")
            }
            _ => failure,
        }
    })?;
    Ok(context.finish(outcome))
}

fn request(
    arguments: CreateArgs,
    context: &mut Context,
) -> Result<CreateIfNotExistsRequest, Failure> {
    let CreateArgs { name, key_name, key_type, bits, generate, out, .. } = &arguments;
    if name.is_none() && key_name.is_none() {
        return Err(Failure::usage(
            "`--if-not-exists` requires NAME: without it, the pair is always new",
        ));
    }
    if out.as_deref().is_some_and(input::is_standard_output) {
        return Err(Failure::usage(
            "`--if-not-exists` cannot be used with `--out -`: a later run cannot find a key that went to stdout",
        )
        .hint("pass `--out PATH` to keep it in a file"));
    }
    if context.is_regional(Some(arguments.regions)) {
        return Err(Failure::usage("`create --if-not-exists` takes one region").hint(
            Hint::run(ShellCommand::keypair("import").syntax("NAME FILE --if-not-exists"))
                .text(" to register the public key elsewhere"),
        ));
    }
    if *generate == GenerateArg::Ec2 {
        return Err(Failure::usage(
            "`--if-not-exists` cannot be used with `--generate ec2`: EC2 registers a pair before its private key is in a file",
        ));
    }
    // A default does not restrict an existing pair.
    let key_type = key_type.map(|key_type| match key_type {
        TypeArg::Ed25519 => KeyType::Ed25519,
        TypeArg::Rsa => KeyType::Rsa,
    });
    let bits = *bits;
    let pair = one::request(arguments, context)?;
    Ok(CreateIfNotExistsRequest { pair, key_type, bits })
}

/// Warns if others can read the private key file of an existing pair.
fn warn_if_readable(private_key_file: Option<&Path>, context: &Context) {
    if let Some(path) = private_key_file.filter(|path| file::is_readable_by_others(path)) {
        context.terminal.warn(format_args!("others can read {}", path.display()));
        context.hint(Hint::run(shell::allow_owner_to_read(path)).text(" to leave it to you only"));
    }
}

//! Makes one key pair, as `create` and `create-key-pair`.

use std::io;

use super::arguments::{CreateArgs, CreateKeyPairArgs, GenerateArg};
use super::response::{TITLE, list, response, responses, sample};
use super::shared::{NewKey, destination, note_windows, recover_files, while_creating};
use crate::cli::commands::store::{STORED_ENCRYPTED, key_id};
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Hint, Operation};
use crate::cli::input::{self, RequestError, tags};
use crate::cli::options::{AgentArgs, FormatArg, LifetimeArgs, MaskArgs, TypeArg};
use crate::cli::regions::RegionsArgs;
use crate::cli::response::Dialect;
use crate::cli::settings::Environment;
use crate::cli::shell::ShellCommand;
use crate::file::Existing;
use crate::format::CostOptions;
use crate::operations::create::{AgentRequest, CreateRequest, Created, Generator, Storage, create};
use crate::operations::{Destination, OperationError};
use crate::regions::Policy;
use crate::registry::{KeyName, ParameterName, Tags};

pub fn run(arguments: CreateArgs, context: &mut Context) -> Result<ExitStatus, Failure> {
    let CreateArgs { mask, regions, keep_going, generate, .. } = arguments;
    if generate == GenerateArg::Ec2 && context.is_regional(Some(regions)) {
        let sentence = "`--generate ec2` takes one region: EC2 makes a key for one region only";
        return Err(Failure::usage(sentence).hint("omit `--generate ec2`"));
    }
    if arguments.store.is_some() && context.is_regional(Some(regions)) {
        let sentence = "`--store` takes one region: Parameter Store keeps a key in one region";
        return Err(Failure::usage(sentence).hint("omit `--store`, or pass one region"));
    }
    let request = request(arguments, context)?;
    if request.destination == Destination::Response && !request.dry_run {
        context.check_stdout()?;
    }
    let target = (Some(regions), keep_going.policy());
    run_request(&request, mask, Dialect::Native, target, context)
}

impl CreateKeyPairArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let mask = self.mask;
        let request = self.request(context);
        let operation = Operation::CreateKeyPair;
        let request = request.map_err(|failure| failure.during(operation))?;
        if !request.dry_run {
            let (sample, key) = sample(&request);
            let checked = context.check_output(&sample, &key);
            let checked = checked.map_err(|refused| Failure::of_query(&refused, hint()));
            let checked = checked.and_then(|()| context.check_stdout());
            checked.map_err(|failure| unless_taken(failure, &request, context))?;
        }
        run_request(&request, mask, Dialect::Aws, (None, Policy::default()), context)
    }

    fn request(self, context: &Context) -> Result<CreateRequest, Failure> {
        let CreateKeyPairArgs {
            key_name,
            key_type,
            key_format,
            generate,
            no_passphrase,
            tags,
            mask: _,
            dry_run,
            cli_input: _,
        } = self;
        if context.environment.has_passphrase() && !no_passphrase {
            return Err(Failure::usage(
                "KEYPAIR_PASSPHRASE is set, but `create-key-pair` returns the private key without encryption",
            )
            .hint(
                Hint::from("use ")
                    .command(ShellCommand::keypair("create"))
                    .text(" to encrypt it, or pass `--no-passphrase` to accept that"),
            ));
        }
        let generator = match (generate, key_format) {
            (Some(GenerateArg::Ec2), _) if !context.is_ec2() => {
                return Err(needs_ec2());
            }
            (Some(GenerateArg::Here), _) => Generator::Here,
            (None, _) if !context.is_ec2() => Generator::Here,
            (_, FormatArg::Pem | FormatArg::Ppk) => {
                Generator::RegistryVerbatim { names_type: key_type.is_some() }
            }
            // EC2 does not write these formats.
            (_, FormatArg::Openssh | FormatArg::Pkcs8) => Generator::Registry,
        };
        Ok(CreateRequest {
            name: Some(KeyName::new(input::text("--key-name", &key_name, &context.environment)?)?),
            specification: input::specification(key_type.unwrap_or(TypeArg::Rsa), None)?,
            search: context.environment.prime_search()?,
            generator,
            format: input::private_format(key_format, None)?,
            passphrase: None,
            cost: CostOptions::default(),
            comment: None,
            destination: Destination::Response,
            agent: None,
            public_out: None,
            existing: Existing::Keep,
            store: None,
            tags: tags::tags(&tags, &context.environment)?,
            dry_run: dry_run.is_on(),
        })
    }
}

/// Replaces the refusal of an output by EC2's error for an existing pair, which scripts expect.
fn unless_taken(failure: Failure, request: &CreateRequest, context: &Context) -> Failure {
    let Some(name) = &request.name else { return failure };
    let Ok(mut registry) = context.connect() else { return failure };
    match registry.check_available(name) {
        Err(error) if error.is_duplicate() => {
            Failure::from(OperationError::from(error)).during(Operation::CreateKeyPair)
        }
        _ => failure,
    }
}

pub fn request(arguments: CreateArgs, context: &mut Context) -> Result<CreateRequest, Failure> {
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
        public_out,
        store,
        kms_key_id,
        comment,
        tags,
        lifetime,
        agent,
        encryption,
        force,
        if_not_exists: _,
        mask: _,
        dry_run,
        regions: _,
        keep_going: _,
    } = arguments;
    let agent = agent_request(agent, &lifetime, &context.environment)?;
    let tags = tags::until(&tags, &lifetime, &context.environment)?;
    let keeps_file = out.as_deref().is_none_or(|out| out.as_os_str() != "none");
    let (store, tags) = storage(store, kms_key_id, keeps_file, tags)?;
    let destination = match &store {
        // The file is temporary.
        Some(_) if !keeps_file => Destination::NamedFile,
        _ => destination(out, agent.as_ref())?,
    };
    if store.is_some() && destination == Destination::Response {
        return Err(Failure::usage("`--store` cannot be used with `--out -`").hint(
            Hint::from("pass `--out none`, and run ")
                .command(ShellCommand::keypair("fetch").word("NAME").option("--out", "-")),
        ));
    }
    let has_file = destination != Destination::Agent;
    let is_encryption_asked = encryption.passphrase
        || encryption.passphrase_file.is_some()
        || encryption.cost.options() != CostOptions::default();
    if !has_file && is_encryption_asked {
        return Err(Failure::usage("cannot encrypt the private key: it is not written to a file")
            .hint("omit the passphrase options"));
    }
    let passphrase_file = encryption.passphrase_file.clone();
    let key = NewKey::read((key_type, bits), (format, ppk_version), has_file, encryption, context)?;
    if public_out.as_deref().is_some_and(input::is_standard_output) {
        let describe = ShellCommand::keypair("describe").word("NAME");
        let describe = describe.word("--include-public-key");
        return Err(Failure::usage(
            "invalid value for --public-out: cannot write the public key to stdout",
        )
        .hint(Hint::run(describe).text(" to print it")));
    }
    let generator = match generate {
        GenerateArg::Here => Generator::Here,
        GenerateArg::Ec2 => {
            if !context.is_ec2() {
                return Err(needs_ec2());
            }
            if let Some(bits) = bits.filter(|bits| *bits != EC2_RSA_BITS) {
                return Err(Failure::usage(format!(
                    "invalid value for --bits: EC2 makes RSA keys of 2048 bits only, not {bits}"
                ))
                .hint("omit `--generate ec2` to make it on this machine"));
            }
            if store.is_some() {
                return Err(Failure::usage("`--store` cannot be used with `--generate ec2`"));
            }
            Generator::Registry
        }
    };
    let private = match &destination {
        Destination::File(path) => Some(path),
        Destination::Agent | Destination::Response | Destination::NamedFile => None,
    };
    private
        .into_iter()
        .chain(&public_out)
        .try_for_each(|path| context.check_output_file(path, &passphrase_file))?;
    Ok(CreateRequest {
        name: name.or(key_name).map(KeyName::new).transpose()?,
        specification: key.specification,
        search: context.environment.prime_search()?,
        generator,
        format: key.format,
        passphrase: key.passphrase,
        cost: key.cost,
        comment: input::comment(comment)?,
        destination,
        agent,
        public_out,
        existing: if force { Existing::Replace } else { Existing::Keep },
        store,
        tags,
        dry_run: dry_run.is_on(),
    })
}

/// Returns the request to store the private key, and the tags of the pair with the name of the
/// parameter, if it is not the usual one.
fn storage(
    store: Option<String>,
    kms_key_id: Option<String>,
    keeps_file: bool,
    tags: Tags,
) -> Result<(Option<Storage>, Tags), Failure> {
    let Some(store) = store else { return Ok((None, tags)) };
    let key_id = key_id(kms_key_id)?;
    let name = |name: &str| {
        let invalid = |error| Failure::usage(format!("invalid value for --store: {error}"));
        ParameterName::new(name).map_err(invalid)
    };
    let tagged = tags.as_slice().iter().find(|tag| tag.key() == ParameterName::TAG);
    let (parameter, tags) = match (store.as_str(), tagged) {
        ("ssm", None) => (None, tags),
        ("ssm", Some(tag)) => (Some(name(tag.value())?), tags),
        (store, _) => {
            let parameter = name(store.strip_prefix("ssm:").ok_or_else(|| {
                Failure::usage("invalid value for --store: expected ssm or ssm:NAME")
            })?)?;
            let mut all = tags.as_slice().to_vec();
            all.push(parameter.tag());
            (Some(parameter), Tags::new(all)?)
        }
    };
    Ok((Some(Storage { parameter, key_id, keeps_file }), tags))
}

/// Returns the request for the agent, if there is one. The default lifetime is that of the pair.
fn agent_request(
    arguments: AgentArgs,
    pair: &LifetimeArgs,
    environment: &Environment,
) -> Result<Option<AgentRequest>, RequestError> {
    let AgentArgs { add_to_agent, confirm } = arguments;
    let Some(lifetime) = add_to_agent else {
        return Ok(None);
    };
    let lifetime = match lifetime {
        Some(span) => Some(tags::span_of("--add-to-agent", &span)?),
        None => tags::lifetime(pair)?,
    };
    let socket = environment.agent_socket().ok_or(RequestError::NoAgent)?;
    Ok(Some(AgentRequest { socket, lifetime, confirm }))
}

fn run_request(
    request: &CreateRequest,
    mask: MaskArgs,
    dialect: Dialect,
    (regions, policy): (Option<RegionsArgs>, Policy),
    context: &Context,
) -> Result<ExitStatus, Failure> {
    // With several regions the response names those that failed, too.
    let mut in_regions = Vec::new();
    let mut respond = |created: &Created| {
        context.warn_if_unconfirmed(created.is_confirmed, &created.pair.name);
        context.warn_of_missing_tags(&request.tags, &created.pair);
        context.warn_of_recovered_files(&created.recovered);
        if created.parameter.is_some() && request.passphrase.is_some() {
            context.terminal.note(STORED_ENCRYPTED);
        }
        match (&created.private_key, dialect) {
            (None, _) if context.is_regional(regions) => {
                in_regions = responses(created);
                Ok(())
            }
            (None, _) => context.respond(&response(created, dialect), TITLE),
            (Some(key), Dialect::Native) => context.print_secret(key, mask),
            (Some(key), Dialect::Aws) => {
                let response = response(created, dialect);
                context.check_output(&response, key).map_err(io::Error::other)?;
                context.respond_with_key(Some(key), mask, &response, TITLE)
            }
        }
    };
    recover_files(request, context);
    note_windows(request.specification, context);
    let mut random = context.random()?;
    let mut registry = context.registries(regions, policy)?;
    let work = || create(request, &mut *registry, &mut random, &mut respond);
    let outcome = while_creating(request.specification, context, work).map_err(|error| {
        if let OperationError::OutcomeUnknown { kept, .. } = &error
            && let Some(private_key) = &kept.private_key
        {
            // The pair may be registered, and this is the only copy of its private key.
            context.print_secret(private_key, mask).ok();
        }
        Failure::from(error).during(match request.generator {
            Generator::Here => context.registration(),
            Generator::Registry | Generator::RegistryVerbatim { .. } => Operation::CreateKeyPair,
        })
    })?;
    let failures = context.failures(&mut *registry, context.registration(), regions);
    if !in_regions.is_empty() {
        let response = context.with_failures(list(in_regions), &failures);
        context.respond(&response, TITLE).map_err(OperationError::OutputAfterChange)?;
    }
    match failures.is_empty() {
        true => Ok(context.end(outcome, Operation::CreateKeyPair)),
        false => Ok(failures.status()),
    }
}

fn needs_ec2() -> Failure {
    Failure::usage("invalid value for --generate: EC2 makes keys only with `--registry ec2`")
        .hint("pass `--registry ec2`, or omit `--generate ec2`")
}

fn hint() -> Hint {
    Hint::from("pass `--query KeyMaterial --output text` to print the private key, or run ")
        .command(ShellCommand::keypair("create").word("NAME"))
        .text(", which writes it to a file and accepts any query")
}

/// The length of the RSA keys that EC2 makes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>).
const EC2_RSA_BITS: u32 = 2048;

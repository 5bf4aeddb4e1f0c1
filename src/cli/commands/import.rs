//! `import` and `import-key-pair`.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, of_weakness};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError, tags};
use crate::cli::options::{CliInputArgs, DryRunArgs, LifetimeArgs, PassphraseArgs, TagArgs};
use crate::cli::output::Value;
use crate::cli::regions::{KeepGoingArgs, RegionsArgs, location_members};
use crate::cli::response::{self, Dialect};
use crate::cli::settings::Environment;
use crate::file;
use crate::format;
use crate::key::PublicKey;
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::import::{ImportRequest, import};
use crate::regions::Policy;
use crate::registry::{KeyName, KeyPair, Registered};
use crate::secret::Secret;

/// `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Name of the key pair
    #[arg(value_name = "NAME", required_unless_present = "key_name")]
    name: Option<String>,
    /// File with a public or private key in any format; - reads stdin
    #[arg(value_name = "FILE", required_unless_present_any = ["key_name", "public_key_material"])]
    file: Option<PathBuf>,
    /// Name of the key pair, in the AWS CLI's spelling
    #[arg(long, value_name = "NAME", hide = true)]
    key_name: Option<String>,
    /// Key in the AWS CLI's syntax: fileb://PATH, file://PATH, base64 or the text itself
    #[arg(long, value_name = "VALUE", conflicts_with = "file")]
    #[arg(allow_hyphen_values = true, value_parser = key_material)]
    public_key_material: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    tags: TagArgs,
    #[command(flatten)]
    lifetime: LifetimeArgs,
    /// Succeed if the same key is already registered under the name; fail if it is another key
    #[arg(long)]
    if_not_exists: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    regions: RegionsArgs,
    #[command(flatten)]
    keep_going: KeepGoingArgs,
}

/// `import-key-pair`.
#[derive(Args, Debug)]
pub struct ImportKeyPairArgs {
    /// Name of the key pair
    #[arg(long, value_name = "NAME")]
    key_name: String,
    /// Key: fileb://PATH, file://PATH, base64 or the text itself
    #[arg(long, value_name = "VALUE")]
    #[arg(allow_hyphen_values = true, value_parser = key_material)]
    public_key_material: String,
    #[command(flatten)]
    tags: TagArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

/// Accepts text that begins with dashes, as PEM and RFC 4716 do. Without white space it is an option.
fn key_material(value: &str) -> Result<String, &'static str> {
    if value.starts_with("--") && !value.contains(char::is_whitespace) {
        return Err("this looks like an option");
    }
    Ok(value.to_owned())
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair import laptop ~/.ssh/id_ed25519.pub
  keypair import windows-team team.ppk               only the public half is used
  curl -s https://github.com/NAME.keys | head -n 1 | keypair import NAME -";

impl ImportArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let (regions, keep_going) = (self.regions, self.keep_going.keep_going);
        let request = self.request(context);
        let request = request.map_err(|failure| failure.during(OPERATION))?;
        if context.is_regional(Some(regions)) {
            // Each region is compared.
            let policy = Policy { keep_going, accept_existing: request.if_not_exists };
            let request = ImportRequest { if_not_exists: false, ..request };
            return run(&request, Dialect::Native, Some(regions), policy, context);
        }
        let policy = Policy { keep_going, ..Policy::default() };
        run(&request, Dialect::Native, Some(regions), policy, context)
    }

    fn request(self, context: &mut Context) -> Result<ImportRequest, Failure> {
        let Self {
            name,
            file,
            key_name,
            public_key_material,
            passphrase,
            tags,
            lifetime,
            if_not_exists,
            dry_run,
            regions: _,
            keep_going: _,
        } = self;
        let (name, file) = match (name, file, key_name) {
            // With `--key-name`, the only word is the file.
            (Some(file), None, Some(name)) => (name, Some(PathBuf::from(file))),
            (Some(_), Some(_), Some(_)) => {
                return Err(Failure::usage("two names for one key pair"));
            }
            (name, file, key_name) => (name.or(key_name).unwrap_or_default(), file),
        };
        let name = KeyName::new(name)?;
        let tags = tags::until(&tags, &lifetime, &context.environment)?;
        let origin = origin(file.as_deref(), public_key_material.as_deref(), &context.environment);
        input::check_stdin([file.as_ref(), passphrase.passphrase_file.as_ref()])?;
        let material = match (file, public_key_material) {
            (Some(path), _) => input::contents(&path, context.terminal)?,
            (None, Some(value)) => material(value, &context.environment)?,
            (None, None) => {
                return Err(Failure::usage("missing key: pass FILE or `--public-key-material`"));
            }
        };
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let passphrase = openers.of_public(&material, &origin)?;
        Ok(ImportRequest {
            name,
            origin,
            material,
            passphrase,
            tags,
            sends_comment: false,
            if_not_exists,
            dry_run: dry_run.is_on(),
        })
    }
}

impl ImportKeyPairArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let request = self.request(&mut context.environment);
        let request = request.map_err(|failure| failure.during(OPERATION))?;
        run(&request, Dialect::Aws, None, Policy::default(), context)
    }

    fn request(self, environment: &mut Environment) -> Result<ImportRequest, Failure> {
        let Self { key_name, public_key_material, tags, dry_run, cli_input: _ } = self;
        // Never asks for one, because the AWS CLI does not.
        let passphrase = environment.take_passphrase().filter(|variable| !variable.is_empty());
        Ok(ImportRequest {
            name: KeyName::new(input::text("--key-name", &key_name, environment)?)?,
            origin: origin(None, Some(&public_key_material), environment),
            material: material(public_key_material, environment)?,
            passphrase,
            tags: tags::tags(&tags, environment)?,
            sends_comment: true,
            if_not_exists: false,
            dry_run: dry_run.is_on(),
        })
    }
}

const OPERATION: Operation = Operation::ImportKeyPair;

fn run(
    request: &ImportRequest,
    dialect: Dialect,
    regions: Option<RegionsArgs>,
    policy: Policy,
    context: &Context,
) -> Result<ExitStatus, Failure> {
    let mut registry = context.registries(regions, policy)?;
    let work = || import(request, &mut *registry);
    let imported = context.while_reading(&request.origin, work);
    let imported = imported.map_err(|error| Failure::of_import(&error))?;
    context.note_undone(&request.origin, &imported.undone);
    if imported.source.is_private() {
        context.terminal.note("the file is a private key; only its public half was used");
    }
    if imported.is_unchecked {
        context.note_unchecked(&request.origin);
    }
    if let Some(flaw) = &imported.flaw {
        context.warn_of_flaw(&request.origin, flaw);
    }
    if let PublicKey::Rsa(key) = &imported.key
        && !DOCUMENTED_RSA_BITS.contains(&key.bits())
    {
        context.terminal.warn(format_args!(
            "the key has {} bits; EC2 documents RSA keys of 1024, 2048 and 4096 bits",
            key.bits()
        ));
    }
    if let Some(weakness) = imported.weakness {
        context.terminal.warn(of_weakness(weakness));
    }
    let Some(registered) = imported.registered else {
        return Ok(context.end(Outcome::Checked, OPERATION));
    };
    let shows_change = request.if_not_exists || policy.accept_existing;
    let members: Vec<_> = registered
        .all()
        .map(|Registered { pair, is_confirmed, is_new, .. }| {
            context.warn_if_unconfirmed(*is_confirmed, &pair.name);
            match is_new {
                true => context.warn_of_missing_tags(&request.tags, pair),
                false => context.note_unchanged_tags(&request.tags, pair),
            }
            let response = response(pair, dialect);
            if shows_change { response::with_changed(response, *is_new) } else { response }
        })
        .collect();
    let failures = context.failures(&mut *registry, OPERATION, regions);
    let response = match context.is_regional(regions) {
        true => context.with_failures(Value::object([("KeyPairs", members.into())]), &failures),
        false => members.into_iter().next().unwrap_or_else(|| Value::object::<&str>([])),
    };
    context.respond(&response, OPERATION.name()).map_err(OperationError::OutputAfterChange)?;
    Ok(failures.status())
}

const DOCUMENTED_RSA_BITS: [u32; 3] = [1024, 2048, 4096];

/// Describes the source of the key without repeating a key from the command line.
fn origin(file: Option<&Path>, value: Option<&str>, environment: &Environment) -> String {
    match (file, value.and_then(|value| input::file_in(value, environment))) {
        (Some(path), _) => input::origin(path),
        (None, Some(path)) => path.display().to_string(),
        (None, None) => "--public-key-material".into(),
    }
}

/// Reads `--public-key-material` as versions 1 and 2 of the AWS CLI do: a file, the text of a key,
/// or the base64 of such a text. The file of `file://` may contain base64 too.
fn material(value: String, environment: &Environment) -> Result<Secret, RequestError> {
    let text = match input::file_in(&value, environment) {
        Some(path) => {
            let option = "--public-key-material";
            let contents = file::read(&path, format::MAX_BYTES)
                .map_err(|source| RequestError::ParameterFile { option, source })?;
            if value.starts_with("fileb://") || format::read_public(contents.expose()).is_ok() {
                return Ok(contents);
            }
            contents
        }
        None => Secret::from(value),
    };
    let mut unbroken = Secret::with_capacity(text.len());
    for word in text.expose().split(u8::is_ascii_whitespace) {
        unbroken.push(word);
    }
    let decoded = STANDARD.decode(unbroken.expose()).map(Secret::from);
    let is_key = |contents: &Secret| format::read_public(contents.expose()).is_ok();
    match decoded {
        Ok(decoded) if is_key(&decoded) || !is_key(&text) => Ok(decoded),
        _ => Ok(text),
    }
}

fn response(pair: &KeyPair, dialect: Dialect) -> Value {
    let mut members: Vec<_> = pair.location.iter().flat_map(location_members).collect();
    members.extend([
        ("KeyFingerprint", pair.fingerprint.as_str().into()),
        ("KeyName", pair.name.as_str().into()),
        ("KeyPairId", pair.id.as_str().into()),
    ]);
    if dialect == Dialect::Native {
        members.extend(response::key_type(pair));
    }
    members.push(("Tags", response::tag_list(&pair.tags)));
    Value::object(members)
}

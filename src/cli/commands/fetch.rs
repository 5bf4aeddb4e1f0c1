//! `fetch` and `get-parameter`.

use std::path::PathBuf;
use std::slice;

use clap::{ArgAction, Args};

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, suggest};
use crate::cli::input::{self, RequestError, passphrase};
use crate::cli::key_material;
use crate::cli::options::{CliInputArgs, DryRunArgs, EncryptionArgs, MaskArgs};
use crate::cli::output::Value;
use crate::cli::response;
use crate::cli::terminal::ignore_closed_pipe;
use crate::cli::timestamp::TimestampFormat;
use crate::file::Existing;
use crate::format::{self, PrivateFormat};
use crate::key::KeyType;
use crate::operations::fetch::{
    FetchRequest, Fetched, ParameterRequest, ParametersRequest, fetch, parameter, parameters,
};
use crate::operations::{Destination, OperationError};
use crate::registry::{KeyName, Parameter, too_short};
use crate::secret::Secret;

/// `fetch`.
#[derive(Args, Debug)]
pub struct FetchArgs {
    /// Key pair to fetch the private key of
    #[arg(value_name = "NAME", required_unless_present = "key_name")]
    name: Option<String>,
    /// Name of the key pair, in the AWS CLI's spelling
    #[arg(long = "key-name", value_name = "NAME", hide = true, conflicts_with = "name")]
    key_name: Option<String>,
    /// File of the private key [default: NAME.pem or NAME.ppk]; - prints only the key to stdout
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[command(flatten)]
    encryption: EncryptionArgs,
    /// Replace an existing file once the new one is complete
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    mask: MaskArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

/// `get-parameter`.
#[derive(Args, Debug)]
pub struct GetParameterArgs {
    /// Name of the parameter, such as /ec2/keypair/key-0123456789abcdef0
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Decrypt the value
    #[arg(long, overrides_with = "no_with_decryption")]
    with_decryption: bool,
    /// Leave the value encrypted
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_with_decryption: bool,
    #[command(flatten)]
    mask: MaskArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair fetch web                      writes web.pem or web.ppk
  keypair fetch web --region eu-west-1 --out - | ssh-add -

The parameter is that of the tag keypair:parameter, which `create --store` sets, else
/ec2/keypair/KEY_PAIR_ID. CloudFormation stores the private key of an AWS::EC2::KeyPair there, but not
that of an imported key pair. A key that is stored encrypted stays encrypted.";

impl FetchArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let mask = self.mask;
        let request = self.request(context)?;
        if request.destination == Destination::Response {
            context.check_stdout()?;
        }
        let mut respond = |fetched: &Fetched| {
            context.warn_of_recovered_files(&fetched.recovered);
            match &fetched.private_key {
                Some(private_key) => context.print_secret(private_key, mask),
                None => context.respond(&response(fetched), "Fetch"),
            }
        };
        if !request.dry_run {
            // The key decides about the extension.
            let paths = ["pem", "ppk"].map(|end| request.destination.path(&request.name, end));
            paths.into_iter().flatten().flatten().for_each(|path| context.recover_files(&path));
        }
        let mut store = context.parameter_store()?;
        let mut random = context.random()?;
        let work = || fetch(&request, &mut *store, &mut random, &mut respond);
        let outcome = context.terminal.while_working("asking EC2 and Parameter Store", work);
        let outcome = outcome.map_err(|error| {
            let failure = Failure::from(error).during(Operation::DescribeKeyPairs);
            suggest(failure, slice::from_ref(&request.name), &mut *store)
        })?;
        Ok(context.finish(outcome))
    }

    fn request(self, context: &mut Context) -> Result<FetchRequest, RequestError> {
        let Self { name, key_name, out, encryption, force, mask: _, dry_run } = self;
        let (passphrase, cost) =
            passphrase::of_new_key(encryption, &mut context.environment, context.terminal)?;
        Ok(FetchRequest {
            name: KeyName::new(name.or(key_name).unwrap_or_default())?,
            destination: input::destination(out),
            passphrase,
            cost,
            existing: if force { Existing::Replace } else { Existing::Keep },
            dry_run: dry_run.is_on(),
        })
    }
}

/// `get-parameters`.
#[derive(Args, Debug)]
pub struct GetParametersArgs {
    /// Names of the parameters
    #[arg(long, value_name = "NAME", num_args = 1.., required = true)]
    names: Vec<String>,
    /// Decrypt the values
    #[arg(long, overrides_with = "no_with_decryption")]
    with_decryption: bool,
    /// Leave the values encrypted
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_with_decryption: bool,
    #[command(flatten)]
    mask: MaskArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

impl GetParametersArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { names, with_decryption, no_with_decryption: _, mask, cli_input: _ } = self;
        let names = input::texts("--names", names, &context.environment)?;
        check_length("Names", names.len())?;
        for (index, name) in names.iter().enumerate() {
            check_length(&format!("Names[{index}]"), name.len())?;
        }
        let request = ParametersRequest { names, decrypted: with_decryption };
        let operation = Operation::GetParameters;
        let mut store = context.parameter_store()?;
        let (found, invalid) = context
            .while_waiting(|| parameters(&request, &mut *store))
            .map_err(|error| Failure::from(error).during(operation))?;
        if request.decrypted && !found.is_empty() {
            context.warn_if_stdout_is_readable("private key");
        }
        let secrets = found.iter().filter_map(|parameter| secret(parameter, request.decrypted));
        let secrets = joined(secrets);
        let timestamps = context.settings.timestamps;
        let value = |parameter| parameter_value(parameter, timestamps);
        let members = [
            ("Parameters", Value::list(found.iter().map(value))),
            ("InvalidParameters", Value::list(invalid)),
        ];
        let response = Value::object(members);
        let written = context.respond_with_key(secrets.as_ref(), mask, &response, operation.name());
        ignore_closed_pipe(written).map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

/// Refuses an empty member of a request.
fn check_length(member: &str, length: usize) -> Result<(), Failure> {
    match too_short(member, length, 1) {
        None => Ok(()),
        Some(fault) => Err(Failure::usage(format!("Parameter validation failed: {fault}"))),
    }
}

/// Returns the value of a parameter if it is secret.
fn secret(parameter: &Parameter, is_decrypted: bool) -> Option<&Secret> {
    parameter.value.as_ref().filter(|value| {
        let is_secure = parameter.kind.as_deref() == Some("SecureString");
        (is_decrypted && is_secure)
            || format::read_public(value.expose()).is_ok_and(|key| key.source.is_private())
    })
}

/// Joins secrets line by line, for a mask of each line.
fn joined<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Option<Secret> {
    let mut all = Secret::default();
    for secret in secrets {
        all.push(secret.expose());
        all.push(b"\n");
    }
    (!all.is_empty()).then_some(all)
}

impl GetParameterArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { name, with_decryption, no_with_decryption: _, mask, cli_input: _ } = self;
        let name = input::text("--name", &name, &context.environment)?;
        check_length("Name", name.len())?;
        let request = ParameterRequest { name, decrypted: with_decryption };
        if let Some((sample, key)) = sample(&request) {
            let checked = context.check_output(&sample, &key);
            checked.map_err(|refused| Failure::of_query(&refused, HINT))?;
        }
        let operation = Operation::GetParameter;
        let mut store = context.parameter_store()?;
        let parameter = context
            .while_waiting(|| parameter(&request, &mut *store))
            .map_err(|error| Failure::from(error).during(operation))?;
        if request.decrypted {
            context.warn_if_stdout_is_readable("private key");
        }
        let secret = secret(&parameter, request.decrypted);
        let response = parameter_response(&parameter, context.settings.timestamps);
        let written = context.respond_with_key(secret, mask, &response, operation.name());
        ignore_closed_pipe(written).map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

const HINT: &str = "pass `--query Parameter.Value --output text` to print the private key, or omit `--with-decryption`";

/// Returns an answer as `get-parameter` gives it and the private key in it, if a private key is asked
/// for by its name.
fn sample(request: &ParameterRequest) -> Option<(Value, Secret)> {
    let ParameterRequest { name, decrypted } = request;
    if !decrypted || !name.contains(KEY_FOLDER) {
        return None;
    }
    let text = |text: &str| Some(text.to_owned());
    let path = name.split_once(":parameter").map_or(name.as_str(), |(_, path)| path);
    let parameter = Parameter {
        name: text(path),
        kind: text("SecureString"),
        value: Some(key_material::sample(PrivateFormat::Pem, KeyType::Rsa)),
        version: Some(1),
        selector: None,
        source_result: None,
        last_modified: Some(1_700_000_000.0),
        arn: Some(format!("arn:aws:ssm:us-east-1:123456789012:parameter{path}")),
        data_type: text("text"),
    };
    let response = parameter_response(&parameter, TimestampFormat::default());
    Some((response, key_material::sample(PrivateFormat::Pem, KeyType::Rsa)))
}

/// The path of CloudFormation's private keys in Parameter Store.
const KEY_FOLDER: &str = "/ec2/keypair/";

fn response(fetched: &Fetched) -> Value {
    let Fetched { pair, private_key_file, private_key: _, recovered: _ } = fetched;
    let mut members = vec![("KeyPairId", pair.id.as_str().into())];
    members.extend(response::key_type(pair));
    members.extend([
        ("KeyName", pair.name.as_str().into()),
        ("KeyFingerprint", pair.fingerprint.as_str().into()),
    ]);
    members
        .extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", response::path(path))));
    Value::object(members)
}

fn parameter_response(parameter: &Parameter, timestamps: TimestampFormat) -> Value {
    Value::object([("Parameter", parameter_value(parameter, timestamps))])
}

fn parameter_value(parameter: &Parameter, timestamps: TimestampFormat) -> Value {
    let Parameter {
        name,
        kind,
        value,
        version,
        selector,
        source_result,
        last_modified,
        arn,
        data_type,
    } = parameter;
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let value = value.as_ref().and_then(|value| std::str::from_utf8(value.expose()).ok());
    let members = [
        ("Name", text(name)),
        ("Type", text(kind)),
        ("Value", value.map(Value::from)),
        ("Version", version.map(Value::from)),
        ("Selector", text(selector)),
        ("SourceResult", text(source_result)),
        ("LastModifiedDate", last_modified.map(|time| timestamps.seconds(time))),
        ("ARN", text(arn)),
        ("DataType", text(data_type)),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Value::object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::key_material::check;
    use crate::cli::output::query::Query;

    #[test]
    fn parameters_with_keys_are_known_by_name() {
        let sample =
            |name: &str, decrypted| sample(&ParameterRequest { name: name.to_owned(), decrypted });
        let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/ec2/keypair/key-1";
        for name in ["/ec2/keypair/key-1", "/ec2/keypair/key-1:2", arn] {
            let (answer, key) = sample(name, true).unwrap();
            let verdict = |query| check(&Query::parse(query).unwrap(), &answer, &key).is_ok();
            assert!(verdict("Parameter.Value") && verdict("Parameter.[Name, Value]"));
            assert!(!verdict("Parameter.Valu") && !verdict("Parameter.Version"));
            assert!(sample(name, false).is_none());
        }
        assert!(sample("/plain", true).is_none());
    }
}

//! `get-password-data`.

use std::path::Path;

use clap::{ArgAction, Args, ValueHint};

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation};
use crate::cli::input;
use crate::cli::input::passphrase::Openers;
use crate::cli::options::{CliInputArgs, MaskArgs, PassphraseArgs};
use crate::cli::output::Value;
use crate::cli::terminal::ignore_closed_pipe;
use crate::file;
use crate::format;
use crate::operations::create::Outcome;
use crate::operations::password::decoded;
use crate::operations::{KeyFile, OperationError};
use crate::registry::PasswordData;
use crate::secret::Secret;

/// `get-password-data`.
#[derive(Args, Debug)]
pub struct GetPasswordDataArgs {
    /// ID of the Windows instance
    #[arg(long, value_name = "ID")]
    instance_id: String,
    /// Private key file of the launch, in any format; decrypts the password
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    priv_launch_key: Option<String>,
    /// Check the permission only
    #[arg(long, overrides_with = "no_dry_run")]
    dry_run: bool,
    /// Send the request
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_dry_run: bool,
    #[command(flatten)]
    mask: MaskArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

impl GetPasswordDataArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { instance_id, priv_launch_key, dry_run, no_dry_run: _, mask, cli_input: _ } =
            self;
        let operation = Operation::GetPasswordData;
        let id = input::text("--instance-id", &instance_id, &context.environment)?;
        let launch_key = priv_launch_key.filter(|path| !path.is_empty());
        let launch_key = launch_key.map(|path| context.environment.expand(&path));
        if let Some(path) = &launch_key {
            file::check_regular(path, format::MAX_BYTES)
                .map_err(|error| Failure::of_launch_key_path(&error.into()))?;
        }
        let passphrase = PassphraseArgs { passphrase_file: None };
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let mut registry = context.instance_registry()?;
        let refused = |error| Failure::from(OperationError::Registry(error)).during(operation);
        if dry_run {
            context.while_waiting(|| registry.check_password_data(&id)).map_err(refused)?;
            return Ok(context.end(Outcome::Checked, operation));
        }
        let data = context.while_waiting(|| registry.password_data(&id)).map_err(refused)?;
        let password = match &launch_key {
            Some(path) => decrypt(path, &data, &openers)?,
            None => None,
        };
        if password.is_some() {
            context.warn_if_stdout_is_readable("password");
        }
        let response = response(&id, &data, password.as_ref(), context);
        let written =
            context.respond_with_key(password.as_ref(), mask, &response, operation.name());
        ignore_closed_pipe(written).map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

/// Decrypts the password with a private key file. Returns `None` if there is no password.
fn decrypt(path: &Path, data: &PasswordData, openers: &Openers) -> Result<Option<Secret>, Failure> {
    let undecrypted = |error| Failure::of_launch_key(&error);
    let found = decoded(data).map_err(|error| undecrypted(error.into()))?;
    let Some(encrypted) = found else { return Ok(None) };
    let file = KeyFile::read(path).map_err(undecrypted)?;
    let passphrase = openers.of_private(&file.material, &path.display().to_string())?;
    let key = file.open(passphrase.as_ref()).map_err(undecrypted)?;
    let password = encrypted.decrypt(&key);
    Ok(Some(password.map_err(|error| undecrypted(error.into()))?))
}

fn response(id: &str, found: &PasswordData, password: Option<&Secret>, context: &Context) -> Value {
    let PasswordData { timestamp, data } = found;
    let password = password.and_then(|password| str::from_utf8(password.expose()).ok());
    let timestamps = context.settings.timestamps;
    let members = [
        ("InstanceId", Some(id.into())),
        ("Timestamp", timestamp.map(|time| timestamps.create_time(time))),
        ("PasswordData", password.or(data.as_deref()).map(Value::from)),
    ];
    Value::object(members.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

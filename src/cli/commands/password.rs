//! `password`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;

use super::deadline::{Deadline, span_of};
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input;
use crate::cli::input::passphrase::Openers;
use crate::cli::options::{KeySearchArgs, MaskArgs, PassphraseArgs};
use crate::cli::output::Value;
use crate::cli::response;
use crate::cli::terminal::ignore_closed_pipe;
use crate::file::{Existing, Target};
use crate::key::PrivateKey;
use crate::operations::password::{
    EncryptedPassword, PasswordFiles, USER_NAME, WindowsInstance, locate,
};
use crate::operations::{FoundKeys, KeyFile, KeySearch, LaunchKey, OperationError, PasswordError};
use crate::registry::{CreateTime, InstanceReference, InstanceRegistry};
use crate::secret::Secret;

/// `password`.
#[derive(Args, Debug)]
pub struct PasswordArgs {
    /// ID of the instance, or its Name tag
    #[arg(value_name = "INSTANCE")]
    instance: String,
    #[command(flatten)]
    keys: KeySearchArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Wait for the password of a new instance [=SPAN: 90s, 15m, 1h] [default span: 15m]
    #[arg(long, value_name = "SPAN", num_args = 0..=1, require_equals = true)]
    wait: Option<Option<String>>,
    /// File of the password, readable by you only; - prints only the password to stdout
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Also write a file for Remote Desktop, without the password
    #[arg(long, value_name = "PATH")]
    rdp: Option<PathBuf>,
    #[command(flatten)]
    mask: MaskArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair password i-0123456789abcdef0 --region eu-west-1
  keypair password web --wait --query Password --output text
  keypair password web --rdp web.rdp --out - | clip       (wl-copy, pbcopy: other clipboards)

The private key is found by its public key. Only the passphrase of that file is asked for.
The exit status is 1 if the instance has no password, or none yet.";

impl PasswordArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { instance, keys, passphrase, wait, out, rdp, mask } = self;
        let reference = InstanceReference::new(&instance)?;
        let search = input::key_search(keys, &context.environment);
        let wait = wait.map(|span| span_of(span.as_deref())).transpose()?;
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let is_printed = out.as_deref().is_some_and(input::is_standard_output);
        let target = |path: &Path| {
            let target = Target::new(path, Existing::Keep).map_err(OperationError::from);
            target.map_err(|error| Failure::from(error).only_hint("choose another path"))
        };
        let files = PasswordFiles {
            password: out.as_deref().filter(|_| !is_printed).map(target).transpose()?,
            rdp: rdp.as_deref().map(target).transpose()?,
        };
        if let (Some(password), Some(rdp)) = (&files.password, &files.rdp)
            && password.is_same_as(rdp)
        {
            return Err(Failure::usage("--out and --rdp name the same file"));
        }
        if is_printed {
            context.check_stdout()?;
        }
        if files.password.is_none() {
            context.warn_if_stdout_is_readable("password");
        }
        let mut registry = context.instance_registry()?;
        let mut windows = context.while_waiting(|| locate(&reference, &mut *registry))?;
        let found = match (&windows.password, wait) {
            (None, None) => return Err(windows.missing(SystemTime::now().into()).into()),
            _ => windows.keys(&search)?,
        };
        report(&found, &windows.launch_key, context);
        // The user need not be present once the password is there.
        let early = match windows.launch_key {
            LaunchKey::Known { .. } => first_opened(&windows, &found, &openers)?,
            LaunchKey::Unknown { .. } | LaunchKey::None => None,
        };
        // A file that opens without a prompt is opened again after the wait, so that its key does not
        // stay in memory.
        let is_asked = |path: &Path| {
            Ok::<_, Failure>(KeyFile::read(path)?.is_encrypted() && !openers.has_passphrase())
        };
        let early = match early {
            Some((path, _)) if windows.password.is_none() && !is_asked(&path)? => None,
            early => early,
        };
        if let Some(span) = wait.filter(|_| windows.password.is_none()) {
            await_password(&mut windows, span, &mut *registry, context)?;
        }
        let Some(encrypted) = &windows.password else {
            return Err(windows.missing(SystemTime::now().into()).into());
        };
        let (path, password) = match early {
            Some((path, key)) => {
                let password = encrypted.decrypt(&key).map_err(OperationError::from)?;
                (path, password)
            }
            None => try_all(&windows, encrypted, &found, &search, &openers)?,
        };
        context.warn_of_recovered_files(&files.write(&windows.instance, &password)?);
        if is_printed {
            let mut line = Secret::copy_of(password.expose());
            line.push(b"\n");
            let written = context.print_secret(&line, mask);
            written.map_err(OperationError::Output)?;
            return Ok(ExitStatus::Success);
        }
        let text = String::from_utf8_lossy(password.expose());
        let mut members = vec![("InstanceId", windows.instance.id.as_str().into())];
        members.extend(windows.launch_key.name().map(|name| ("KeyName", name.as_str().into())));
        members.push(("PrivateKeyFile", response::path(&path)));
        members.push(("UserName", USER_NAME.into()));
        members.push(match &out {
            Some(file) => ("PasswordFile", response::path(file)),
            None => ("Password", text.as_ref().into()),
        });
        members.extend(rdp.as_deref().map(|file| ("RemoteDesktopFile", response::path(file))));
        let timestamps = context.settings.timestamps;
        let timestamp = encrypted.timestamp.map(|time| timestamps.create_time(time));
        members.extend(timestamp.map(|time| ("Timestamp", time)));
        let response = Value::object(members);
        let shown = files.password.is_none().then_some(&password);
        let written = context.respond_with_key(shown, mask, &response, "Password");
        ignore_closed_pipe(written).map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

/// Reports the skipped files.
fn report(found: &FoundKeys, launch_key: &LaunchKey, context: &Context) {
    for fault in &found.faults {
        context.terminal.warn(Failure::from(fault).sentence());
    }
    if let LaunchKey::Unknown { name, is_deleted } = launch_key {
        let reason = if *is_deleted { "is deleted" } else { "cannot be looked up" };
        context.terminal.note(format_args!(
            "the key pair `{name}` {reason}, so each RSA key is tried: {} of them",
            found.wanted.len()
        ));
    }
}

fn await_password(
    windows: &mut WindowsInstance,
    span: Duration,
    registry: &mut dyn InstanceRegistry,
    context: &Context,
) -> Result<(), Failure> {
    let (id, deadline) = (windows.instance.id.clone(), Deadline::after(span));
    let now = || CreateTime::from(SystemTime::now());
    let label = format!("waiting for the password of {id}; it usually takes 4 to 15 minutes");
    context.terminal.note(&label);
    let _shown = context.terminal.working(&label);
    while windows.password.is_none() {
        if !windows.is_worth_waiting() {
            return Err(windows.missing(now()).into());
        }
        if !deadline.pause() {
            return Err(OperationError::from(PasswordError::TimedOut { id, waited: span }).into());
        }
        windows.ask_again(registry)?;
    }
    Ok(())
}

/// Opens the files with the right public key until one has the right private key too. A file that
/// cannot be opened may be another user's.
fn first_opened(
    windows: &WindowsInstance,
    found: &FoundKeys,
    openers: &Openers,
) -> Result<Option<(PathBuf, PrivateKey)>, Failure> {
    let mut first = None;
    for path in &found.wanted {
        match KeyFile::read(path).map_err(Failure::from).and_then(|file| opened(&file, openers)) {
            Ok(key) if windows.is_launch_key(&key) => return Ok(Some((path.clone(), key))),
            Ok(_) => {}
            Err(failure) if failure.is_interruption() => return Err(failure),
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    first.map_or(Ok(None), Err)
}

fn opened(file: &KeyFile, openers: &Openers) -> Result<PrivateKey, Failure> {
    let passphrase = openers.of_private(&file.material, &file.path.display().to_string())?;
    Ok(file.open(passphrase.as_ref())?)
}

/// Tries the files in their order: those with the right public key, then those that show none.
fn try_all(
    windows: &WindowsInstance,
    encrypted: &EncryptedPassword,
    found: &FoundKeys,
    search: &KeySearch,
    openers: &Openers,
) -> Result<(PathBuf, Secret), Failure> {
    let FoundKeys { wanted, hidden, others, faults: _ } = found;
    let is_only = wanted.len() + hidden.len() == 1;
    let mut unopened = Vec::new();
    for path in wanted.iter().chain(hidden) {
        let file = KeyFile::read(path)?;
        let may_ask = is_only || is_named_after(path, windows);
        if file.is_encrypted() && !openers.has_passphrase() && !may_ask {
            unopened.push(path.clone());
            continue;
        }
        let key = match opened(&file, openers) {
            Ok(key) => key,
            Err(failure) if is_only || failure.is_interruption() => return Err(failure),
            // The passphrase belongs to another file.
            Err(_) => {
                unopened.push(path.clone());
                continue;
            }
        };
        if !windows.is_launch_key(&key) {
            continue;
        }
        match encrypted.decrypt(&key) {
            Ok(password) => return Ok((path.clone(), password)),
            Err(PasswordError::OtherKey | PasswordError::NotText) => {}
            Err(error) => return Err(OperationError::from(error).into()),
        }
    }
    let others = others + wanted.len() + hidden.len() - unopened.len();
    Err(windows.no_key(search, others, unopened).into())
}

/// Returns whether a file has the name of the key pair, as `create` names it.
fn is_named_after(path: &Path, windows: &WindowsInstance) -> bool {
    let name = windows.launch_key.name().map(|name| name.as_str().to_owned());
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) == name
}

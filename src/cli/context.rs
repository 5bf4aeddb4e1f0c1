//! The context of a command: its settings, its registry and its output.

use std::io;
use std::time::SystemTime;

use chacha20::ChaCha20Rng;
use rand::SeedableRng;
use rand::rngs::SysRng;

use super::error::{ExitStatus, Failure, Hint, Operation};
use super::key_material::{self, QueryRefused};
use super::mask;
use super::options::{GlobalArgs, MaskArg, MaskArgs};
use super::output::query::{Query, QueryError};
use super::output::{self, OutputFormat, Style, Value, visible};
use super::settings::{Ci, Environment, RegistrySettings, Settings, SettingsError};
use super::shell::{self, ShellCommand};
use super::terminal::{Terminal, Working};
#[cfg(feature = "ec2")]
use crate::ec2::{Ec2Registry, Ec2Settings};
use crate::file::PathTrust;
use crate::format::Comment;
use crate::key::KeyError;
use crate::local::{LocalRegistry, SIDECAR_SUFFIXES};
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::registry::{
    CreateTime, InstanceRegistry, KeyName, KeyPair, ParameterStore, Registry, Tag, Tags,
};
use crate::secret::Secret;

/// The context of a command.
pub struct Context {
    pub global: GlobalArgs,
    pub settings: Settings,
    pub environment: Environment,
    pub terminal: Terminal,
    /// The program runs as `aws`.
    pub is_aws: bool,
}

impl Context {
    pub fn is_ec2(&self) -> bool {
        self.settings.registry.is_ec2()
    }

    /// Returns the operation that registers a key of this machine.
    pub fn registration(&self) -> Operation {
        if self.is_ec2() { Operation::ImportKeyPair } else { Operation::CreateKeyPair }
    }

    /// Opens the registry, and warns if others can modify it.
    pub fn registry(&self) -> Result<Box<dyn Registry>, Failure> {
        self.warn_of_unused_options();
        // The registry itself reports a file that cannot be examined.
        let file = self.settings.registry.file();
        let trust = file.and_then(|file| PathTrust::of(file, &SIDECAR_SUFFIXES).ok());
        if let Some(open) = trust.as_ref().and_then(PathTrust::world_writable) {
            self.terminal.warn(format_args!(
                "the registry is not protected: {} is world-writable",
                open.display()
            ));
            self.hint(Hint::run(shell::remove_world_write(open)).text(" to fix that"));
        }
        self.connect()
    }

    /// Warns of options that select another registry of EC2. The local registry is only one.
    fn warn_of_unused_options(&self) {
        if self.is_ec2() {
            return;
        }
        for (option, _) in self.settings.registry_options.iter() {
            if matches!(option, "--region" | "--profile" | "--endpoint-url") {
                self.terminal
                    .warn(format_args!("`{option}` has no effect with the local registry"));
            }
        }
    }

    /// Rejects several regions for a command that uses one.
    pub fn check_one_region(&self) -> Result<(), Failure> {
        match self.is_ec2() && self.settings.scope.is_several() {
            true => Err(Failure::usage("this command takes one region and one profile")
                .hint("run it once for each")),
            false => Ok(()),
        }
    }

    /// Opens the registry, without a warning.
    pub fn connect(&self) -> Result<Box<dyn Registry>, Failure> {
        self.check_one_region()?;
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(ec2(settings))),
            RegistrySettings::Local(file) => {
                let now = CreateTime::from(SystemTime::now()).whole_seconds();
                Ok(Box::new(LocalRegistry::new(file, now, self.random()?)))
            }
        }
    }

    /// Returns Parameter Store, and EC2 with it.
    pub fn parameter_store(&self) -> Result<Box<dyn ParameterStore>, Failure> {
        self.check_one_region()?;
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(ec2(settings))),
            RegistrySettings::Local(_) => Err(SettingsError::OfEc2.into()),
        }
    }

    /// Returns EC2 with its instances.
    pub fn instance_registry(&self) -> Result<Box<dyn InstanceRegistry>, Failure> {
        self.check_one_region()?;
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(ec2(settings))),
            RegistrySettings::Local(_) => Err(SettingsError::OfEc2.into()),
        }
    }

    /// Returns a generator for names, ids, salts and initial vectors. Keys come from the operating
    /// system, which also seeds this generator.
    pub fn random(&self) -> Result<Box<ChaCha20Rng>, Failure> {
        let random = ChaCha20Rng::try_from_rng(&mut SysRng);
        random.map(Box::new).map_err(|error| Failure::of_randomness(&error))
    }

    /// Shows a spinner while `work` uses the registry.
    pub fn while_waiting<T>(&self, work: impl FnOnce() -> T) -> T {
        let _spinner = self.spinner();
        work()
    }

    /// Shows a spinner while `work` reads a file, which takes long if a key is derived.
    pub fn while_reading<T>(&self, origin: &str, work: impl FnOnce() -> T) -> T {
        self.terminal.while_working(&format!("reading {}", visible(origin)), work)
    }

    /// Shows a spinner for the registry until the value is dropped.
    pub fn spinner(&self) -> Working {
        self.terminal.working(match (self.is_ec2(), self.settings.scope.is_several()) {
            (true, true) => "asking EC2 in several regions",
            (true, false) => "asking EC2",
            (false, _) => "reading the registry",
        })
    }

    /// Warns that only the public half of a private key was used.
    pub fn warn_of_flaw(&self, origin: &str, flaw: &KeyError) {
        self.terminal
            .warn(format_args!("{}: {flaw}, so only the public half was used", visible(origin)));
    }

    /// Notes that nothing proves that both halves of an encrypted key belong together.
    pub fn note_unchecked(&self, origin: &str) {
        self.terminal.note(format_args!(
            "{}: the private half is encrypted and was not compared with the public half",
            visible(origin)
        ));
    }

    /// Notes that a comment is not the one in the file.
    pub fn note_changed_comment(&self, origin: &str, comment: Option<&Comment>) {
        if comment.is_some_and(Comment::is_changed) {
            self.terminal.note(format_args!(
                "{}: the comment contains line breaks or NUL bytes, which were removed",
                visible(origin)
            ));
        }
    }

    /// Writes a response. A reader that closed the pipe is not an error.
    pub fn respond(&self, value: &Value, title: &str) -> io::Result<()> {
        let (_, text) = self.rendered(value, title).map_err(io::Error::other)?;
        self.terminal.print(text.expose())
    }

    /// Writes a response that may contain a private key.
    ///
    /// # Errors
    ///
    /// Fails even if the reader closed the pipe, because it did not read the private key.
    pub fn respond_with_key(
        &self,
        private_key: Option<&Secret>,
        mask: MaskArgs,
        value: &Value,
        title: &str,
    ) -> io::Result<()> {
        let (found, text) = self.rendered(value, title).map_err(io::Error::other)?;
        let shown = found.as_ref().unwrap_or(value);
        if let Some(private_key) = private_key.filter(|key| mask::shows(shown, key)) {
            self.mask(private_key, mask, "redirect it to a file")?;
        }
        self.terminal.write(text.expose())
    }

    /// Returns the result of `--query`, if there is one, and the text to print. As in version 2, an
    /// object without members has none.
    fn rendered(&self, value: &Value, title: &str) -> Result<(Option<Value>, Secret), QueryError> {
        let Settings { output, query, .. } = &self.settings;
        let style = self.style();
        if *output == OutputFormat::Off {
            return Ok((Some(Value::from(None::<&str>)), Secret::default()));
        }
        let found = match query {
            Some(query) => query.search(value)?,
            None if value.is_empty_object() => return Ok((None, Secret::default())),
            None => return Ok((None, output::render(value, title, *output, &style))),
        };
        if found.is_empty_object() {
            return Ok((Some(found), Secret::default()));
        }
        let limit = Query::limit(value);
        let text = output::render_within(limit, &found, title, *output, &style);
        let text = text.ok_or(QueryError::TooLarge { limit })?;
        Ok((Some(found), text))
    }

    /// Returns true if each element of a response is printed at once. A query needs all of them.
    pub fn streams(&self) -> bool {
        self.settings.output == OutputFormat::JsonLines && self.settings.query.is_none()
    }

    pub fn style(&self) -> Style {
        Style {
            width: self.terminal.width().unwrap_or(AWS_CLI_WIDTH),
            color: self.settings.color && self.terminal.takes_colors(),
            escape: self.terminal.stdout_is_terminal(),
        }
    }

    /// Writes a private key or a password, and nothing else, to stdout.
    pub fn print_secret(&self, secret: &Secret, mask: MaskArgs) -> io::Result<()> {
        self.mask(secret, mask, "pass `--out PATH` to write it to a file")?;
        self.terminal.write_text(secret)
    }

    /// Masks a secret in the log of a CI service, or prints a hint how to.
    fn mask(&self, secret: &Secret, MaskArgs { mask }: MaskArgs, instead: &str) -> io::Result<()> {
        match (mask, self.settings.ci) {
            (Some(MaskArg::Github), _) => self.terminal.command(&mask::github(secret))?,
            // A pipe may lead to the log or to a variable.
            (None, Some(ci)) if !self.terminal.stdout_is_file() => match ci {
                Ci::Github => self.terminal.hint("pass `--mask github` to keep it out of the log"),
                Ci::Other => {
                    let hint = format_args!("stdout may end up in the CI log; {instead}");
                    self.terminal.hint(hint);
                }
            },
            (None, _) => {}
        }
        Ok(())
    }

    /// Rejects a query or an output format if the text to print would lack the private key of a
    /// response.
    pub fn check_output(&self, response: &Value, key: &Secret) -> Result<(), QueryRefused> {
        if let Some(query) = &self.settings.query {
            key_material::check(query, response, key)?;
        }
        let (_, text) = self.rendered(response, "")?;
        key_material::check_output(&text, key)
    }

    /// Prepares to print a private key: rejects /dev/null and a descriptor that cannot be written,
    /// and warns of a file that others can read.
    pub fn check_stdout(&self) -> Result<(), Failure> {
        self.terminal.check_stdout_is_writable().map_err(OperationError::Output)?;
        if self.terminal.stdout_is_null() {
            return Err(Failure::of_nowhere());
        }
        self.warn_if_stdout_is_readable("private key");
        Ok(())
    }

    /// Warns that a secret goes to a file that others can read.
    pub fn warn_if_stdout_is_readable(&self, secret: &str) {
        if self.terminal.stdout_is_readable_by_others() {
            self.terminal
                .warn(format_args!("the {secret} goes to stdout, a file that others can read"));
            self.terminal.hint(PROTECT_OUTPUT);
        }
    }

    /// Ends a command that may have been a dry run.
    pub fn finish(&self, outcome: Outcome) -> ExitStatus {
        if outcome == Outcome::Checked {
            self.note_dry_run();
        }
        ExitStatus::Success
    }

    /// Like [`Context::finish`], but a dry run is an error if the program runs as `aws`.
    pub fn end(&self, outcome: Outcome, operation: Operation) -> ExitStatus {
        if self.is_aws && outcome == Outcome::Checked {
            let name = operation.name();
            self.terminal.error(format_args!(
                "An error occurred (DryRunOperation) when calling the {name} operation: {DRY_RUN}"
            ));
            return ExitStatus::Refused;
        }
        self.finish(outcome)
    }

    /// Prints EC2's message for a dry run, which is not an error here.
    pub fn note_dry_run(&self) {
        self.terminal.note(format_args!("DryRunOperation: {DRY_RUN}"));
    }

    /// Prints a hint. Its commands use the registry that the user selected.
    pub fn hint(&self, hint: impl Into<Hint>) {
        self.terminal.hint(hint.into().in_registry(&self.settings.registry_options));
    }

    /// Warns if the registry's response does not confirm the registered key.
    pub fn warn_if_unconfirmed(&self, is_confirmed: bool, name: &KeyName) {
        if !is_confirmed {
            self.terminal
                .warn(format_args!("could not verify which key was registered as `{name}`"));
            let verify = ShellCommand::keypair("verify").word("FILE");
            let verify = verify.option("--key-name", name.as_str());
            self.hint(Hint::run(verify).text(" with the key's file to check"));
        }
    }

    /// Warns if the registry did not keep all tags of a new pair.
    pub fn warn_of_missing_tags(&self, requested: &Tags, pair: &KeyPair) {
        let missing = requested.missing_from(&pair.tags);
        self.warn_of_missing_keys(missing.into_iter().map(Tag::key), &pair.name);
    }

    /// Like [`Context::warn_of_missing_tags`], for the keys of the tags.
    pub fn warn_of_missing_keys<'a>(&self, keys: impl Iterator<Item = &'a str>, name: &KeyName) {
        let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
        if !keys.is_empty() {
            self.terminal.warn(format_args!(
                "the registry did not keep these tags of `{name}`: {}",
                keys.join(", ")
            ));
        }
    }

    /// Notes that an existing pair lacks requested tags.
    pub fn note_unchanged_tags(&self, requested: &Tags, pair: &KeyPair) {
        let has = |tag| pair.tags.as_slice().contains(tag);
        if !requested.as_slice().iter().all(has) {
            self.terminal
                .note(format_args!("`{}` already exists; its tags were not changed", pair.name));
        }
    }
}

#[cfg(feature = "ec2")]
fn ec2(settings: &Ec2Settings) -> Ec2Registry {
    Ec2Registry::new(settings.clone(), Some(Terminal::ask_mfa_code))
}

const DRY_RUN: &str = "Request would have succeeded, but DryRun flag is set.";

const PROTECT_OUTPUT: &str = if cfg!(windows) {
    "run `icacls FILE /inheritance:r /grant:r \"%USERNAME%:R\"` to make it readable by you only"
} else {
    "run `umask 077` first, or `chmod 400` on the file now"
};

/// The AWS CLI's width of tables if stdout is not a terminal, in columns.
const AWS_CLI_WIDTH: usize = 80;

//! One command, from its words to its exit status.

mod answer;
mod ensure;
mod exec;
mod pairs;
mod private;
mod sample;
mod series;

use std::time::SystemTime;

use chacha20::ChaCha20Rng;
use rand::SeedableRng;
use rand::rngs::SysRng;

use super::commands::{Command, CreateArgs};
use super::context::Context;
use super::error::Hint;
use super::error::Operation;
use super::error::{ExitStatus, Failure};
use super::input::RequestError;
use super::options::MaskArg;
use super::request;
use super::respond::Spelling;
use super::settings::{Environment, RegistrySettings, Settings, SettingsError};
use super::shell;
use super::terminal::Terminal;
#[cfg(feature = "ec2")]
use crate::ec2::Ec2Registry;
use crate::file::PathTrust;
use crate::local::{LocalRegistry, SIDECAR_SUFFIXES};
use crate::registry::{CreateTime, ParameterStore, Registry};

/// Runs a command.
pub fn run(
    command: Command,
    context: &mut Context,
    mask: Option<MaskArg>,
) -> Result<ExitStatus, Failure> {
    let Context { global: _, settings, environment, terminal } = context;
    let session = Session { settings, terminal: *terminal, mask };
    session.run(command, environment)
}

/// What holds while one command runs.
struct Session<'a> {
    settings: &'a Settings,
    terminal: Terminal,
    mask: Option<MaskArg>,
}

impl Session<'_> {
    fn run(&self, command: Command, environment: &mut Environment) -> Result<ExitStatus, Failure> {
        let terminal = self.terminal;
        let told = |operation| move |error: RequestError| Failure::from(error).during(operation);
        match command {
            Command::Create(arguments @ CreateArgs { count: Some(count), .. }) => {
                let mut random = self.random()?;
                let series = request::series(arguments, count, environment, terminal, &mut random);
                self.create_many(&series.map_err(told(Operation::CreateKeyPair))?)
            }
            Command::Create(arguments @ CreateArgs { if_not_exists: true, .. }) => self.ensure(
                &request::ensure(arguments, environment, terminal, &self.settings.registry)
                    .map_err(told(Operation::CreateKeyPair))?,
            ),
            Command::Create(arguments) => self.create(
                &request::create(arguments, environment, terminal, &self.settings.registry)
                    .map_err(told(Operation::CreateKeyPair))?,
                Spelling::Native,
            ),
            Command::CreateKeyPair(arguments) => self.create(
                &request::create_key_pair(arguments, environment, &self.settings.registry)
                    .map_err(told(Operation::CreateKeyPair))?,
                Spelling::Aws,
            ),
            Command::Exec(arguments) => {
                // A command may run for hours, and this has no use for a passphrase.
                drop(environment.take_passphrase());
                let request = request::exec(arguments, environment, &mut self.random()?);
                return self.exec(&request.map_err(told(Operation::CreateKeyPair))?);
            }
            _ => Ok(()),
        }?;
        Ok(ExitStatus::Success)
    }

    /// Returns the registry, having warned of what others could do to it.
    fn registry(&self) -> Result<Box<dyn Registry>, Failure> {
        // What cannot be looked at is told of when it is opened.
        let custody = self
            .settings
            .registry
            .file()
            .and_then(|file| PathTrust::of(file, &SIDECAR_SUFFIXES).ok());
        if let Some(open) = custody.as_ref().and_then(PathTrust::world_writable) {
            self.terminal.warn(format_args!(
                "everybody can change what the registry says, because all can write to {}",
                open.display()
            ));
            self.hint(Hint::run(shell::close_to_all(open)).text(" to prevent that"));
        }
        self.registry_afresh()
    }

    fn registry_afresh(&self) -> Result<Box<dyn Registry>, Failure> {
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(Ec2Registry::new(settings.clone()))),
            RegistrySettings::Local(file) => {
                let now = CreateTime::from(SystemTime::now());
                Ok(Box::new(LocalRegistry::new(file, now, self.random()?)))
            }
        }
    }

    /// Returns Parameter Store, and EC2 with it.
    fn parameter_store(&self) -> Result<Box<dyn ParameterStore>, Failure> {
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(Ec2Registry::new(settings.clone()))),
            RegistrySettings::Local(_) => Err(Failure::from(SettingsError::OfEc2)),
        }
    }

    /// Returns a generator seeded by the operating system, for names, ids, salts and initial vectors. Keys do
    /// not come from it.
    fn random(&self) -> Result<Box<ChaCha20Rng>, Failure> {
        let random = ChaCha20Rng::try_from_rng(&mut SysRng);
        random.map(Box::new).map_err(|error| Failure::of_randomness(&error))
    }
}

//! Starts a command: reads its settings, runs it and reports its failure.

use super::context::Context;
use super::error::{ExitStatus, Failure};
use super::options::GlobalArgs;
use super::settings::{self, Environment, Settings, SettingsError};
use super::terminal::Terminal;
use crate::interrupt;

/// Starts a parsed command.
pub struct Start {
    global: GlobalArgs,
    terminal: Terminal,
    is_aws: bool,
    is_of_ec2: bool,
    ignored_signals: u64,
}

impl Start {
    /// `is_aws` is set if the program runs as `aws`.
    pub fn new(global: GlobalArgs, terminal: Terminal, is_aws: bool) -> Self {
        Self { global, terminal, is_aws, is_of_ec2: false, ignored_signals: 0 }
    }

    pub fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// Uses EC2, even without `--registry ec2`.
    pub fn on_ec2(self) -> Self {
        Self { is_of_ec2: true, ..self }
    }

    /// Keeps on ignoring signals that this process ignores, because a child process inherits them.
    pub fn ignoring(self, ignored_signals: u64) -> Self {
        Self { ignored_signals, ..self }
    }

    /// Runs the command, reports its failure and returns the exit status.
    pub fn run(
        self,
        command: impl FnOnce(&mut Context) -> Result<ExitStatus, Failure>,
    ) -> ExitStatus {
        interrupt::handle_signals(self.ignored_signals);
        let environment = Environment::read();
        let mut terminal = self.terminal;
        let error_format = settings::error_format(self.global.aws.cli_error_format, &environment);
        terminal.error_format = error_format.as_ref().copied().unwrap_or_default();
        let mut context = match self.context(environment, terminal) {
            Ok(context) => context,
            Err(error) => return Failure::from(error).report(terminal),
        };
        if let Err(unknown) = error_format {
            context.terminal.warn(format_args!("ignoring AWS_CLI_ERROR_FORMAT: `{unknown}`"));
        }
        let option = context.global.aws.cli_error_format;
        let profile = &context.settings.profile;
        match settings::error_format_of_profile(option, &context.environment, profile) {
            Ok(format) => {
                context.terminal.error_format = format.unwrap_or(context.terminal.error_format);
            }
            Err(unknown) => {
                context.terminal.warn(format_args!("ignoring cli_error_format: `{unknown}`"));
            }
        }
        match command(&mut context) {
            Ok(status) => unless_interrupted(status),
            Err(failure) => {
                let failure = failure.in_registry(&context.settings.registry_options);
                let status = failure.report(context.terminal);
                if failure.is_interruption() { status } else { unless_interrupted(status) }
            }
        }
    }

    fn context(
        self,
        environment: Environment,
        mut terminal: Terminal,
    ) -> Result<Context, SettingsError> {
        let Self { mut global, terminal: _, is_aws, is_of_ec2, ignored_signals: _ } = self;
        if is_aws && global.registry.is_none() && !environment.names_registry() {
            global.registry = Some("ec2".to_owned());
        }
        let is_shown = terminal.stdout_is_terminal();
        let settings = Settings::resolve(&global, &environment, is_of_ec2, is_shown)?;
        terminal.verbosity = settings.verbosity;
        terminal.debug(format_args!("the registry is {:?}", settings.registry));
        settings.warnings.iter().for_each(|warning| terminal.warn(format_args!("{warning}")));
        Ok(Context { global, settings, environment, terminal, is_aws })
    }
}

/// Ends the process if a signal arrived while signals were deferred.
fn unless_interrupted(status: ExitStatus) -> ExitStatus {
    if interrupt::terminate_if_pending() { ExitStatus::Interrupted } else { status }
}

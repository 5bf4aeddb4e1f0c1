//! One command, from its words to its exit status.

use std::io::{self, ErrorKind};
use std::time::SystemTime;

use clap::Parser;
use clap::error::ErrorKind as UsageErrorKind;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use super::args::{Arguments, Command};
use super::discretion::Discretion;
use super::failure::{ExitStatus, Failure};
use super::operation::Operation;
use super::render::{self, Style, Value, visible};
use super::request::{self, FingerprintFiles, RequestError};
use super::resolve::{self, Environment, RegistrySettings, Settings};
use super::respond::{self, Spelling};
use super::suggest::suggest;
use super::terminal::{self, Terminal};
use crate::commands::convert::{ConvertRequest, Converted, Form};
use crate::commands::create::{CreateRequest, Created, Destination, Outcome};
use crate::commands::delete::DeleteRequest;
use crate::commands::describe::DescribeRequest;
use crate::commands::import::ImportRequest;
use crate::commands::verify::VerifyRequest;
use crate::commands::{
    CommandError, convert, create, delete, describe, fingerprint, import, verify,
};
#[cfg(feature = "ec2")]
use crate::ec2::Ec2Registry;
use crate::key::{KeySpecification, PublicKey};
use crate::local::LocalRegistry;
use crate::registry::{CreateTime, Registered, Registry, Selection};

/// Runs the program and returns how it ends.
pub fn run() -> ExitStatus {
    terminal::survive_file_size_limits();
    terminal::hold_signals_back_on_request();
    let mut terminal = Terminal::default();
    let words = resolve::command_line();
    let discretion = Discretion::of(&words);
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return no_command(&error, terminal, &discretion),
    };
    let mut environment = Environment::read();
    let settings =
        match Settings::resolve(&arguments.global, &environment, terminal.shows_answers()) {
            Ok(settings) => settings,
            Err(error) => return Failure::of_settings(&error).tell(terminal, &discretion),
        };
    terminal.verbosity = settings.verbosity;
    terminal.debug(format_args!("the registry is {:?}", settings.registry));
    let session = Session { settings, terminal, discretion };
    match session.run(arguments.command, &mut environment) {
        Ok(status) => {
            terminal::end_if_interrupted();
            status
        }
        Err(failure) => {
            let status = failure.tell(terminal, &session.discretion);
            if !failure.is_interruption() {
                terminal::end_if_interrupted();
            }
            status
        }
    }
}

/// Prints a help text, or says what is wrong with a command line.
fn no_command(error: &clap::Error, terminal: Terminal, discretion: &Discretion) -> ExitStatus {
    match error.kind() {
        UsageErrorKind::DisplayHelp | UsageErrorKind::DisplayVersion => {
            match terminal.answer(error.to_string().as_bytes()) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitStatus::Other,
                _ => ExitStatus::Success,
            }
        }
        UsageErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            terminal.show_help(error);
            ExitStatus::Usage
        }
        _ => Failure::of_usage(error, discretion).tell(terminal, discretion),
    }
}

/// What holds while one command runs.
struct Session {
    settings: Settings,
    terminal: Terminal,
    discretion: Discretion,
}

impl Session {
    fn run(&self, command: Command, environment: &mut Environment) -> Result<ExitStatus, Failure> {
        let terminal = self.terminal;
        let told = |operation| move |error: RequestError| Failure::of_request(&error, operation);
        match command {
            Command::Convert(arguments) => self.convert(
                &request::convert(arguments, environment, terminal)
                    .map_err(told(Operation::DescribeKeyPairs))?,
            ),
            Command::Fingerprint(arguments) => {
                let files = request::fingerprint(arguments, environment, terminal);
                return self.fingerprint(&files.map_err(told(Operation::DescribeKeyPairs))?);
            }
            Command::Verify(arguments) => {
                return self.verify(
                    &request::verify(arguments, environment, terminal)
                        .map_err(told(Operation::DescribeKeyPairs))?,
                );
            }
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
            Command::Import(arguments) => self.import(
                &request::import(arguments, environment, terminal)
                    .map_err(told(Operation::ImportKeyPair))?,
                Spelling::Native,
            ),
            Command::ImportKeyPair(arguments) => self.import(
                &request::import_key_pair(arguments, environment)
                    .map_err(told(Operation::ImportKeyPair))?,
                Spelling::Aws,
            ),
            Command::Describe(arguments) => self.describe(
                &request::describe(arguments, environment)
                    .map_err(told(Operation::DescribeKeyPairs))?,
            ),
            Command::DescribeKeyPairs(arguments) => self.describe(
                &request::describe_key_pairs(arguments, environment)
                    .map_err(told(Operation::DescribeKeyPairs))?,
            ),
            Command::Delete(arguments) => self.delete(
                &request::delete(arguments, environment, terminal)
                    .map_err(told(Operation::DeleteKeyPair))?,
                Spelling::Native,
            ),
            Command::DeleteKeyPair(arguments) => self.delete(
                &request::delete_key_pair(arguments).map_err(told(Operation::DeleteKeyPair))?,
                Spelling::Aws,
            ),
        }?;
        Ok(ExitStatus::Success)
    }

    fn convert(&self, request: &ConvertRequest) -> Result<(), Failure> {
        let to_user = request.out.is_none();
        if to_user && matches!(request.form, Form::Private { .. }) {
            self.check_readers()?;
        }
        let mut answer = |converted: &Converted| match &converted.contents {
            Some(contents) => self.terminal.answer_text(contents),
            None => self.answer(&respond::converted(converted), "Convert"),
        };
        let mut random = self.random()?;
        let convert = || convert::convert(request, &mut random, &mut answer);
        match self.terminal.while_working(&reading(&request.origin), convert) {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // A key that went to a file is there, only the reader of the answer has left.
            Err(CommandError::Output(error))
                if error.kind() == ErrorKind::BrokenPipe && !to_user => {}
            Err(error) => return Err(Failure::of_command(&error, Operation::DescribeKeyPairs)),
        }
        Ok(())
    }

    /// Tells of each file; one that holds no key does not stop the others, and decides how it ends.
    fn fingerprint(&self, files: &FingerprintFiles) -> Result<ExitStatus, Failure> {
        let operation = Operation::DescribeKeyPairs;
        let mut keys = Vec::new();
        let mut status = ExitStatus::Success;
        for file in &files.files {
            let request = files
                .request(file, self.terminal)
                .map_err(|error| Failure::of_request(&error, operation));
            let key = request.and_then(|request| {
                let read = || fingerprint::fingerprint(&request);
                let key = self.terminal.while_working(&reading(&request.origin), read);
                key.map_err(|error| Failure::of_command(&error, operation))
            });
            match key {
                Ok(key) => keys.push(key),
                Err(failure) if files.files.len() == 1 || failure.is_interruption() => {
                    return Err(failure);
                }
                Err(failure) => {
                    let failed = failure.tell(self.terminal, &self.discretion);
                    if status == ExitStatus::Success {
                        status = failed;
                    }
                }
            }
        }
        if files.randomart {
            let pictures: String = keys.iter().map(respond::randomart).collect();
            let answered = self.terminal.answer(pictures.as_bytes());
            self.unless_reader_left(answered, CommandError::Output)?;
        } else {
            self.answer_last(&respond::fingerprints(&keys), "Fingerprint")?;
        }
        Ok(status)
    }

    fn verify(&self, request: &VerifyRequest) -> Result<ExitStatus, Failure> {
        let mut registry = self.registry()?;
        let verify = || verify::verify(request, &mut *registry);
        let verified = self
            .terminal
            .while_working(&reading(&request.file.origin), verify)
            .map_err(|error| Failure::of_command(&error, Operation::DescribeKeyPairs));
        let verified = verified
            .map_err(|failure| suggest(failure, request.name.as_slice(), &mut *registry))?;
        self.answer_last(&respond::verified(&verified), "Verify")?;
        Ok(if verified.matches.is_empty() { ExitStatus::No } else { ExitStatus::Success })
    }

    fn create(&self, request: &CreateRequest, spelling: Spelling) -> Result<(), Failure> {
        let operation = Operation::CreateKeyPair;
        let to_user = request.destination == Destination::Answer;
        if to_user {
            self.check_readers()?;
        }
        let mut answer = |created: &Created| match (&created.private_key, spelling) {
            (Some(private_key), Spelling::Native) => self.terminal.answer_text(private_key),
            _ => {
                self.warn_unless(created.is_confirmed);
                self.answer(&respond::created(created, spelling), operation.name())
            }
        };
        if self.settings.registry.is_ec2() && request.specification == KeySpecification::Ed25519 {
            self.terminal.note("Windows instances accept RSA keys only");
        }
        let mut random = self.random()?;
        let mut registry = self.registry()?;
        let mut create = || create::create(request, &mut *registry, &mut random, &mut answer);
        let outcome = match request.specification {
            KeySpecification::Ed25519 => create(),
            KeySpecification::Rsa(bits) => {
                let what = format!("making an RSA key of {} bits", bits.bits());
                self.terminal.while_working(&what, create)
            }
        };
        match outcome {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // Everything is done, only the reader of the answer has left.
            Err(CommandError::Unanswered { source, .. })
                if source.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                if let CommandError::OutcomeUnknown { private_key: Some(private_key), .. } = &error
                {
                    // It may be registered, and there is no other copy of it.
                    self.terminal.answer_text(private_key).ok();
                }
                return Err(Failure::of_command(&error, operation));
            }
        }
        Ok(())
    }

    /// Says so if a registry's answer does not tell which key it has registered.
    fn warn_unless(&self, is_confirmed: bool) {
        if !is_confirmed {
            self.terminal.warn("the answer does not tell which key was registered");
            self.terminal.hint("`keypair verify FILE --key-name NAME` finds out");
        }
    }

    fn import(&self, request: &ImportRequest, spelling: Spelling) -> Result<(), Failure> {
        let operation = Operation::ImportKeyPair;
        let mut registry = self.registry()?;
        let import = || import::import(request, &mut *registry);
        let imported = self
            .terminal
            .while_working(&reading(&request.origin), import)
            .map_err(|error| Failure::of_command(&error, operation))?;
        if imported.file.source.is_private() {
            self.terminal.note("that is a private key; only its public half was used");
        }
        if let PublicKey::Rsa(key) = &imported.file.key
            && !DOCUMENTED_RSA_BITS.contains(&key.bits())
        {
            self.terminal.warn(format_args!(
                "the key has {} bits; EC2 documents RSA keys of 1024, 2048 and 4096 bits",
                key.bits()
            ));
        }
        match imported.registered {
            Some(Registered { pair, is_confirmed }) => {
                self.warn_unless(is_confirmed);
                let answered = self.answer(&respond::imported(&pair, spelling), operation.name());
                self.unless_reader_left(answered, CommandError::OutputOfChange)
            }
            None => {
                self.note_dry_run();
                Ok(())
            }
        }
    }

    fn describe(&self, request: &DescribeRequest) -> Result<(), Failure> {
        let operation = Operation::DescribeKeyPairs;
        let mut registry = self.registry()?;
        let pairs = describe::describe(request, &mut *registry).map_err(|error| {
            let failure = Failure::of_command(&error, operation);
            suggest(failure, &request.selection.names, &mut *registry)
        })?;
        match pairs {
            Some(pairs) => self.answer_last(&respond::described(&pairs), operation.name()),
            None => {
                self.note_dry_run();
                Ok(())
            }
        }
    }

    fn delete(&self, request: &DeleteRequest, spelling: Spelling) -> Result<(), Failure> {
        let operation = Operation::DeleteKeyPair;
        let mut registry = self.registry()?;
        let deleted = delete::delete(request, &mut *registry).map_err(|error| {
            let failure = Failure::of_command(&error, operation);
            suggest(failure, &Selection::of(&request.references).names, &mut *registry)
        })?;
        if request.dry_run {
            self.note_dry_run();
            return Ok(());
        }
        let answered = self.answer(&respond::deleted(&deleted, spelling), operation.name());
        self.unless_reader_left(answered, CommandError::OutputOfChange)
    }

    /// Writes an answer that is all there is to do; that nobody reads it does no harm.
    fn answer_last(&self, value: &Value, title: &str) -> Result<(), Failure> {
        self.unless_reader_left(self.answer(value, title), CommandError::Output)
    }

    fn unless_reader_left(
        &self,
        answered: io::Result<()>,
        failed: fn(io::Error) -> CommandError,
    ) -> Result<(), Failure> {
        match answered {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::of_command(&failed(error), Operation::DescribeKeyPairs))
            }
            _ => Ok(()),
        }
    }

    /// Says so if the private key that is about to go to stdout is going to a file that others can
    /// read, and refuses if it is going nowhere.
    fn check_readers(&self) -> Result<(), Failure> {
        if self.terminal.loses_answers() {
            return Err(Failure::of_nowhere());
        }
        if self.terminal.answers_are_readable_by_others() {
            self.terminal
                .warn("stdout is a file that others can read, and a private key is going to it");
            self.terminal.hint("`umask 077` before, or `chmod 400` it now");
        }
        Ok(())
    }

    fn answer(&self, value: &Value, title: &str) -> io::Result<()> {
        let Settings { output, query, color, .. } = &self.settings;
        let style = Style {
            width: self.terminal.width().unwrap_or(AWS_CLI_WIDTH),
            color: *color,
            escape: self.terminal.shows_answers(),
        };
        let found;
        let value = match query {
            Some(query) => {
                found = query.search(value).map_err(io::Error::other)?;
                &found
            }
            None => value,
        };
        let text = render::render(value, title, *output, &style);
        self.terminal.answer(text.expose())
    }

    /// Says what EC2 says after a dry run, which is no error here.
    fn note_dry_run(&self) {
        self.terminal
            .note("DryRunOperation: Request would have succeeded, but DryRun flag is set.");
    }

    fn registry(&self) -> Result<Box<dyn Registry>, Failure> {
        match &self.settings.registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(settings) => Ok(Box::new(Ec2Registry::new(settings.clone()))),
            RegistrySettings::Local(file) => {
                let now = CreateTime::from(SystemTime::now());
                Ok(Box::new(LocalRegistry::new(file, now, Box::new(self.random()?))))
            }
        }
    }

    /// Returns a generator seeded by the operating system.
    fn random(&self) -> Result<StdRng, Failure> {
        StdRng::try_from_rng(&mut SysRng).map_err(|error| Failure::of_randomness(&error))
    }
}

/// Says what takes its time if it does: a key derivation.
fn reading(origin: &str) -> String {
    format!("reading {}", visible(origin))
}

/// The columns that the AWS CLI counts on where stdout is no terminal.
const AWS_CLI_WIDTH: usize = 80;

const DOCUMENTED_RSA_BITS: [u32; 3] = [1024, 2048, 4096];

//! Failures in words: an exit status, a sentence and hints.

mod agent;
mod conflict;
mod connect;
mod credentials;
mod finding;
mod foreign;
mod hint;
mod key;
mod operation;
mod operations;
mod password;
mod registry;
mod request;
mod settings;
mod status;
mod store;
mod suggest;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

pub use finding::{Notice, of_weakness};
pub use hint::Hint;
pub use operation::Operation;
pub use operations::delete_parameter;
pub use status::ExitStatus;
pub use suggest::suggest;

use super::key_material::QueryRefused;
use super::man::UnknownPage;
use super::options::ErrorFormatArg;
use super::output::query::QueryError;
use super::output::{self, OutputFormat, Style, Value};
use super::settings::RegistryOptions;
use super::shell::{self, ShellCommand};
use super::terminal::{PromptError, Terminal};
use crate::file::FileError;
use crate::registry::{KeyName, Location, TagError};
use crate::secret::Secret;

/// A failure to be reported.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    sentence: String,
    /// Printed after the sentence.
    refusal: Option<Box<Refusal>>,
    hints: Vec<Hint>,
    causes: String,
    code: Code,
    /// The exit status of the AWS CLI, if it treats this failure as one of another kind.
    of_aws_cli: Option<ExitStatus>,
}

/// The AWS CLI's code of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    /// The exit status implies the code.
    Implied,
    Named(&'static str),
    /// As `aws`, a sentence is printed in every format.
    Missing,
}

/// A refusal of a registry, worded as the AWS CLI does.
#[derive(Debug)]
struct Refusal {
    code: String,
    message: String,
    /// The number of retries before EC2 refused, if it was the last one.
    retries: u32,
    operation: Option<Operation>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, retries, operation } = self;
        write!(formatter, "An error occurred ({code})")?;
        if let Some(operation) = operation {
            write!(formatter, " when calling the {} operation", operation.name())?;
        }
        if *retries > 0 {
            write!(formatter, " (reached max retries: {retries})")?;
        }
        write!(formatter, ": {message}")
    }
}

impl Failure {
    fn new(status: ExitStatus, sentence: impl Into<String>, error: &dyn Error) -> Self {
        let (sentence, causes) = (sentence.into(), chain(error));
        Self::of_parts(status, sentence, causes)
    }

    fn of_parts(status: ExitStatus, sentence: String, causes: String) -> Self {
        let (refusal, hints) = (None, Vec::new());
        Self { status, sentence, refusal, hints, causes, code: Code::Implied, of_aws_cli: None }
    }

    /// Rejects a command line for a reason that one command knows.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::of_words(sentence.into())
    }

    fn of_words(sentence: String) -> Self {
        let causes = sentence.clone();
        Self::of_parts(ExitStatus::Usage, sentence, causes)
    }

    fn coded(self, code: &'static str) -> Self {
        Self { code: Code::Named(code), ..self }
    }

    /// Omits the code if the program runs as `aws`.
    pub fn without_code(self) -> Self {
        Self { code: Code::Missing, ..self }
    }

    /// Sets the exit status of the AWS CLI.
    fn for_aws(self, status: ExitStatus) -> Self {
        Self { of_aws_cli: Some(status), ..self }
    }

    /// Returns the AWS CLI's exit status, which does not tell errors of EC2 apart
    /// (`awscli/errorhandler.py`).
    fn status_of_aws_cli(&self) -> ExitStatus {
        if let Some(status) = self.of_aws_cli {
            return status;
        }
        match self.status {
            ExitStatus::NotFound | ExitStatus::Exists | ExitStatus::NotAccepted => {
                ExitStatus::Refused
            }
            ExitStatus::Refused if self.refusal.is_none() => ExitStatus::Other,
            ExitStatus::Configuration if self.code == Code::Implied => ExitStatus::Other,
            status => status,
        }
    }

    fn refused(
        status: ExitStatus,
        code: impl Into<String>,
        message: impl Into<String>,
        error: &dyn Error,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        let refusal = Refusal { code, message, retries: 0, operation: None };
        Self { refusal: Some(refusal.into()), ..Self::new(status, "", error) }
    }

    /// Sets the EC2 operation of a refusal, unless it is set.
    pub fn during(mut self, operation: Operation) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.operation.get_or_insert(operation);
        }
        self
    }

    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Replaces the hints.
    pub fn only_hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.clear();
        self.hint(hint)
    }

    /// Makes the commands in the hints use the registry that the user selected.
    pub fn in_registry(self, options: &RegistryOptions) -> Self {
        let hints = self.hints.into_iter().map(|hint| hint.in_registry(options)).collect();
        Self { hints, ..self }
    }

    /// Reports the end of a wait in the AWS CLI's words.
    pub fn of_waiter(reason: &str) -> Self {
        let sentence = format!("Waiter KeyPairExists failed: {reason}");
        Self { status: ExitStatus::Other, ..Self::usage(sentence) }
    }

    /// Refuses to write a private key to /dev/null.
    pub fn of_nowhere() -> Self {
        let sentence = "stdout is /dev/null; refusing to discard a private key";
        let error = io::Error::from(ErrorKind::WriteZero);
        Self::new(ExitStatus::Other, sentence, &error)
            .hint("nothing was changed; pass `--out PATH` to write it to a file, and use `create` instead of `create-key-pair`")
    }

    pub fn sentence(&self) -> String {
        let refusal = self.refusal.as_ref().map(ToString::to_string);
        format!("{}{}", self.sentence, refusal.unwrap_or_default())
    }

    /// Returns the code of a refusal, or the AWS CLI's code for a failure of this machine.
    pub fn aws_code(&self) -> Option<&str> {
        match &self.refusal {
            Some(refusal) => Some(&refusal.code),
            None => self.code(self.status, false),
        }
    }

    /// Names the region of a failure, and the others that failed.
    fn in_regions(mut self, location: &Location, others: &[String]) -> Self {
        self.sentence = format!("{location}: {}", self.sentence);
        if !others.is_empty() {
            self.hints.push(format!("{} failed, too", others.join(", ")).into());
        }
        self
    }

    /// Returns whether the registry refused a request.
    pub fn is_refusal(&self) -> bool {
        self.refusal.is_some()
    }

    pub fn is_not_found(&self) -> bool {
        self.status == ExitStatus::NotFound
    }

    /// Returns whether the user interrupted the command.
    pub fn is_interruption(&self) -> bool {
        self.status == ExitStatus::Interrupted
    }

    /// Prints the failure to stderr and returns its exit status.
    pub fn report(&self, terminal: Terminal) -> ExitStatus {
        let status = if terminal.is_aws { self.status_of_aws_cli() } else { self.status };
        match self.page(status, terminal) {
            Some(page) => terminal.print_error(&page),
            None => {
                match self.code(status, terminal.is_aws) {
                    Some(code)
                        if terminal.is_aws && terminal.error_format != ErrorFormatArg::Legacy =>
                    {
                        let sentence = self.sentence();
                        terminal.error(format_args!("An error occurred ({code}): {sentence}"));
                    }
                    _ => terminal.error(self.sentence()),
                }
                for hint in &self.hints {
                    terminal.hint(hint);
                }
            }
        }
        terminal.debug(format_args!("caused by: {}", self.causes));
        status
    }

    /// Returns the AWS CLI's code for a failure of this machine.
    fn code(&self, status: ExitStatus, is_aws: bool) -> Option<&'static str> {
        match (self.code, status) {
            _ if self.refusal.is_some() => None,
            (Code::Missing, _) if is_aws => None,
            (_, ExitStatus::Usage) => Some("ParamValidation"),
            (Code::Named(code), ExitStatus::Configuration) => Some(code),
            (_, ExitStatus::Configuration) => Some("Configuration"),
            _ => None,
        }
    }

    /// Returns the code and message in the format of `--cli-error-format`, without hints. The codes
    /// are those of the AWS CLI; a failure without one is always a sentence.
    fn page(&self, status: ExitStatus, terminal: Terminal) -> Option<Secret> {
        let format = match terminal.error_format {
            ErrorFormatArg::Legacy | ErrorFormatArg::Enhanced => return None,
            ErrorFormatArg::Json => OutputFormat::Json,
            ErrorFormatArg::Yaml => OutputFormat::Yaml,
            ErrorFormatArg::Text => OutputFormat::Text,
            ErrorFormatArg::Table => OutputFormat::Table,
        };
        let (code, message) = match &self.refusal {
            Some(refusal) => (refusal.code.as_str(), refusal.message.as_str()),
            None => (self.code(status, terminal.is_aws)?, self.sentence.as_str()),
        };
        let text = |text| Value::from(terminal.redacted(text));
        let value = Value::object([("Code", text(code)), ("Message", text(message))]);
        let style = Style { escape: true, ..Style::default() };
        Some(output::render(&value, "error", format, &style))
    }

    /// Rewords an error of clap.
    pub fn of_usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        // An empty line separates the sentence from the tips.
        let (sentence, advice) = text.split_once("\n\n").unwrap_or((text, ""));
        let sentence: Vec<_> = sentence.split_whitespace().collect();
        let mut failure = Self::of_words(sentence.join(" "));
        // A word that begins with two hyphens is a misspelled option, not a value.
        let is_of_value = |line: &&str| line.starts_with("tip: to pass '--");
        let advice = advice.lines().map(str::trim).filter(|line| !line.is_empty());
        for line in advice.filter(|line| !is_of_value(line)) {
            failure = failure.hint(line.strip_prefix("tip: ").unwrap_or(line).to_owned());
        }
        failure
    }

    /// Rejects a query that would lose the private key.
    pub fn of_query(refused: &QueryRefused, hint: impl Into<Hint>) -> Self {
        let option = match refused {
            QueryRefused::NotShown => "--output",
            QueryRefused::KeyLeftOut(_) | QueryRefused::Query(_) => "--query",
        };
        let sentence = format!("invalid value for {option}: {refused}");
        let failure = Self::new(ExitStatus::Usage, sentence, refused);
        match refused {
            QueryRefused::KeyLeftOut(_) | QueryRefused::NotShown => failure.hint(hint),
            QueryRefused::Query(_) => failure,
        }
    }

    pub fn of_randomness(error: &(dyn Error + 'static)) -> Self {
        let sentence =
            format!("cannot get random numbers from the operating system: {}", chain(error));
        Self::new(ExitStatus::Other, sentence, error)
    }

    fn of_file(error: &FileError) -> Self {
        let failure = |status| Self::new(status, chain(error), error);
        match error {
            FileError::Exists { .. } => failure(ExitStatus::Exists)
                .hint("choose another path, or pass `--force` to replace it"),
            FileError::MissingDirectory { path: folder } => failure(ExitStatus::Other)
                .hint(Hint::run(shell::create_directory(folder)).text(" to make it")),
            FileError::ChangedByOther { .. } => {
                failure(ExitStatus::Other).hint("run the command again")
            }
            FileError::TooLarge { .. } => failure(ExitStatus::NotAccepted),
            _ => failure(ExitStatus::Other),
        }
    }

    fn of_prompt(error: &PromptError) -> Self {
        let failure = |status| Self::new(status, error.to_string(), error);
        match error {
            PromptError::Different | PromptError::Empty => failure(ExitStatus::NotAccepted),
            PromptError::Interrupted => failure(ExitStatus::Interrupted),
            #[cfg(windows)]
            PromptError::NotText => failure(ExitStatus::NotAccepted).hint(OTHER_WAYS),
            PromptError::NoTerminal(_) => failure(ExitStatus::Usage).hint(OTHER_WAYS),
        }
    }

    fn of_tag(error: &TagError) -> Self {
        let (code, message) = match error {
            TagError::KeyReserved { .. } => (
                "InvalidParameterValue",
                "Tag keys starting with 'aws:' are reserved for internal use".to_owned(),
            ),
            TagError::KeyTwice { key } => {
                ("InvalidParameterValue", format!("Duplicate tag key '{key}' specified."))
            }
            TagError::TooMany { .. } => ("TagLimitExceeded", error.to_string()),
            _ => ("InvalidParameterValue", error.to_string()),
        };
        Self::refused(ExitStatus::Refused, code, message, error)
    }
}

impl From<UnknownPage> for Failure {
    fn from(error: UnknownPage) -> Self {
        Self::new(ExitStatus::Usage, error.to_string(), &error)
            .hint("run `keypair --help` for a list of the commands")
    }
}

/// Advises to check whether a pair is registered.
fn describe(name: &KeyName) -> Hint {
    Hint::run(ShellCommand::keypair("describe").operand(name.as_str())).text(" to check")
}

fn delete(name: &KeyName) -> ShellCommand {
    ShellCommand::keypair("delete").operand(name.as_str())
}

const OTHER_WAYS: &str = "pass `--passphrase-file PATH` or set KEYPAIR_PASSPHRASE";

/// Returns the exit status for a response that could not be written: a query may have failed.
fn unanswered(error: &io::Error) -> ExitStatus {
    match error.get_ref() {
        Some(inner) if inner.is::<QueryError>() || inner.is::<QueryRefused>() => ExitStatus::Usage,
        _ => ExitStatus::Other,
    }
}

/// Returns an error and its causes in one line, without the system's error numbers.
fn chain(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        if parts.last().is_none_or(|last| last != text) {
            parts.push(text.to_owned());
        }
        cause = error.source();
    }
    parts.join(": ")
}

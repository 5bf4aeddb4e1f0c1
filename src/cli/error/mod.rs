//! Every failure as a person reads it: an exit status, a sentence, and what can be done.

mod agent;
mod conflict;
mod finding;
mod hint;
mod key;
mod operation;
mod registry;
mod request;
mod status;
mod suggest;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

pub use finding::{Notice, of_weakness};
pub use hint::Hint;
pub use operation::Operation;
pub use status::ExitStatus;
pub use suggest::suggest;

use super::key_material::QueryRefused;
use super::man::UnknownPage;
use super::render::query::QueryError;
use super::settings::{RegistryOptions, SettingsError};
use super::shell::{self, ShellCommand};
use super::terminal::{PromptError, Terminal};
use crate::file::FileError;
use crate::format::FormatError;
use crate::key::GenerateError;
use crate::operations::OperationError;
use crate::registry::{KeyName, RegistryError, TagError};

/// A failure, ready to be told.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    sentence: String,
    /// Follows the sentence.
    refusal: Option<Refusal>,
    hints: Vec<Hint>,
    causes: String,
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
        Self { status, sentence, refusal: None, hints: Vec::new(), causes }
    }

    fn refused(
        status: ExitStatus,
        code: impl Into<String>,
        message: impl Into<String>,
        error: &dyn Error,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        let refusal = Refusal { code, message, retries: 0, operation: None };
        Self { refusal: Some(refusal), ..Self::new(status, "", error) }
    }

    /// Names the operation of EC2 that a refusal is about, unless it is known.
    pub fn during(mut self, operation: Operation) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.operation.get_or_insert(operation);
        }
        self
    }

    /// Adds what can be done.
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Replaces what can be done.
    pub fn only_hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.clear();
        self.hint(hint)
    }

    /// Has the commands that the hints advise use the registry that the user named.
    pub fn in_registry(self, options: &RegistryOptions) -> Self {
        let hints = self.hints.into_iter().map(|hint| hint.in_registry(options)).collect();
        Self { hints, ..self }
    }

    /// Says that a private key must not go where nobody can read it.
    pub fn of_nowhere() -> Self {
        let sentence = "stdout leads nowhere, and a private key would be lost there";
        let error = io::Error::from(ErrorKind::WriteZero);
        Self::new(ExitStatus::Other, sentence, &error)
            .hint("nothing was done; pass `--out PATH` to write it to a file; instead of `create-key-pair`, use `create`")
    }

    /// Returns what went wrong, in a sentence.
    pub fn sentence(&self) -> String {
        let refusal = self.refusal.as_ref().map(ToString::to_string);
        format!("{}{}", self.sentence, refusal.unwrap_or_default())
    }

    /// Returns whether it is that something is not there.
    pub fn is_not_found(&self) -> bool {
        self.status == ExitStatus::NotFound
    }

    /// Returns whether it says no more than that the user gave up.
    pub fn is_interruption(&self) -> bool {
        self.status == ExitStatus::Interrupted
    }

    /// Tells the failure on stderr, and returns how the program ends.
    pub fn report(&self, terminal: Terminal) -> ExitStatus {
        terminal.error(self.sentence());
        for hint in &self.hints {
            terminal.hint(hint);
        }
        terminal.debug(format_args!("caused by: {}", self.causes));
        self.status
    }

    /// Says why a command line is not one.
    pub fn of_usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        // The advice that follows the sentence is set off by an empty line.
        let (sentence, advice) = text.split_once("\n\n").unwrap_or((text, ""));
        let sentence: Vec<_> = sentence.split_whitespace().collect();
        let sentence = sentence.join(" ");
        let causes = sentence.clone();
        let mut failure =
            Self { status: ExitStatus::Usage, sentence, refusal: None, hints: Vec::new(), causes };
        // A word that begins with two hyphens is a misspelled option, hardly a name.
        let is_of_value = |line: &&str| line.starts_with("tip: to pass '--");
        let advice = advice.lines().map(str::trim).filter(|line| !line.is_empty());
        for line in advice.filter(|line| !is_of_value(line)) {
            failure = failure.hint(line.strip_prefix("tip: ").unwrap_or(line).to_owned());
        }
        failure
    }

    /// Says why a query must not be applied to an answer with a private key.
    pub fn of_query(refused: &QueryRefused, hint: impl Into<Hint>) -> Self {
        let sentence = format!("bad value for --query: {refused}");
        let failure = Self::new(ExitStatus::Usage, sentence, refused);
        match refused {
            QueryRefused::KeyLeftOut(_) => failure.hint(hint),
            QueryRefused::Query(_) => failure,
        }
    }

    /// Says that the operating system returns no random numbers.
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
                .hint(Hint::run(shell::make_folder(folder)).text(" to make it")),
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

impl From<&OperationError> for Failure {
    fn from(error: &OperationError) -> Self {
        match error {
            OperationError::Conflict(conflict) => Self::of_conflict(conflict),
            OperationError::Agent(source) => Self::of_agent(source),
            OperationError::AgentKeyNotRemoved { name, cause, source: _ } => {
                Self::of_stayed_key(name, cause)
            }
            OperationError::File(source) => Self::of_file(source),
            OperationError::FileNotRemoved(source) => {
                let failure = Self::new(ExitStatus::Other, chain(error), error);
                match source {
                    FileError::Changed { kept, .. } => failure.hint(
                        Hint::run(ShellCommand::keypair("verify").path(kept))
                            .text(" to find the pair of that file"),
                    ),
                    // Another program has removed it.
                    FileError::Io { source, .. } if source.kind() == ErrorKind::NotFound => failure,
                    FileError::Io { path, .. } => {
                        failure.hint(Hint::run(shell::remove(path)).text(" to delete it"))
                    }
                    _ => failure,
                }
            }
            OperationError::FileWithoutPair { name, path } => {
                Self::of_file_without_pair(name, path, error)
            }
            OperationError::Interrupted => {
                Self::new(ExitStatus::Interrupted, error.to_string(), error)
            }
            OperationError::Incomplete { made, wanted, last, source } => {
                let last = last.as_ref().map(|last| format!(", the last is `{last}`"));
                let last = last.unwrap_or_default();
                Self::from(&**source)
                    .hint(format!("{made} of {wanted} pairs are made and registered{last}"))
            }
            OperationError::Format(FormatError::Cost(source)) => Self::of_cost(*source, error),
            OperationError::Format(_) => Self::new(ExitStatus::NotAccepted, chain(error), error),
            OperationError::NotAKey { origin, source } => Self::of_key(origin, source, false),
            OperationError::Generate(GenerateError::Inconsistent) => {
                Self::new(ExitStatus::Other, chain(error), error).hint(
                    "run the command again; if this repeats, check the memory and the processor",
                )
            }
            OperationError::Generate(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::GenerationUnknown { name, .. } => {
                Self::new(ExitStatus::Refused, chain(error), error)
                    .hint(describe(name))
                    .hint(Hint::run(delete(name)).text(" to delete it if it was created just now"))
            }
            OperationError::MaterialMismatch { .. } => {
                Self::new(ExitStatus::Refused, error.to_string(), error)
            }
            OperationError::RolledBack { name, cause } => {
                let failure = Self::from(&**cause);
                let hint = format!("`{name}` was created, and deleted again");
                match **cause {
                    // Its hints say how to find out.
                    OperationError::OutcomeUnknown { .. } => failure.only_hint(hint),
                    _ => failure.hint(hint),
                }
            }
            OperationError::DeletionUnknown { .. } => {
                Self::new(ExitStatus::Refused, chain(error), error)
                    .hint(Hint::run(ShellCommand::keypair("describe")).text(" to check"))
            }
            OperationError::KeyLost { name, source, .. } => {
                let failure = Self::new(ExitStatus::Refused, chain(error), error);
                match source {
                    RegistryError::OtherRegistered { .. } => failure.hint(describe(name)),
                    _ => failure.hint(Hint::run(delete(name)).text(" to delete it")),
                }
            }
            OperationError::OutcomeUnknown { name, is_own, path, in_agent, .. } => {
                let kept = place(path.as_deref(), *in_agent);
                let kept = kept.map(|place| format!("; the private key is kept in {place}"));
                let sentence = format!("{}{}", chain(error), kept.unwrap_or_default());
                let failure = Self::new(ExitStatus::Refused, sentence, error).hint(describe(name));
                // Otherwise it may be another user's.
                match is_own {
                    true => failure.hint(Hint::run(delete(name)).text(" to delete it")),
                    false => failure,
                }
            }
            OperationError::Output(source) => Self::new(unanswered(source), chain(error), error),
            OperationError::OutputAfterChange(_) => {
                Self::new(ExitStatus::Other, chain(error), error)
            }
            OperationError::OutputAfterCreate { name, path, in_agent, .. } => {
                let key = place(path.as_deref(), *in_agent);
                let key = key.map(|place| format!(", its private key is in {place}"));
                let key = key.unwrap_or_default();
                let sentence = format!("`{name}` is registered{key}, but {}", chain(error));
                Self::new(ExitStatus::Other, sentence, error)
            }
            OperationError::KeyMismatch { .. } => {
                Self::new(ExitStatus::NotAccepted, format!("nothing was deleted: {error}"), error)
            }
            OperationError::Parameter { source, .. } => {
                Self::from(source).during(Operation::GetParameter)
            }
            OperationError::ParameterNotPrivate { parameter }
            | OperationError::ParameterMismatch { parameter, .. }
            | OperationError::PrivateKeyNotVerified { parameter, .. } => {
                let status = match error {
                    OperationError::PrivateKeyNotVerified { .. } => ExitStatus::Refused,
                    _ => ExitStatus::NotAccepted,
                };
                Self::new(status, error.to_string(), error).hint(
                    Hint::from("nothing was written; run ")
                        .command(get_parameter(parameter))
                        .text(" to see what is there"),
                )
            }
            OperationError::Registry(source) => source.into(),
            OperationError::Name(source) => {
                Self::new(ExitStatus::NotAccepted, format!("bad key name: {source}"), error)
            }
            OperationError::CannotRun { source, .. } => {
                let status = if source.kind() == ErrorKind::NotFound { 127 } else { 126 };
                Self::new(ExitStatus::OfCommand(status), chain(error), error)
            }
            OperationError::AgentServer(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::Signals(_) => Self::new(ExitStatus::Other, chain(error), error),
            OperationError::Signalled { signal } => {
                let status = ExitStatus::OfCommand(signal.saturating_add(128));
                Self::new(status, error.to_string(), error)
            }
            OperationError::StillRegistered { name, source } => {
                let mut failure = Self::from(&**source);
                failure.sentence = format!("`{name}` is still registered: {}", failure.sentence);
                failure.only_hint(Hint::run(delete(name)).text(" to delete it"))
            }
            OperationError::SameFile { .. } => {
                Self::new(ExitStatus::Usage, error.to_string(), error)
                    .hint("`--out` and `--public-out` name two files")
            }
            OperationError::UsageUnknown { by, source } => {
                Self::from(source).during(Operation::of_user(*by))
            }
            OperationError::UnsafeFileName { .. } => {
                Self::new(ExitStatus::NotAccepted, error.to_string(), error)
                    .hint("`--out PATH` says where the private key goes")
            }
        }
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        Self::from(&error)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let error = &error;
        let failure = |status| Self::new(status, error.to_string(), error);
        match error {
            #[cfg(feature = "ec2")]
            SettingsError::NotWithEc2 { .. }
            | SettingsError::EndpointUrl { .. }
            | SettingsError::Region { .. } => failure(ExitStatus::Usage),
            #[cfg(not(feature = "ec2"))]
            SettingsError::Ec2NotBuilt => failure(ExitStatus::Configuration)
                .hint("`--registry local` registers in a file, without an account"),
            SettingsError::OfEc2 => failure(ExitStatus::Usage)
                .hint("without `--registry local`, EC2 and Parameter Store are asked"),
            SettingsError::NoHome => failure(ExitStatus::Configuration)
                .hint("`--registry-file PATH` or KEYPAIR_REGISTRY_FILE says where it is"),
            SettingsError::Query(source) => {
                let place = match source {
                    QueryError::Syntax { expression, offset, .. }
                    | QueryError::TooDeep { expression, offset, .. } => {
                        let before = expression.get(..*offset).unwrap_or(expression);
                        format!(", at character {}: {expression}", before.chars().count() + 1)
                    }
                    _ => String::new(),
                };
                let sentence = format!("bad value for --query: {source}{place}");
                Self::new(ExitStatus::Usage, sentence, error)
            }
            SettingsError::UnknownOutput { .. } => {
                failure(ExitStatus::Usage).hint("the formats are json, jsonl, text, table and yaml")
            }
            SettingsError::UnknownRegistry { .. } => {
                failure(ExitStatus::Usage).hint("the registries are `local` and `ec2`")
            }
        }
    }
}

impl From<UnknownPage> for Failure {
    fn from(error: UnknownPage) -> Self {
        Self::new(ExitStatus::Usage, error.to_string(), &error)
            .hint("run `keypair --help` for a list of the commands")
    }
}

/// Advises to look whether a pair is registered.
fn describe(name: &KeyName) -> Hint {
    Hint::run(ShellCommand::keypair("describe").operand(name.as_str())).text(" to check")
}

fn delete(name: &KeyName) -> ShellCommand {
    ShellCommand::keypair("delete").operand(name.as_str())
}

fn get_parameter(name: &str) -> ShellCommand {
    ShellCommand::keypair("get-parameter").option("--name", name)
}

/// Where else a passphrase comes from.
const OTHER_WAYS: &str = "`--passphrase-file PATH` reads one, KEYPAIR_PASSPHRASE holds one";

/// Says where a private key is.
fn place(path: Option<&Path>, in_agent: bool) -> Option<String> {
    match (path, in_agent) {
        (Some(path), false) => Some(path.display().to_string()),
        (Some(path), true) => Some(format!("{} and the ssh-agent", path.display())),
        (None, true) => Some("the ssh-agent".to_owned()),
        (None, false) => None,
    }
}

/// Tells an answer that a query cannot make sense of from one that cannot be written.
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

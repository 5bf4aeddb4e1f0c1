//! How a command answers, and what it says beside the answer.

use std::io::{self, ErrorKind};

use super::Session;
use crate::cli::error::Failure;
use crate::cli::error::Hint;
use crate::cli::mask;
use crate::cli::render::query::{Query, QueryError};
use crate::cli::render::{self, Style, Value};
use crate::cli::settings::Settings;
use crate::cli::shell::ShellCommand;
use crate::cli::terminal::Working;
use crate::operations::OperationError;
use crate::registry::{KeyName, KeyPair, Tag, Tags};
use crate::secret::Secret;

impl Session<'_> {
    /// Writes an answer that is all there is to do; that nobody reads it does no harm.
    pub(super) fn answer_last(&self, value: &Value, title: &str) -> Result<(), Failure> {
        self.unless_reader_left(self.answer(value, title), OperationError::Output)
    }

    pub(super) fn unless_reader_left(
        &self,
        answered: io::Result<()>,
        failed: fn(io::Error) -> OperationError,
    ) -> Result<(), Failure> {
        match answered {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(error).into()),
            _ => Ok(()),
        }
    }

    /// Says so if the private key that is about to go to stdout is going to a file that others can
    /// read, and refuses if it is going nowhere.
    pub(super) fn check_readers(&self) -> Result<(), Failure> {
        if self.terminal.stdout_is_null() {
            return Err(Failure::of_nowhere());
        }
        self.warn_of_readers();
        Ok(())
    }

    /// Waits for a registry, and shows that if it takes long.
    pub(super) fn while_asking<T>(&self, work: impl FnOnce() -> T) -> T {
        let _shown = self.asking();
        work()
    }

    /// Shows that a registry is waited for, if that takes long.
    pub(super) fn asking(&self) -> Working {
        let is_ec2 = self.settings.registry.is_ec2();
        let what = if is_ec2 { "asking EC2" } else { "reading the registry" };
        self.terminal.working(what)
    }

    /// Says so if a private key is about to go to a file that others can read.
    pub(super) fn warn_of_readers(&self) {
        if self.terminal.stdout_is_readable_by_others() {
            self.terminal
                .warn("stdout is a file that others can read, and a private key is going to it");
            self.terminal.hint(PROTECT_OUTPUT);
        }
    }

    pub(super) fn answer(&self, value: &Value, title: &str) -> io::Result<()> {
        self.answer_with(None, value, title)
    }

    /// Answers with a value that a private key may be part of.
    pub(super) fn answer_with(
        &self,
        private_key: Option<&Secret>,
        value: &Value,
        title: &str,
    ) -> io::Result<()> {
        let Settings { output, query, .. } = self.settings;
        let style = self.style();
        let found;
        let (value, text) = match query {
            Some(query) => {
                found = query.search(value).map_err(io::Error::other)?;
                let limit = Query::limit(value);
                let text = render::render_within(limit, &found, title, *output, &style);
                let text = text.ok_or_else(|| io::Error::other(QueryError::TooLarge { limit }))?;
                (&found, text)
            }
            None => (value, render::render(value, title, *output, &style)),
        };
        if let Some(private_key) = private_key.filter(|key| mask::shows(value, key)) {
            self.keep_out_of_log(private_key, "a redirection writes it to a file")?;
        }
        self.terminal.write(text.expose())
    }

    /// Returns what a page has to fit.
    pub(super) fn style(&self) -> Style {
        Style {
            width: self.terminal.width().unwrap_or(AWS_CLI_WIDTH),
            color: self.settings.color && self.terminal.takes_colors(),
            escape: self.terminal.stdout_is_terminal(),
        }
    }

    /// Says what EC2 says after a dry run, which is no error here.
    pub(super) fn note_dry_run(&self) {
        self.terminal
            .note("DryRunOperation: Request would have succeeded, but DryRun flag is set.");
    }

    /// Advises something, with commands for the registry that the user named.
    pub(super) fn hint(&self, hint: impl Into<Hint>) {
        self.terminal.hint(hint.into().in_registry(&self.settings.registry_options));
    }

    /// Says so if a registry's answer does not tell which key it has registered.
    pub(super) fn warn_unless(&self, is_confirmed: bool, name: &KeyName) {
        if !is_confirmed {
            self.terminal.warn(format_args!(
                "the answer does not tell which key was registered as `{name}`"
            ));
            let verify = ShellCommand::keypair("verify").word("FILE");
            let verify = verify.option("--key-name", name.as_str());
            self.hint(Hint::run(verify).text(" with the key's file to check"));
        }
    }

    /// Warns if a registry did not keep all tags of a new pair.
    pub(super) fn warn_of_missing_tags(&self, asked: &Tags, pair: &KeyPair) {
        let missing = asked.missing_from(&pair.tags);
        self.warn_of_missing_keys(missing.into_iter().map(Tag::key), &pair.name);
    }

    /// As [`Session::warn_of_missing_tags`], for the keys of the tags.
    pub(super) fn warn_of_missing_keys<'a>(
        &self,
        keys: impl Iterator<Item = &'a str>,
        name: &KeyName,
    ) {
        let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
        if !keys.is_empty() {
            self.terminal.warn(format_args!(
                "the registry did not keep these tags of `{name}`: {}",
                keys.join(", ")
            ));
        }
    }
}

/// How stdout is left to its owner alone, if it is a file.
const PROTECT_OUTPUT: &str = if cfg!(windows) {
    "run `icacls FILE /inheritance:r /grant:r \"%USERNAME%:R\"` to leave it to you alone"
} else {
    "run `umask 077` first, or `chmod 400` on the file now"
};

/// The columns that the AWS CLI counts on where stdout is no terminal.
const AWS_CLI_WIDTH: usize = 80;

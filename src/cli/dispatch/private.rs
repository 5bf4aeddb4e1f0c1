//! A private key on its way to stdout.

use std::io;

use super::Session;
use crate::cli::key_material::{self, QueryRefused};
use crate::cli::mask;
use crate::cli::options::MaskArg;
use crate::cli::render::Value;
use crate::cli::settings::Ci;
use crate::secret::Secret;

impl Session<'_> {
    /// Refuses a query that leaves the private key out of an answer like this one.
    pub(super) fn check_query(&self, (answer, key): &(Value, Secret)) -> Result<(), QueryRefused> {
        match &self.settings.query {
            Some(query) => key_material::check(query, answer, key),
            None => Ok(()),
        }
    }

    /// Writes a private key to stdout, and nothing else.
    pub(super) fn answer_private_key(&self, key: &Secret) -> io::Result<()> {
        self.keep_out_of_log(key, "`--out PATH` writes it to a file")?;
        self.terminal.write_text(key)
    }

    /// Has the log that stdout may be part of leave out a private key that is about to go there, as far
    /// as that was asked for; else says how, if a CI service is at work.
    pub(super) fn keep_out_of_log(&self, key: &Secret, instead: &str) -> io::Result<()> {
        match (self.mask, self.settings.ci) {
            (Some(MaskArg::Github), _) => self.terminal.command(&mask::github(key))?,
            // Whether a pipe leads to the log or to a variable cannot be told.
            (None, Some(ci)) if !self.terminal.stdout_is_file() => match ci {
                Ci::Github => self.terminal.hint("`--mask github` keeps it out of the log"),
                Ci::Other => {
                    let hint = format_args!("CI logs keep what stdout gets; {instead}");
                    self.terminal.hint(hint);
                }
            },
            (None, _) => {}
        }
        Ok(())
    }
}

//! The verbs that are about a key file.

use std::io::ErrorKind;

use super::Session;
use crate::cli::error::Failure;
use crate::cli::render::visible;
use crate::cli::respond;
use crate::format::DerivationCost;
use crate::operations::convert::{ConvertRequest, Converted, CostChange, Form};
use crate::operations::create::Outcome;
use crate::operations::{OperationError, convert};

impl Session<'_> {
    pub(super) fn convert(&self, request: &ConvertRequest) -> Result<(), Failure> {
        let to_user = request.out.is_none();
        let is_private = matches!(request.form, Form::Private { .. });
        if to_user && is_private {
            self.check_readers()?;
        }
        let mut answer = |converted: &Converted| {
            if let Some(cost) = converted.cost {
                self.warn_of_cost(cost);
            }
            match &converted.contents {
                Some(contents) if is_private => self.answer_private_key(contents),
                Some(contents) => self.terminal.write_text(contents),
                None => self.answer(&respond::converted(converted), "Convert"),
            }
        };
        let mut random = self.random()?;
        let convert = || convert::convert(request, &mut random, &mut answer);
        match self.terminal.while_working(&reading(&request.origin), convert) {
            Ok(Outcome::Checked) => self.note_dry_run(),
            Ok(Outcome::Done) => {}
            // A key that went to a file is there, only the reader of the answer has left.
            Err(OperationError::Output(error))
                if error.kind() == ErrorKind::BrokenPipe && !to_user => {}
            Err(OperationError::Output(error)) if !to_user => {
                let error = OperationError::OutputAfterChange(error);
                return Err(Failure::from(&error));
            }
            Err(error) => return Err(Failure::from(&error)),
        }
        Ok(())
    }

    /// Says so if the passphrase of a key is easier to guess than before.
    fn warn_of_cost(&self, CostChange { old, new }: CostChange) {
        let is_weaker = match new {
            // The request has said so.
            DerivationCost::Digest => return,
            DerivationCost::Pbkdf2 { .. } => {
                !matches!(old, DerivationCost::Pbkdf2 { .. } | DerivationCost::Digest)
            }
            _ => false,
        };
        if is_weaker || new.is_below(old) {
            self.terminal.warn(format_args!(
                "the passphrase is easier to guess than before: {new} instead of {old}"
            ));
        }
        if is_weaker {
            self.terminal
                .hint("pass `--format openssh` to use bcrypt, or `--format ppk` to use Argon2");
        }
    }
}

/// Says what takes its time if it does: a key derivation.
pub(super) fn reading(origin: &str) -> String {
    format!("reading {}", visible(origin))
}

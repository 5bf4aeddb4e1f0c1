//! `exec`, whose exit status is that of the command.

use super::Session;
use crate::child::Ended;
use crate::cli::error::Operation;
use crate::cli::error::{ExitStatus, Failure};
use crate::operations::exec::{self, ExecRequest, Executed, Note};

impl Session<'_> {
    /// Runs the command. If what it needed cannot all be taken back, that is told, and decides how it ends
    /// unless the command itself failed.
    pub(super) fn exec(&self, request: &ExecRequest) -> Result<ExitStatus, Failure> {
        let is_ec2 = self.settings.registry.is_ec2();
        let operation = if is_ec2 { Operation::ImportKeyPair } else { Operation::CreateKeyPair };
        let random = self.random()?;
        let registry = self.registry()?;
        let mut later = self.registry_afresh()?;
        let mut told = |note: Note| match note {
            Note::NotLocked => {
                self.terminal.debug("the key may be swapped out: RLIMIT_MEMLOCK locks no more");
            }
            Note::TagsMissing(name, keys) => {
                self.warn_of_missing_keys(keys.iter().map(String::as_str), &name);
            }
        };
        let executed = exec::exec(request, registry, &mut *later, random, &mut told)
            .map_err(|error| Failure::from(&error).during(operation))?;
        let Executed { ended, left } = executed;
        let mut status = match ended {
            Ok(Ended::Exited(status)) => ExitStatus::OfCommand(status),
            Ok(Ended::Killed(signal)) => ExitStatus::OfCommand(signal.saturating_add(128)),
            Err(error) => {
                let failure = Failure::from(&error).during(operation);
                failure.report(self.terminal)
            }
        };
        for error in &left {
            let failure = Failure::from(error).during(Operation::DeleteKeyPair);
            let failure = failure.in_registry(&self.settings.registry_options);
            let failed = failure.report(self.terminal);
            if matches!(status, ExitStatus::Success | ExitStatus::OfCommand(0)) {
                status = failed;
            }
        }
        Ok(status)
    }
}

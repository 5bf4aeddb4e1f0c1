//! `wait`.

use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::describe::{self, SelectionArgs};
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation};
use crate::cli::options::CliInputArgs;
use crate::operations::OperationError;
use crate::operations::create::Outcome;
use crate::operations::wait::{Waited, wait};
use crate::registry::Request;

/// `wait`.
#[derive(Args, Debug)]
pub struct WaitArgs {
    /// State to wait for
    #[arg(value_name = "STATE", value_enum)]
    state: StateArg,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

/// The states of the AWS CLI that concern key pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// A key pair is registered: asks six times, every five seconds
    KeyPairExists,
}

impl WaitArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { state: StateArg::KeyPairExists, selection, cli_input: _ } = self;
        let operation = Operation::DescribeKeyPairs;
        let request = describe::request(Vec::new(), selection, &context.environment);
        let request = request.map_err(|error| Failure::from(error).during(operation))?;
        let mut registry = context.registry()?;
        if request.dry_run {
            let checked = registry.dry_run(Request::Describe(&request.selection));
            checked
                .map_err(|error| Failure::from(OperationError::from(error)).during(operation))?;
            return Ok(context.end(Outcome::Checked, operation));
        }
        let mut pause = || thread::sleep(DELAY);
        let outcome =
            context.while_waiting(|| wait(&request.selection, &mut *registry, &mut pause));
        match outcome {
            Ok(Waited::Exists) => Ok(ExitStatus::Success),
            Ok(Waited::NoneListed) => Err(Failure::of_waiter(EXCEEDED)),
            Ok(Waited::NotFound) => Err(Failure::of_waiter(&format!(
                "{EXCEEDED}. Previously accepted state: Matched expected service error code: \
                 InvalidKeyPair.NotFound"
            ))),
            // Only an answer of the registry is an outcome of the wait.
            Err(error) => {
                let failure = Failure::from(error).during(operation);
                match failure.is_refusal() {
                    true => Err(Failure::of_waiter(&failure.sentence())),
                    false => Err(failure),
                }
            }
        }
    }
}

const EXCEEDED: &str = "Max attempts exceeded";

/// The delay of the AWS CLI between two requests.
const DELAY: Duration = Duration::from_secs(5);

//! `create` and `create-key-pair`.

mod arguments;
mod if_not_exists;
mod many;
mod one;
mod response;
mod shared;

pub use arguments::{CreateArgs, CreateKeyPairArgs, EXAMPLES};

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation};

impl CreateArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let result = match (self.count, self.if_not_exists) {
            (Some(count), _) => many::run(self, count, context),
            (None, true) => if_not_exists::run(self, context),
            (None, false) => one::run(self, context),
        };
        result.map_err(|failure| failure.during(Operation::CreateKeyPair))
    }
}

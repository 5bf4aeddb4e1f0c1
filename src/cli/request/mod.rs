//! Typed requests from the command line: names parsed, files read, passphrases asked for.

mod agent;
mod create;
mod ensure;
mod exec;
mod series;

pub use create::{create, create_key_pair};
pub use ensure::ensure;
pub use exec::exec;
pub use series::series;

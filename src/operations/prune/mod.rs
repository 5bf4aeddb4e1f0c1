//! Finds and deletes unneeded pairs.
//!
//! [`find`] changes nothing. After the user's confirmation, [`remove`] evaluates each pair again
//! and deletes it.

mod abandoned;
mod conditions;
mod find;
mod remove;

pub use abandoned::remove_abandoned;
pub use conditions::{Conditions, Doubt, Reason};
pub use find::{Candidate, Prunable, PruneRequest, find};
pub use remove::{PruneOutcome, remove, remove_directories};

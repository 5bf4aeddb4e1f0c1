//! Finds what is no longer of use, and removes it.
//!
//! Two steps, with the user's word in between: [`find`] changes nothing, [`remove`] looks at each
//! thing once more before it goes.

mod abandoned;
mod conditions;
mod find;
mod remove;

pub use abandoned::remove_abandoned;
pub use conditions::{Conditions, Doubt, Reason};
pub use find::{Candidate, Prunable, PruneRequest, find};
pub use remove::{PruneOutcome, remove, remove_folders};

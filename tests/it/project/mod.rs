//! The project: source layout, wording, documentation, dependencies and release scripts.

mod dependencies;
mod layers;
#[cfg(feature = "ec2")]
pub(crate) mod readme;
#[cfg(feature = "ec2")]
mod recipes;
mod release;
mod style;

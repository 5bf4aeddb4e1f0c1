//! The project itself: the source, the documentation, the dependencies and the release scripts.

mod dependencies;
mod layers;
#[cfg(feature = "ec2")]
mod readme;
#[cfg(feature = "ec2")]
#[cfg(feature = "ec2")]
mod recipes;
mod release;

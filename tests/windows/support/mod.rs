//! Shared test helpers.

pub(crate) mod home;
pub(crate) mod run;

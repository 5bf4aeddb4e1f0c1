//! What the tests share.

pub(crate) mod home;
pub(crate) mod run;

//! The place of a pair in one of several regions and accounts.

use std::fmt;

/// A region, and an account if there are several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub region: String,
    /// Set if the command uses several profiles.
    pub profile: Option<String>,
    /// The number of the account of the profile, if it is known.
    pub account: Option<String>,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.profile {
            Some(profile) => write!(formatter, "{} (profile {profile})", self.region),
            None => formatter.write_str(&self.region),
        }
    }
}

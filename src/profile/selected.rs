//! The selected profile.

use std::fmt;
use std::sync::Arc;

use super::profiles::{DEFAULT, Profiles};
use super::section::Section;

/// The option or variable with the name of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileOrigin {
    /// Neither is given.
    #[default]
    Default,
    /// `--profile`.
    Option,
    /// `AWS_PROFILE`, or else `AWS_DEFAULT_PROFILE`.
    Variable(&'static str),
}

impl fmt::Display for ProfileOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Default => "default",
            Self::Option => "--profile",
            Self::Variable(name) => name,
        })
    }
}

/// The profiles of both files, and the name of the selected one.
#[derive(Clone, Debug)]
pub struct SelectedProfile {
    name: String,
    origin: ProfileOrigin,
    profiles: Arc<Profiles>,
}

impl Default for SelectedProfile {
    fn default() -> Self {
        Self::new(Profiles::default(), None)
    }
}

impl SelectedProfile {
    /// Selects a profile by its name, or else the default profile.
    #[must_use]
    pub fn new(profiles: Profiles, name: Option<(String, ProfileOrigin)>) -> Self {
        let default = || (DEFAULT.to_owned(), ProfileOrigin::Default);
        let (name, origin) = name.unwrap_or_else(default);
        Self { name, origin, profiles: Arc::new(profiles) }
    }

    /// Selects another profile of the same files.
    #[must_use]
    pub fn with_name(&self, name: String, origin: ProfileOrigin) -> Self {
        Self { name, origin, profiles: Arc::clone(&self.profiles) }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn origin(&self) -> ProfileOrigin {
        self.origin
    }

    /// Returns whether an option or a variable selects the profile.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.origin != ProfileOrigin::Default
    }

    /// Returns whether an option or a variable selects a profile that does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.is_named() && self.section().is_none()
    }

    /// Returns the profiles of both files.
    #[must_use]
    pub fn all(&self) -> &Profiles {
        &self.profiles
    }

    /// Returns the settings of the profile. The default profile may be missing.
    #[must_use]
    pub fn section(&self) -> Option<&Section> {
        self.profiles.profile(&self.name)
    }
}

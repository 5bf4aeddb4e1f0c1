//! The environment, read once and in one place.

#![expect(clippy::disallowed_methods, reason = "this module owns the environment")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::key::{PrimeFilter, PrimeSearch};
use crate::secret::Secret;

/// The variables that the program looks at. An empty one counts as not set.
#[derive(Debug, Default)]
pub struct Environment {
    /// `SSH_AUTH_SOCK`.
    pub(super) agent_socket: Option<OsString>,
    /// `AWS_CA_BUNDLE`.
    #[cfg(feature = "ec2")]
    pub(super) ca_bundle: Option<OsString>,
    /// Whether `AWS_ACCESS_KEY_ID` is set.
    #[cfg(feature = "ec2")]
    pub(super) has_credentials: bool,
    /// `AWS_DEFAULT_OUTPUT`.
    pub(super) output: Option<OsString>,
    /// `HOME`.
    pub(super) home: Option<OsString>,
    /// `KEYPAIR_PASSPHRASE`.
    pub(super) passphrase: Option<Secret>,
    /// `KEYPAIR_REGISTRY`.
    pub(super) registry: Option<OsString>,
    /// `KEYPAIR_REGISTRY_FILE`.
    pub(super) registry_file: Option<OsString>,
    /// `KEYPAIR_PRIME_FILTER`.
    pub(super) prime_filter: Option<OsString>,
    /// Whether `NO_COLOR` is set (<https://no-color.org>).
    pub(super) no_color: bool,
    /// `XDG_DATA_HOME` (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub(super) xdg_data_home: Option<OsString>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        let variable = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Self {
            agent_socket: variable("SSH_AUTH_SOCK"),
            #[cfg(feature = "ec2")]
            ca_bundle: variable("AWS_CA_BUNDLE"),
            #[cfg(feature = "ec2")]
            has_credentials: variable("AWS_ACCESS_KEY_ID").is_some(),
            output: variable("AWS_DEFAULT_OUTPUT"),
            home: variable("HOME"),
            passphrase: variable("KEYPAIR_PASSPHRASE")
                .map(|passphrase| Secret::from(passphrase.into_encoded_bytes())),
            registry: variable("KEYPAIR_REGISTRY"),
            registry_file: variable("KEYPAIR_REGISTRY_FILE"),
            prime_filter: variable("KEYPAIR_PRIME_FILTER"),
            no_color: variable("NO_COLOR").is_some(),
            xdg_data_home: variable("XDG_DATA_HOME"),
        }
    }

    /// Returns whether the registry that is meant without an option is EC2.
    pub fn means_ec2(&self) -> bool {
        self.registry.as_deref().is_some_and(|registry| registry == "ec2")
    }

    /// Returns the socket of the user's ssh-agent, if there is one.
    pub fn agent_socket(&self) -> Option<PathBuf> {
        self.agent_socket.as_ref().map(PathBuf::from)
    }

    /// Takes the passphrase out.
    pub fn take_passphrase(&mut self) -> Option<Secret> {
        self.passphrase.take()
    }

    /// Returns the path that the AWS CLI would open for `file://` and this text: with the home
    /// folder for a `~` in front, and the values of `$NAME` and `${NAME}` where they are set.
    pub fn expand(&self, text: &str) -> PathBuf {
        let mut path = OsString::new();
        let mut rest = match (text.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                path.push(home);
                rest
            }
            _ => text,
        };
        while let Some((before, after)) = rest.split_once('$') {
            path.push(before);
            let braced = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let end = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
            let plain = after.split_at(after.find(end).unwrap_or(after.len()));
            let (name, behind) = braced.unwrap_or(plain);
            match env::var_os(name).filter(|_| !name.is_empty()) {
                Some(value) => {
                    path.push(value);
                    rest = behind;
                }
                None => {
                    path.push("$");
                    rest = after;
                }
            }
        }
        path.push(rest);
        path.into()
    }

    /// Returns how primes are searched for: with the fastest filter, unless `KEYPAIR_PRIME_FILTER` names
    /// another.
    ///
    /// # Errors
    ///
    /// [`UnknownPrimeFilter`] if this CPU has no filter of that name.
    pub fn prime_search(&self) -> Result<PrimeSearch, UnknownPrimeFilter> {
        let search = PrimeSearch::default();
        let Some(name) = &self.prime_filter else {
            return Ok(search);
        };
        let filter = PrimeFilter::available().find(|filter| filter.name() == name);
        filter.map(|filter| search.with_filter(filter)).ok_or_else(|| UnknownPrimeFilter {
            name: name.to_string_lossy().into_owned(),
            available: PrimeFilter::available().map(PrimeFilter::name).collect(),
        })
    }

    /// Returns whether a passphrase is there, and nobody has taken it.
    pub fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// Returns the user's data folder for this program, if the environment says where it is.
    pub(super) fn data_folder(&self) -> Option<PathBuf> {
        let in_home = |below: &str| self.home.as_ref().map(|home| Path::new(home).join(below));
        let above = if cfg!(target_os = "macos") {
            in_home("Library/Application Support")
        } else {
            // The specification has relative paths ignored.
            let xdg = self.xdg_data_home.as_ref().map(PathBuf::from);
            xdg.filter(|path| path.is_absolute()).or_else(|| in_home(".local/share"))
        };
        above.map(|above| above.join("keypair"))
    }
}

/// `KEYPAIR_PRIME_FILTER` names no filter that this CPU can run.
#[derive(Debug, thiserror::Error)]
#[error("KEYPAIR_PRIME_FILTER names no prime filter of this CPU: `{name}`")]
pub struct UnknownPrimeFilter {
    /// Its value.
    pub name: String,
    /// The names of those that there are.
    pub available: Vec<&'static str>,
}

/// Returns the words of the command line.
pub fn command_line() -> Vec<OsString> {
    env::args_os().collect()
}

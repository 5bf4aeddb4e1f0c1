//! The environment, read once and in one place.

#![expect(clippy::disallowed_methods, reason = "this module owns the environment")]

mod aws;

use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};

pub(super) use self::aws::HOME;
use super::lookup::AwsVariables;
#[cfg(feature = "ec2")]
use crate::ec2::{CERTIFICATE_DIRECTORIES, CERTIFICATE_FILE, CaBundle, Variables};
use crate::key::{PrimeFilter, PrimeSearch};
#[cfg(feature = "ec2")]
use crate::profile::Given;
use crate::profile::{ProfileOrigin, ProfilePath, ProfilePaths};
use crate::registry::{CreatedBy, public_url};
use crate::secret::Secret;

/// The environment variables of the program. An empty one counts as unset, except where a
/// field says otherwise.
#[derive(Debug, Default)]
pub struct Environment {
    /// `SSH_AUTH_SOCK`.
    pub(super) agent_socket: Option<OsString>,
    /// `AWS_CONFIG_FILE`. An empty one means no file.
    pub(super) config_file: Option<OsString>,
    /// `AWS_SHARED_CREDENTIALS_FILE`. An empty one means no file.
    pub(super) credentials_file: Option<OsString>,
    /// The first of `AWS_PROFILE` and `AWS_DEFAULT_PROFILE` that is set, and its value.
    pub(super) profile: Option<(&'static str, OsString)>,
    /// The variables of the AWS CLI.
    pub(super) aws_variables: AwsVariables,
    #[cfg(feature = "ec2")]
    pub(super) aws: Variables,
    /// `AWS_CLI_ERROR_FORMAT`.
    pub(super) error_format: Option<OsString>,
    /// The CI service that runs this process.
    pub(super) ci: Option<Ci>,
    /// [`HOME`].
    pub(super) home: Option<OsString>,
    /// `LOCALAPPDATA`: on Windows, the directory for user data that stays on this machine.
    pub(super) local_data: Option<OsString>,
    /// `KEYPAIR_PASSPHRASE`.
    pub(super) passphrase: Option<Secret>,
    /// `KEYPAIR_REGISTRY`.
    pub(super) registry: Option<OsString>,
    /// `KEYPAIR_REGISTRY_FILE`.
    pub(super) registry_file: Option<OsString>,
    /// `KEYPAIR_PRIME_FILTER`.
    pub(super) prime_filter: Option<OsString>,
    /// The URL of the CI run, from the variables of GitHub Actions, GitLab, Jenkins, Buildkite or
    /// CircleCI.
    pub(super) run: Option<OsString>,
    /// `TMPDIR`, or on Windows `TMP`, else `TEMP`.
    pub(super) temporary_folder: Option<OsString>,
    /// `XDG_RUNTIME_DIR` (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub(super) xdg_runtime_folder: Option<OsString>,
    /// `NO_COLOR` is set (<https://no-color.org>).
    pub(super) no_color: bool,
    /// `XDG_DATA_HOME` (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub(super) xdg_data_home: Option<OsString>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        let variable = |name: &str| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Self {
            agent_socket: variable("SSH_AUTH_SOCK"),
            config_file: env::var_os("AWS_CONFIG_FILE"),
            credentials_file: env::var_os("AWS_SHARED_CREDENTIALS_FILE"),
            profile: ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
                .into_iter()
                .find_map(|name| Some((name, env::var_os(name)?))),
            aws_variables: aws::variables(),
            #[cfg(feature = "ec2")]
            aws: aws::credentials(),
            error_format: variable("AWS_CLI_ERROR_FORMAT"),
            ci: ci(|name| variable(name).is_some_and(|value| value != "false" && value != "0")),
            home: variable(HOME),
            local_data: variable("LOCALAPPDATA"),
            // An empty one is kept: it may come from a missing secret of a CI service, and a new
            // key must not stay unencrypted then.
            passphrase: env::var_os("KEYPAIR_PASSPHRASE")
                .map(|passphrase| Secret::from(passphrase.into_encoded_bytes())),
            registry: variable("KEYPAIR_REGISTRY"),
            registry_file: variable("KEYPAIR_REGISTRY_FILE"),
            prime_filter: variable("KEYPAIR_PRIME_FILTER"),
            run: github_run(variable).or_else(|| RUNS.into_iter().find_map(variable)),
            temporary_folder: TEMPORARY_FOLDER.iter().find_map(|name| variable(name)),
            xdg_runtime_folder: variable("XDG_RUNTIME_DIR"),
            no_color: variable("NO_COLOR").is_some(),
            xdg_data_home: variable("XDG_DATA_HOME"),
        }
    }

    /// Returns true if `KEYPAIR_REGISTRY` is set.
    pub fn names_registry(&self) -> bool {
        self.registry.is_some()
    }

    /// Returns true if `KEYPAIR_REGISTRY` selects EC2.
    pub fn means_ec2(&self) -> bool {
        self.registry.as_deref().is_some_and(|registry| registry == "ec2")
    }

    /// Returns the socket of the user's ssh-agent. On Windows this is a named pipe, by default that
    /// of the system's agent.
    pub fn agent_socket(&self) -> Option<PathBuf> {
        let usual = cfg!(windows).then(|| r"\\.\pipe\openssh-ssh-agent".into());
        self.agent_socket.as_ref().map(PathBuf::from).or(usual)
    }

    pub fn take_passphrase(&mut self) -> Option<Secret> {
        self.passphrase.take()
    }

    /// Returns the path that the AWS CLI opens for `file://` and this text. A leading `~` becomes
    /// the home directory, and variables that are set become their values.
    pub fn expand(&self, text: &str) -> PathBuf {
        let mut path = OsString::new();
        let mut rest = text;
        if let (Some(behind), Some(home)) = (text.strip_prefix('~'), &self.home)
            && (behind.is_empty() || behind.starts_with(path::is_separator))
        {
            path.push(home);
            rest = behind;
        }
        path.push(with_variables(rest, |name| env::var_os(name)));
        path.into()
    }

    /// Returns the paths of the AWS CLI's files.
    pub fn profile_paths(&self) -> ProfilePaths {
        let path = |named: &Option<OsString>, usual: &str| match (named, &self.home) {
            (Some(named), _) if named.is_empty() => None,
            (Some(named), _) => {
                let path = named.to_str().map_or_else(|| named.into(), |text| self.expand(text));
                Some(ProfilePath { path, is_named: true })
            }
            (None, home) => {
                let path = Path::new(home.as_ref()?).join(".aws").join(usual);
                Some(ProfilePath { path, is_named: false })
            }
        };
        ProfilePaths {
            config: path(&self.config_file, "config"),
            credentials: path(&self.credentials_file, "credentials"),
        }
    }

    /// Returns the files that replace the certificate authorities of the system.
    #[cfg(feature = "ec2")]
    pub(super) fn system_certificates(&self) -> Option<Given<CaBundle>> {
        let given = |name| self.aws_variables.first(&[name]);
        let (file, directories) = (given(CERTIFICATE_FILE), given(CERTIFICATE_DIRECTORIES));
        let origin = file.as_ref().or(directories.as_ref())?.origin.clone();
        let directories = directories.map(|list| list.value).unwrap_or_default();
        let directories = env::split_paths(&directories);
        let directories = directories.filter(|folder| !folder.as_os_str().is_empty()).collect();
        let file = file.map(|file| file.value.into());
        Some(Given::new(CaBundle::System { file, directories }, origin))
    }

    /// Returns the name of the profile that the variables select. The AWS CLI takes an empty name
    /// literally.
    pub fn profile(&self) -> Option<(String, ProfileOrigin)> {
        let (variable, name) = self.profile.as_ref()?;
        Some((name.to_string_lossy().into_owned(), ProfileOrigin::Variable(variable)))
    }

    /// Returns the search for primes, with the fastest filter or that of `KEYPAIR_PRIME_FILTER`.
    ///
    /// # Errors
    ///
    /// Fails if this CPU has no filter of that name.
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

    /// Returns true if a passphrase is set, not empty, and was not taken.
    pub fn has_passphrase(&self) -> bool {
        self.passphrase.as_ref().is_some_and(|passphrase| !passphrase.expose().is_empty())
    }

    /// Returns the creator of a temporary pair, for its tags.
    pub fn owner(&self) -> CreatedBy {
        CreatedBy {
            host: host(),
            process: std::process::id(),
            run: self.run.as_ref().map(|run| public_url(&run.to_string_lossy())),
        }
    }

    /// Returns the directory of OpenSSH's keys, or `None` if the home directory is unknown.
    pub fn ssh_folder(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| Path::new(home).join(".ssh"))
    }

    /// Returns the candidates for the directory of temporary keys, best first.
    ///
    /// The user's runtime directory, which is in memory on most systems, precedes `/dev/shm`, which
    /// every Linux has. Windows has only directories for temporary files. The last of them belongs
    /// to the user.
    pub fn runtime_folders(&self) -> Vec<PathBuf> {
        let given = |folder: &Option<OsString>| folder.as_ref().map(PathBuf::from);
        let folders = [
            given(&self.xdg_runtime_folder),
            cfg!(target_os = "linux").then(|| "/dev/shm".into()),
            given(&self.temporary_folder),
            if cfg!(windows) {
                self.local_data().map(|data| data.join("Temp"))
            } else {
                Some("/tmp".into())
            },
        ];
        folders.into_iter().flatten().collect()
    }

    /// Returns the directories in which a directory of temporary keys may be. Unlike a session, a
    /// cron job has no `XDG_RUNTIME_DIR`.
    pub fn searched_folders(&self) -> Vec<PathBuf> {
        let mut folders = self.runtime_folders();
        #[cfg(target_os = "linux")]
        {
            // https://www.freedesktop.org/software/systemd/man/latest/pam_systemd.html
            let usual = format!("/run/user/{}", rustix::process::getuid().as_raw());
            folders.push(PathBuf::from(usual));
        }
        folders
    }

    /// Returns the user's data directory for this program, or `None` if the home directory is
    /// unknown.
    pub(super) fn data_folder(&self) -> Option<PathBuf> {
        let in_home = |below| self.home.as_ref().map(|home| Path::new(home).join(below));
        // The specification says to ignore relative paths.
        let xdg = self.xdg_data_home.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
        let above = xdg.or_else(|| {
            if cfg!(windows) {
                self.local_data()
            } else if cfg!(target_os = "macos") {
                in_home("Library/Application Support")
            } else {
                in_home(".local/share")
            }
        });
        above.map(|above| above.join("keypair"))
    }

    /// Returns the Windows directory for user data that stays on this machine.
    fn local_data(&self) -> Option<PathBuf> {
        let in_home = || self.home.as_ref().map(|home| Path::new(home).join(r"AppData\Local"));
        self.local_data.as_ref().map(PathBuf::from).or_else(in_home)
    }
}

/// Replaces `$NAME` and `${NAME}` as Python's `posixpath.expandvars` does for the AWS CLI. An unset
/// variable stays as it is.
fn with_variables(text: &str, variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let mut expanded = OsString::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push(before);
        let braced = after.strip_prefix('{').and_then(|text| text.split_once('}'));
        let is_end = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
        let end = after.find(is_end).unwrap_or(after.len());
        let (name, behind) = braced.unwrap_or_else(|| after.split_at(end));
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => {
                expanded.push(value);
                rest = behind;
            }
            None => {
                expanded.push("$");
                rest = after;
            }
        }
    }
    expanded.push(rest);
    expanded
}

/// The variables with the directory for temporary files, in the system's order of precedence.
const TEMPORARY_FOLDER: &[&str] = if cfg!(windows) { &["TMP", "TEMP"] } else { &["TMPDIR"] };

/// Returns the name of the machine.
#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns the name of the machine, which Windows sets for every process.
#[cfg(windows)]
fn host() -> String {
    env::var_os("COMPUTERNAME").unwrap_or_default().to_string_lossy().into_owned()
}

/// The variables with the URL of a run, for CI services other than GitHub Actions.
const RUNS: [&str; 4] = ["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL"];

/// Returns the URL of a run of GitHub Actions
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
fn github_run(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<OsString> {
    let mut address = OsString::from(public_url(&variable("GITHUB_SERVER_URL")?.to_string_lossy()));
    address.push("/");
    address.push(variable("GITHUB_REPOSITORY")?);
    address.push("/actions/runs/");
    address.push(variable("GITHUB_RUN_ID")?);
    Some(address)
}

/// A CI service, which logs the output of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    Github,
    Other,
}

/// Returns the CI service. Each sets a specific variable, and most set `CI`.
fn ci(is_on: impl Fn(&str) -> bool) -> Option<Ci> {
    let is_other = ["CI", "GITLAB_CI", "JENKINS_URL"].into_iter().any(&is_on);
    if is_on("GITHUB_ACTIONS") {
        // https://docs.github.com/actions/reference/workflows-and-actions/variables
        Some(Ci::Github)
    } else {
        is_other.then_some(Ci::Other)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("invalid KEYPAIR_PRIME_FILTER: `{name}` is not a prime filter of this CPU")]
pub struct UnknownPrimeFilter {
    pub name: String,
    pub available: Vec<&'static str>,
}

/// Returns the values of all variables.
pub fn values() -> Vec<Secret> {
    env::vars_os().map(|(_, value)| Secret::from(value.into_encoded_bytes())).collect()
}

/// Returns the path of this program.
pub fn program() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// Returns the words of the command line.
pub fn command_line() -> Vec<OsString> {
    env::args_os().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_variables_are_expanded() {
        let variable = |name: &str| (name == "A").then(|| "1".into());
        for (text, expected) in [
            ("", ""),
            ("a/$A/b", "a/1/b"),
            ("$A$A.${A}b$", "11.1b$"),
            ("$B/${B}/${}/${A", "$B/${B}/${}/${A"),
            ("$$A %A% '$A'", "$1 %A% '1'"),
        ] {
            assert_eq!(with_variables(text, variable), expected, "{text}");
        }
    }

    #[test]
    fn ci_service_is_detected_by_its_variable() {
        let with = |names: &[&str]| ci(|name| names.contains(&name));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&["CI", "GITHUB_ACTIONS"]), Some(Ci::Github));
        assert_eq!(with(&["GITHUB_ACTIONS"]), Some(Ci::Github));
        for name in ["CI", "GITLAB_CI", "JENKINS_URL"] {
            assert_eq!(with(&[name]), Some(Ci::Other), "{name}");
        }
    }
}

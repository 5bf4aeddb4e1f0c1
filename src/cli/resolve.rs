//! The environment, read once and in one place, and what it and the global options come to.

#![expect(clippy::disallowed_methods, reason = "this module owns the environment")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::advice::Advice;
use super::args::{AwsArguments, ColorArgument, GlobalArguments, OutputArgument};
use super::render::OutputFormat;
use super::render::query::{Query, QueryError};
use super::terminal::Verbosity;
#[cfg(feature = "ec2")]
use crate::ec2::Ec2Settings;
use crate::key::{PrimeFilter, PrimeSearch};
use crate::secret::Secret;

/// The variables that the program looks at. An empty one counts as not set.
#[derive(Debug, Default)]
pub struct Environment {
    /// `AWS_CA_BUNDLE`.
    #[cfg(feature = "ec2")]
    ca_bundle: Option<OsString>,
    /// Whether `AWS_ACCESS_KEY_ID` is set.
    #[cfg(feature = "ec2")]
    has_credentials: bool,
    /// `AWS_DEFAULT_OUTPUT`.
    output: Option<OsString>,
    /// `HOME`.
    home: Option<OsString>,
    /// `KEYPAIR_PASSPHRASE`.
    passphrase: Option<Secret>,
    /// `KEYPAIR_REGISTRY`.
    registry: Option<OsString>,
    /// `KEYPAIR_REGISTRY_FILE`.
    registry_file: Option<OsString>,
    /// `KEYPAIR_PRIME_FILTER`.
    prime_filter: Option<OsString>,
    /// Whether `NO_COLOR` is set (<https://no-color.org>).
    no_color: bool,
    /// `XDG_DATA_HOME` (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    xdg_data_home: Option<OsString>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        let variable = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Self {
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
    fn data_folder(&self) -> Option<PathBuf> {
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

/// Returns the words of the command line.
pub fn command_line() -> Vec<OsString> {
    env::args_os().collect()
}

/// Which registry is meant, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub enum RegistrySettings {
    /// EC2.
    #[cfg(feature = "ec2")]
    Ec2(Ec2Settings),
    /// A file.
    Local(PathBuf),
}

impl RegistrySettings {
    /// Returns whether it is EC2.
    pub fn is_ec2(&self) -> bool {
        match self {
            #[cfg(feature = "ec2")]
            Self::Ec2(_) => true,
            Self::Local(_) => false,
        }
    }
}

/// What holds for every command.
pub struct Settings {
    /// Which registry is meant.
    pub registry: RegistrySettings,
    /// What leads there, for advice.
    pub advice: Advice,
    /// How to print the answer.
    pub output: OutputFormat,
    /// Which part of the answer to print.
    pub query: Option<Query>,
    /// Whether answers have colours.
    pub color: bool,
    /// How much is said on stderr.
    pub verbosity: Verbosity,
}

impl Settings {
    /// Resolves the global options: each wins over its variable, and that over the default.
    ///
    /// `is_of_ec2` says whether the command is about what EC2 alone has, `shows_answers` whether
    /// answers go to a terminal.
    ///
    /// # Errors
    ///
    /// [`SettingsError`].
    pub fn resolve(
        arguments: &GlobalArguments,
        environment: &Environment,
        is_of_ec2: bool,
        shows_answers: bool,
    ) -> Result<Self, SettingsError> {
        let GlobalArguments { registry, registry_file, output, query, color, quiet, debug, aws } =
            arguments;
        let is_named = registry.is_some();
        let advice = Advice::of(arguments, is_of_ec2 && !environment.means_ec2());
        let registry =
            registry.clone().map(OsString::from).or_else(|| environment.registry.clone());
        let registry = match registry {
            Some(registry) if registry == "ec2" => ec2(aws, environment)?,
            Some(registry) if registry != "local" => {
                let registry = registry.to_string_lossy().into_owned();
                return Err(SettingsError::UnknownRegistry { registry });
            }
            _ if is_of_ec2 && is_named => return Err(SettingsError::OfEc2),
            _ if is_of_ec2 => ec2(aws, environment)?,
            _ => RegistrySettings::Local(
                registry_file
                    .clone()
                    .or_else(|| environment.registry_file.as_ref().map(PathBuf::from))
                    .or_else(|| Some(environment.data_folder()?.join("registry.sqlite3")))
                    .ok_or(SettingsError::NoHome)?,
            ),
        };
        let output = match (output, &environment.output) {
            (Some(output), _) => *output,
            (None, Some(variable)) => {
                // Of what streams in the AWS CLI there is one document here.
                let name = variable.to_string_lossy().replace("yaml-stream", "yaml");
                clap::ValueEnum::from_str(&name, true)
                    .map_err(|_| SettingsError::UnknownOutput { output: name })?
            }
            (None, None) => OutputArgument::Json,
        };
        Ok(Self {
            registry,
            advice,
            output: match output {
                OutputArgument::Json => OutputFormat::Json,
                OutputArgument::Jsonl => OutputFormat::JsonLines,
                OutputArgument::Table => OutputFormat::Table,
                OutputArgument::Text => OutputFormat::Text,
                OutputArgument::Yaml => OutputFormat::Yaml,
            },
            query: query.as_deref().map(Query::parse).transpose()?,
            color: match color {
                ColorArgument::On => true,
                ColorArgument::Off => false,
                ColorArgument::Auto => !environment.no_color && shows_answers,
            },
            verbosity: match (quiet, debug) {
                (true, _) => Verbosity::Quiet,
                (false, true) => Verbosity::Debug,
                (false, false) => Verbosity::Normal,
            },
        })
    }
}

#[cfg(feature = "ec2")]
fn ec2(
    arguments: &AwsArguments,
    environment: &Environment,
) -> Result<RegistrySettings, SettingsError> {
    let AwsArguments {
        region,
        profile,
        endpoint_url,
        cli_connect_timeout,
        cli_read_timeout,
        ca_bundle,
        no_sign_request,
        no_verify_ssl,
        // These say how the AWS CLI reads and pages, which is not asked for here.
        cli_binary_format: _,
        no_cli_auto_prompt: _,
        no_cli_pager: _,
        no_paginate: _,
    } = arguments;
    for (is_given, option) in
        [(*no_sign_request, "--no-sign-request"), (*no_verify_ssl, "--no-verify-ssl")]
    {
        if is_given {
            return Err(SettingsError::NotWithEc2 { option });
        }
    }
    let is_region = |region: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !region.is_empty() && region.bytes().all(is_part)
    };
    if let Some(region) = region.as_deref().filter(|region| !is_region(region)) {
        return Err(SettingsError::Region { region: region.to_owned() });
    }
    let is_url = |url: &str| {
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let host = rest.unwrap_or_default().split('/').next().unwrap_or_default();
        // What stands before an @ would be a password, for which there is no use.
        !host.is_empty() && !host.contains('@') && !url.contains(char::is_whitespace)
    };
    if endpoint_url.as_deref().is_some_and(|url| !is_url(url)) {
        return Err(SettingsError::EndpointUrl);
    }
    Ok(RegistrySettings::Ec2(Ec2Settings {
        region: region.clone(),
        profile: profile.clone(),
        environment_has_credentials: environment.has_credentials,
        endpoint_url: endpoint_url.clone(),
        ca_bundle: ca_bundle.clone().or_else(|| environment.ca_bundle.clone().map(PathBuf::from)),
        connect_timeout: *cli_connect_timeout,
        read_timeout: *cli_read_timeout,
    }))
}

#[cfg(not(feature = "ec2"))]
fn ec2(_: &AwsArguments, _: &Environment) -> Result<RegistrySettings, SettingsError> {
    Err(SettingsError::Ec2NotBuilt)
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

/// Why the global options make no sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The program was built with the local registry only.
    #[cfg(not(feature = "ec2"))]
    #[error("this keypair was built without the EC2 registry")]
    Ec2NotBuilt,
    /// An address that is none.
    #[cfg(feature = "ec2")]
    #[error("bad value for --endpoint-url: it has the form http://HOST or https://HOST")]
    EndpointUrl,
    /// The name of a region that is none.
    #[cfg(feature = "ec2")]
    #[error("bad value for --region: `{region}` is not the name of a region")]
    Region {
        /// What was given.
        region: String,
    },
    /// An option of the AWS CLI that is not there.
    #[cfg(feature = "ec2")]
    #[error("{option} is not supported with the EC2 registry")]
    NotWithEc2 {
        /// The option.
        option: &'static str,
    },
    /// A command that is about what EC2 alone has, and another registry.
    #[error("the local registry keeps no private keys")]
    OfEc2,
    /// Nothing says where the user's data folder is.
    #[error("there is no place for the registry file: HOME is not set")]
    NoHome,
    /// The query is not JMESPath.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// `AWS_DEFAULT_OUTPUT` names no format.
    #[error("AWS_DEFAULT_OUTPUT names no output format: `{output}`")]
    UnknownOutput {
        /// Its value.
        output: String,
    },
    /// There is no such registry.
    #[error("there is no registry `{registry}`")]
    UnknownRegistry {
        /// What was asked for.
        registry: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Arguments;
    use super::*;

    fn resolve(words: &[&str], environment: &Environment) -> Result<Settings, SettingsError> {
        let words = ["keypair"].iter().chain(words).chain(&["describe"]);
        let arguments = Arguments::try_parse_from(words).unwrap();
        Settings::resolve(&arguments.global, environment, arguments.command.is_of_ec2(), false)
    }

    fn home() -> Environment {
        Environment { home: Some("/home/u".into()), ..Environment::default() }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_registry_is_in_the_data_folder() {
        let file = |environment| resolve(&[], &environment).unwrap().registry;
        let local = |path: &str| RegistrySettings::Local(path.into());
        let default = local("/home/u/.local/share/keypair/registry.sqlite3");
        assert_eq!(file(home()), default);
        let xdg = |value: &str| Environment { xdg_data_home: Some(value.into()), ..home() };
        assert_eq!(file(xdg("/data")), local("/data/keypair/registry.sqlite3"));
        assert_eq!(file(xdg("data")), default);
        let nowhere = resolve(&[], &Environment::default());
        assert!(matches!(nowhere, Err(SettingsError::NoHome)));
    }

    #[test]
    fn an_option_wins_over_its_variable() {
        let environment = Environment {
            output: Some("TEXT".into()),
            registry_file: Some("from-variable".into()),
            registry: Some("ec2".into()),
            ..home()
        };
        let settings = resolve(&["--registry", "local"], &environment).unwrap();
        assert_eq!(settings.registry, RegistrySettings::Local("from-variable".into()));
        assert_eq!(settings.output, OutputFormat::Text);
        let words = ["--registry=local", "--registry-file=from-option", "--output=yaml"];
        let settings = resolve(&words, &environment).unwrap();
        assert_eq!(settings.registry, RegistrySettings::Local("from-option".into()));
        assert_eq!(settings.output, OutputFormat::Yaml);
        let ec2 = resolve(&["--region", "eu-west-1"], &environment);
        #[cfg(feature = "ec2")]
        assert!(matches!(
            ec2.unwrap().registry,
            RegistrySettings::Ec2(Ec2Settings { region: Some(region), .. }) if region == "eu-west-1"
        ));
        #[cfg(not(feature = "ec2"))]
        assert!(matches!(ec2, Err(SettingsError::Ec2NotBuilt)));
    }

    #[test]
    fn paths_are_expanded_as_the_aws_cli_does() {
        let expand = |text: &str| home().expand(text).to_str().unwrap().to_owned();
        assert_eq!(expand("~/k.pub"), "/home/u/k.pub");
        assert_eq!(expand("~other/k"), "~other/k");
        let path = env::var("PATH").unwrap();
        assert_eq!(expand("a/$PATH/b"), format!("a/{path}/b"));
        assert_eq!(expand("${PATH}b$"), format!("{path}b$"));
        assert_eq!(expand("$NOT_SET_ANYWHERE/${x"), "$NOT_SET_ANYWHERE/${x");
    }

    #[test]
    fn a_prime_filter_is_one_of_those_that_the_cpu_has() {
        let search = |name: &str| {
            let environment = Environment { prime_filter: Some(name.into()), ..home() };
            environment.prime_search()
        };
        assert_eq!(home().prime_search().unwrap(), PrimeSearch::default());
        let portable = PrimeSearch::default().with_filter(PrimeFilter::Portable);
        assert_eq!(search("portable").unwrap(), portable);
        let error = search("Portable").unwrap_err();
        assert_eq!(error.available.last(), Some(&"portable"));
    }

    #[test]
    fn nonsense_is_named() {
        let unknown = resolve(&["--registry", "gcp"], &home());
        assert!(
            matches!(unknown, Err(SettingsError::UnknownRegistry { registry }) if registry == "gcp")
        );
        let environment = Environment { output: Some("xml".into()), ..home() };
        let unknown = resolve(&[], &environment);
        assert!(matches!(unknown, Err(SettingsError::UnknownOutput { output }) if output == "xml"));
    }
}

//! Settings from the global options and the environment.

#[cfg(feature = "ec2")]
mod aws;
mod environment;
mod error_format;
mod lookup;
mod scope;
mod table;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

#[cfg(feature = "ec2")]
pub use aws::ec2_settings;
pub use environment::{Ci, Environment, UnknownPrimeFilter, command_line, program, values};
pub use error_format::{error_format, error_format_of, error_format_of_profile};

pub use scope::Scope;

use lookup::Lookup;

use super::options::{AwsArgs, ColorArg, GlobalArgs, OutputArg};
use super::output::OutputFormat;
use super::output::query::{Query, QueryError};
use super::terminal::Verbosity;
use super::timestamp::TimestampFormat;
#[cfg(feature = "ec2")]
use crate::ec2::Ec2Settings;
use crate::profile::{Given, Origin, ProfileOrigin, Profiles, SelectedProfile};

/// The selected registry and its location.
#[derive(Debug)]
pub enum RegistrySettings {
    #[cfg(feature = "ec2")]
    Ec2(Box<Ec2Settings>),
    Local(PathBuf),
}

impl RegistrySettings {
    pub fn is_ec2(&self) -> bool {
        match self {
            #[cfg(feature = "ec2")]
            Self::Ec2(_) => true,
            Self::Local(_) => false,
        }
    }

    /// Returns the path of a local registry.
    pub fn file(&self) -> Option<&Path> {
        match self {
            #[cfg(feature = "ec2")]
            Self::Ec2(_) => None,
            Self::Local(file) => Some(file),
        }
    }
}

/// Returns the file of the local registry, or `None` if the home directory is unknown. The option
/// takes precedence over the variable, and that over the default.
fn registry_file(file: Option<PathBuf>, environment: &Environment) -> Option<PathBuf> {
    file.or_else(|| environment.registry_file.as_ref().map(PathBuf::from))
        .or_else(|| Some(environment.data_folder()?.join("registry.sqlite3")))
}

/// Returns the file of the local registry if the options `registry` and `file`, or the environment,
/// select it.
pub fn local_registry(
    registry: Option<&str>,
    file: Option<PathBuf>,
    environment: &Environment,
) -> Option<PathBuf> {
    let is_local = match registry {
        Some(registry) => registry == "local",
        None => environment.registry.as_deref().is_none_or(|registry| registry == "local"),
    };
    registry_file(file, environment).filter(|_| is_local)
}

/// The options with the registry that the user selected.
#[derive(Debug, Default)]
pub struct RegistryOptions(pub Vec<(&'static str, OsString)>);

impl RegistryOptions {
    /// Takes the options from a command line. `implies_ec2` is set if the command itself selects
    /// EC2.
    pub fn of(arguments: &GlobalArgs, implies_ec2: bool) -> Self {
        let GlobalArgs { registry, registry_file, aws, .. } = arguments;
        let AwsArgs { regions, profiles, endpoint_url, .. } = aws;
        let implied = implies_ec2.then_some("ec2");
        let text = |text: &Option<String>| text.as_ref().map(OsString::from);
        let list = |list: &[String]| (!list.is_empty()).then(|| list.join(",").into());
        let options = [
            ("--registry", registry.as_deref().or(implied).map(OsString::from)),
            ("--registry-file", registry_file.clone().map(OsString::from)),
            ("--region", list(regions)),
            ("--profile", list(profiles)),
            ("--endpoint-url", text(endpoint_url)),
        ];
        let given = options.into_iter().filter_map(|(option, value)| Some((option, value?)));
        Self(given.collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        self.0.iter().map(|(option, value)| (*option, value.as_os_str()))
    }
}

/// Settings of every command.
pub struct Settings {
    pub registry: RegistrySettings,
    /// The options that select the registry, for the commands in hints.
    pub registry_options: RegistryOptions,
    pub output: OutputFormat,
    /// The user asked for an output format or a query.
    pub wants_data: bool,
    pub query: Option<Query>,
    pub timestamps: TimestampFormat,
    pub color: bool,
    pub verbosity: Verbosity,
    pub ci: Option<Ci>,
    /// The regions and profiles of the options.
    pub scope: Scope,
    /// The profile of the AWS CLI, or the first one.
    pub profile: SelectedProfile,
    /// The names and values of the settings for the output that are not defaults.
    pub in_force: Vec<(&'static str, Given<String>)>,
    /// Sentences about the settings of the AWS CLI.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Resolves the global options. An option takes precedence over its variable, and that over the
    /// default. `is_of_ec2` is set for a command that only EC2 supports.
    pub fn resolve(
        arguments: &GlobalArgs,
        environment: &Environment,
        is_of_ec2: bool,
        stdout_is_terminal: bool,
    ) -> Result<Self, SettingsError> {
        let GlobalArgs { registry, registry_file, output, query, color, quiet, debug, aws } =
            arguments;
        let is_named = registry.is_some();
        let profiles = Profiles::read(&environment.profile_paths());
        let scope = Scope::of(aws, &profiles)?;
        let profile = profile(scope.profiles.first(), profiles, environment);
        let region = scope.regions.first().map(String::as_str);
        let registry_options =
            RegistryOptions::of(arguments, is_of_ec2 && !environment.means_ec2());
        let registry =
            registry.clone().map(OsString::from).or_else(|| environment.registry.clone());
        let registry = match registry {
            Some(registry) if registry == "ec2" => ec2(aws, region, environment, &profile)?,
            Some(registry) if registry != "local" => {
                let registry = registry.to_string_lossy().into_owned();
                return Err(SettingsError::UnknownRegistry { registry });
            }
            _ if is_of_ec2 && is_named => return Err(SettingsError::OfEc2),
            _ if is_of_ec2 => ec2(aws, region, environment, &profile)?,
            _ => RegistrySettings::Local(
                self::registry_file(registry_file.clone(), environment)
                    .ok_or(SettingsError::NoHome)?,
            ),
        };
        let paths = environment.profile_paths();
        let lookup =
            Lookup { variables: &environment.aws_variables, profile: &profile, paths: &paths };
        let mut warnings = warnings(lookup, registry.is_ec2());
        let configured = output.is_none().then(|| lookup.text("output")).flatten();
        let timestamps = lookup.key("cli_timestamp_format");
        let in_force = [("output", configured.clone()), ("timestamps", timestamps.clone())];
        let in_force =
            in_force.into_iter().filter_map(|(name, given)| Some((name, given?))).collect();
        let wants_data = output.is_some() || query.is_some() || configured.is_some();
        let output = match (output, configured) {
            (Some(output), _) => *output,
            (None, Some(given)) => match output_of(&given.value) {
                Some(output) => output,
                None => {
                    let error = SettingsError::UnknownOutput(given.map(|value| shown(&value)));
                    unless_local(error, &registry, &mut warnings)?;
                    OutputArg::Json
                }
            },
            (None, None) => OutputArg::Json,
        };
        let timestamps = match timestamps {
            Some(given) => match timestamps_of(&given.value) {
                Some(format) => format,
                None => {
                    let given = given.map(|value| shown(&value));
                    let error = SettingsError::UnknownTimestampFormat(given);
                    unless_local(error, &registry, &mut warnings)?;
                    TimestampFormat::default()
                }
            },
            None => TimestampFormat::default(),
        };
        Ok(Self {
            registry,
            registry_options,
            output: match output {
                OutputArg::Json => OutputFormat::Json,
                OutputArg::Jsonl => OutputFormat::JsonLines,
                OutputArg::Table => OutputFormat::Table,
                OutputArg::Text => OutputFormat::Text,
                OutputArg::Yaml => OutputFormat::Yaml,
                OutputArg::YamlStream => OutputFormat::YamlStream,
                OutputArg::Off => OutputFormat::Off,
            },
            wants_data,
            query: query.as_deref().map(Query::parse).transpose()?,
            timestamps,
            color: match color {
                ColorArg::On => true,
                ColorArg::Off => false,
                ColorArg::Auto => !environment.no_color && stdout_is_terminal,
            },
            verbosity: match (quiet, debug) {
                (true, _) => Verbosity::Quiet,
                (false, true) => Verbosity::Debug,
                (false, false) => Verbosity::Normal,
            },
            ci: environment.ci,
            scope,
            profile,
            in_force,
            warnings,
        })
    }
}

/// Returns the format of this name, as version 2 spells it.
fn output_of(name: &str) -> Option<OutputArg> {
    [name, lookup::uncommented(name)]
        .into_iter()
        .find_map(|name| clap::ValueEnum::from_str(name, false).ok())
}

fn timestamps_of(name: &str) -> Option<TimestampFormat> {
    [name, lookup::uncommented(name)].into_iter().find_map(|name| match name {
        "iso8601" => Some(TimestampFormat::Iso8601),
        "wire" => Some(TimestampFormat::Wire),
        _ => None,
    })
}

/// Returns a value for a message, cut to a reasonable length.
fn shown(value: &str) -> String {
    value.chars().take(160).collect()
}

/// Returns sentences about settings that the AWS CLI ignores, or that are not supported. With the
/// local registry only the files are of interest, which may select the output format.
fn warnings(lookup: Lookup<'_>, is_ec2: bool) -> Vec<String> {
    let faults = lookup.profile.all().faults.iter();
    let ignored = faults.filter(|fault| !is_ec2 || fault.is_absence());
    let mut warnings: Vec<_> = ignored.map(|fault| chain(&**fault)).collect();
    if is_ec2 {
        warnings.extend(lookup.warnings());
    } else if lookup.profile.is_missing() {
        let (name, origin) = (lookup.profile.name(), lookup.profile.origin());
        warnings.push(format!("the config profile ({name}) of {origin} could not be found"));
    }
    warnings
}

/// Turns the error of a profile into a warning if the registry is local.
fn unless_local(
    error: SettingsError,
    registry: &RegistrySettings,
    warnings: &mut Vec<String>,
) -> Result<(), SettingsError> {
    let is_of_profile = matches!(
        &error,
        SettingsError::UnknownOutput(Given { origin: Origin::Key { .. }, .. })
            | SettingsError::UnknownTimestampFormat(_)
    );
    if registry.is_ec2() || !is_of_profile {
        return Err(error);
    }
    warnings.push(error.to_string());
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Selects a profile of the files of the AWS CLI.
fn profile(
    option: Option<&String>,
    profiles: Profiles,
    environment: &Environment,
) -> SelectedProfile {
    let option = option.filter(|name| !name.is_empty()).cloned();
    let name = option.map(|name| (name, ProfileOrigin::Option)).or_else(|| environment.profile());
    SelectedProfile::new(profiles, name)
}

#[cfg(feature = "ec2")]
fn ec2(
    arguments: &AwsArgs,
    region: Option<&str>,
    environment: &Environment,
    profile: &SelectedProfile,
) -> Result<RegistrySettings, SettingsError> {
    ec2_settings(arguments, region, environment, profile)
        .map(|settings| RegistrySettings::Ec2(Box::new(settings)))
}

#[cfg(not(feature = "ec2"))]
fn ec2(
    _: &AwsArgs,
    _: Option<&str>,
    _: &Environment,
    _: &SelectedProfile,
) -> Result<RegistrySettings, SettingsError> {
    Err(SettingsError::Ec2NotBuilt)
}

/// Invalid global options or variables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    #[cfg(not(feature = "ec2"))]
    #[error("this keypair was built without the EC2 registry")]
    Ec2NotBuilt,
    #[cfg(feature = "ec2")]
    #[error("invalid value for --endpoint-url: `{url}`; expected http://HOST or https://HOST")]
    EndpointUrl {
        /// The beginning, without passwords.
        url: String,
        has_scheme: bool,
    },
    #[error("invalid value for {option}: `{value}` has an empty element")]
    EmptyElement { option: &'static str, value: String },
    #[cfg(feature = "ec2")]
    #[error("invalid value for --region: `{region}` is not a region name")]
    Region { region: String },
    #[cfg(feature = "ec2")]
    #[error(
        "invalid value for {option}: `{value}`; expected a number of seconds, or 0 for no limit"
    )]
    Timeout { option: &'static str, value: String },
    #[cfg(feature = "ec2")]
    #[error("{option} is not supported with the EC2 registry")]
    NotWithEc2 { option: &'static str },
    /// The command needs EC2, and another registry is selected.
    #[error("the local registry does not store private keys")]
    OfEc2,
    #[error("cannot locate the registry file: {} is not set", environment::HOME)]
    NoHome,
    #[error("cannot locate ~/.ssh: {} is not set", environment::HOME)]
    NoSshFolder,
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("Unknown output type: {}", .0.value)]
    UnknownOutput(Given<String>),
    #[error(
        "Unknown cli_timestamp_format value: {}, valid values are \"wire\" or \"iso8601\"", .0.value
    )]
    UnknownTimestampFormat(Given<String>),
    #[error("unknown registry `{registry}`")]
    UnknownRegistry { registry: String },
}

#[cfg(test)]
mod tests;

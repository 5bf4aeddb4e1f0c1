//! Settings from the global options and the environment.

mod environment;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

pub use environment::{Ci, Environment, UnknownPrimeFilter, command_line, values};

use super::options::{AwsArgs, ColorArg, GlobalArgs, OutputArg};
use super::output::OutputFormat;
use super::output::query::{Query, QueryError};
use super::terminal::Verbosity;
use super::timestamp::TimestampFormat;
#[cfg(feature = "ec2")]
use crate::ec2::{Ec2Settings, is_endpoint_url, is_region, shown_url};
use crate::profile::{ProfileOrigin, Profiles, SelectedProfile};

/// The selected registry and its location.
#[derive(Debug)]
pub enum RegistrySettings {
    #[cfg(feature = "ec2")]
    Ec2(Ec2Settings),
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
        let AwsArgs { region, profile, endpoint_url, .. } = aws;
        let implied = implies_ec2.then_some("ec2");
        let text = |text: &Option<String>| text.as_ref().map(OsString::from);
        let options = [
            ("--registry", registry.as_deref().or(implied).map(OsString::from)),
            ("--registry-file", registry_file.clone().map(OsString::from)),
            ("--region", text(region)),
            ("--profile", text(profile)),
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
    /// The profile of the AWS CLI.
    pub profile: SelectedProfile,
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
        let profile = profile(aws, environment);
        let registry_options =
            RegistryOptions::of(arguments, is_of_ec2 && !environment.means_ec2());
        let registry =
            registry.clone().map(OsString::from).or_else(|| environment.registry.clone());
        let registry = match registry {
            Some(registry) if registry == "ec2" => ec2(aws, environment, &profile)?,
            Some(registry) if registry != "local" => {
                let registry = registry.to_string_lossy().into_owned();
                return Err(SettingsError::UnknownRegistry { registry });
            }
            _ if is_of_ec2 && is_named => return Err(SettingsError::OfEc2),
            _ if is_of_ec2 => ec2(aws, environment, &profile)?,
            _ => RegistrySettings::Local(
                self::registry_file(registry_file.clone(), environment)
                    .ok_or(SettingsError::NoHome)?,
            ),
        };
        let wants_data = output.is_some() || query.is_some() || environment.output.is_some();
        let output = match (output, &environment.output) {
            (Some(output), _) => *output,
            (None, Some(variable)) => {
                let name = variable.to_string_lossy();
                clap::ValueEnum::from_str(&name, true)
                    .map_err(|_| SettingsError::UnknownOutput { output: name.into_owned() })?
            }
            (None, None) => OutputArg::Json,
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
            timestamps: TimestampFormat::default(),
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
            profile,
        })
    }
}

/// Reads the files of the AWS CLI and selects a profile.
fn profile(arguments: &AwsArgs, environment: &Environment) -> SelectedProfile {
    let option = arguments.profile.clone().filter(|name| !name.is_empty());
    let name = option.map(|name| (name, ProfileOrigin::Option)).or_else(|| environment.profile());
    SelectedProfile::new(Profiles::read(&environment.profile_paths()), name)
}

#[cfg(feature = "ec2")]
fn ec2(
    arguments: &AwsArgs,
    environment: &Environment,
    profile: &SelectedProfile,
) -> Result<RegistrySettings, SettingsError> {
    ec2_settings(arguments, environment, profile).map(RegistrySettings::Ec2)
}

#[cfg(feature = "ec2")]
pub fn ec2_settings(
    arguments: &AwsArgs,
    environment: &Environment,
    profile: &SelectedProfile,
) -> Result<Ec2Settings, SettingsError> {
    let AwsArgs {
        region,
        profile: _,
        endpoint_url,
        cli_connect_timeout,
        cli_read_timeout,
        ca_bundle,
        no_sign_request,
        no_verify_ssl,
        // These control input and paging of the AWS CLI and have no effect here.
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
    if let Some(region) = region.as_deref().filter(|region| !is_region(region)) {
        return Err(SettingsError::Region { region: shown_url(region) });
    }
    if let Some(url) = endpoint_url.as_deref().filter(|url| !is_endpoint_url(url)) {
        return Err(SettingsError::EndpointUrl { url: shown_url(url) });
    }
    Ok(Ec2Settings {
        region: region.clone(),
        profile: profile.clone(),
        paths: environment.profile_paths(),
        environment_has_credentials: environment.has_credentials,
        endpoint_url: endpoint_url.clone(),
        ca_bundle: ca_bundle.clone().or_else(|| environment.ca_bundle.clone().map(PathBuf::from)),
        connect_timeout: *cli_connect_timeout,
        read_timeout: *cli_read_timeout,
        variables: Box::new(environment.aws.clone()),
    })
}

#[cfg(not(feature = "ec2"))]
fn ec2(
    _: &AwsArgs,
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
        /// As returned by [`shown_url`].
        url: String,
    },
    #[cfg(feature = "ec2")]
    #[error("invalid value for --region: `{region}` is not a region name")]
    Region { region: String },
    #[cfg(feature = "ec2")]
    #[error("{option} is not supported with the EC2 registry")]
    NotWithEc2 { option: &'static str },
    /// The command needs EC2, and another registry is selected.
    #[error("the local registry does not store private keys")]
    OfEc2,
    #[error("cannot locate the registry file: {} is not set", environment::HOME)]
    NoHome,
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("Unknown output type: {output}")]
    UnknownOutput { output: String },
    #[error("unknown registry `{registry}`")]
    UnknownRegistry { registry: String },
}

#[cfg(test)]
mod tests;

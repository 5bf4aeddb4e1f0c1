//! Resolves the settings for EC2 in the order of version 2: option, variable, profile, default.

use std::path::PathBuf;

use super::lookup::{InvalidSetting, Lookup, uncommented};
use super::{Environment, SettingsError, shown};
use crate::cli::options::AwsArgs;
use crate::ec2::{
    CaBundle, Ec2Settings, Endpoints, InvalidValue, Retries, RetryMode, Service, is_endpoint_url,
    is_region, shown_url,
};
use crate::profile::{Given, Origin, SelectedProfile, number};

/// Resolves the settings. Invalid variables and keys are part of the result: they matter only if
/// EC2 is used.
pub fn ec2_settings(
    arguments: &AwsArgs,
    region: Option<&str>,
    environment: &Environment,
    profile: &SelectedProfile,
) -> Result<Ec2Settings, SettingsError> {
    let AwsArgs {
        regions: _,
        profiles: _,
        endpoint_url,
        cli_connect_timeout,
        cli_read_timeout,
        ca_bundle,
        no_sign_request,
        no_verify_ssl,
        // These control input and paging of the AWS CLI and have no effect here.
        cli_binary_format: _,
        // `Start` reads it, because it formats errors of the settings too.
        cli_error_format: _,
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
    let is_invalid = |region: &&str| !region.is_empty() && !is_region(region);
    if let Some(region) = region.filter(is_invalid) {
        return Err(SettingsError::Region { region: shown_url(region) });
    }
    let is_refused = |url: &&str| !is_endpoint_url(&with_lower_scheme(url));
    if let Some(url) = endpoint_url.as_deref().filter(is_refused) {
        let has_scheme = url.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme));
        return Err(SettingsError::EndpointUrl { url: shown_url(url), has_scheme });
    }
    let paths = environment.profile_paths();
    let lookup = Lookup { variables: &environment.aws_variables, profile, paths: &paths };
    let mut resolving = Resolving { lookup, invalid: lookup.invalid().collect() };
    let region = region.map(|region| Given::new(region.to_owned(), Origin::Option("--region")));
    let mut region = region.or_else(|| resolving.region());
    let is_on = |name| lookup.boolean(name).unwrap_or_default();
    let mut use_fips = is_on("use_fips_endpoint");
    if let Some(given) = region.as_mut().filter(|given| is_fips_region(&given.value)) {
        given.value = given.value.replace("fips-", "").replace("-fips", "");
        use_fips = Given::new(true, given.origin.clone());
    }
    let endpoints = resolving.endpoints(endpoint_url.as_deref());
    let ca_bundle = resolving.ca_bundle(ca_bundle.as_ref(), environment);
    let metadata_url = lookup.text("ec2_metadata_service_endpoint");
    let metadata_url = metadata_url.filter(|url| !url.value.is_empty());
    let app_id = lookup.text("sdk_ua_app_id").filter(|id| !id.value.is_empty());
    Ok(Ec2Settings {
        region,
        endpoints,
        ca_bundle,
        use_fips,
        use_dual_stack: is_on("use_dualstack_endpoint"),
        retries: resolving.retries(),
        metadata_url,
        app_id,
        invalid: resolving.invalid.into_iter().map(InvalidValue::from).collect(),
        profile: profile.clone(),
        paths: paths.clone(),
        connect_timeout: timeout("--cli-connect-timeout", cli_connect_timeout.as_deref())?,
        read_timeout: timeout("--cli-read-timeout", cli_read_timeout.as_deref())?,
        variables: Box::new(environment.aws.clone()),
    })
}

/// Returns a URL with its scheme in lower case.
fn with_lower_scheme(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        None => url.to_owned(),
    }
}

/// Returns whether this is the scheme of a URL, which the AWS CLI may not support.
fn is_scheme(text: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// Reads a number of seconds.
fn timeout(option: &'static str, value: Option<&str>) -> Result<Option<u32>, SettingsError> {
    let Some(value) = value else { return Ok(None) };
    let seconds = number(value).filter(|seconds| *seconds >= 0);
    let seconds = seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
    let refused = || SettingsError::Timeout { option, value: shown(value) };
    seconds.ok_or_else(refused).map(Some)
}

impl From<InvalidSetting> for InvalidValue {
    fn from(InvalidSetting { origin, value, expected }: InvalidSetting) -> Self {
        Self { name: origin.to_string(), value: shown_url(&value), expected }
    }
}

/// Returns whether this is the old name of a region's FIPS endpoint, such as `fips-us-east-1`.
fn is_fips_region(region: &str) -> bool {
    region.contains("fips-") || region.contains("-fips")
}

struct Resolving<'a> {
    lookup: Lookup<'a>,
    invalid: Vec<InvalidSetting>,
}

impl Resolving<'_> {
    fn refuse(&mut self, given: Given<String>, expected: &'static str) {
        let Given { value, origin } = given;
        self.invalid.push(InvalidSetting { origin, value, expected });
    }

    fn region(&mut self) -> Option<Given<String>> {
        let given = self.lookup.text("region")?;
        // As in the AWS CLI, an empty region is not a missing one.
        if given.value.is_empty() || is_region(&given.value) {
            return Some(given);
        }
        let region = uncommented(&given.value);
        if is_region(region) && matches!(given.origin, Origin::Key { .. }) {
            return Some(Given::new(region.to_owned(), given.origin));
        }
        self.refuse(given, "the name of a region, for example eu-west-1");
        None
    }

    /// Finds the endpoint URL of each service in the order of version 2
    /// (`ConfiguredEndpointProvider` in `configprovider.py`). An empty URL counts as missing.
    fn endpoints(&mut self, option: Option<&str>) -> Endpoints {
        let mut endpoints = Endpoints::default();
        let is_ignored = self.lookup.boolean("ignore_configured_endpoint_urls");
        let is_ignored = is_ignored.is_some_and(|given| given.value);
        for service in Service::ALL {
            let takes_option =
                matches!(service, Service::Ec2 | Service::Ec2InstanceConnect | Service::Ssm);
            let option = option.filter(|_| takes_option);
            let given = match option {
                Some(url) => Some(Given::new(url.to_owned(), Origin::Option("--endpoint-url"))),
                None if is_ignored => None,
                None => self.configured_endpoint(service),
            };
            let Some(url) = given else { continue };
            let normalized = with_lower_scheme(&url.value);
            let candidates = [normalized.as_str(), uncommented(&normalized)];
            match candidates.into_iter().find(|url| is_endpoint_url(url)) {
                Some(valid) => endpoints.insert(service, Given::new(valid.to_owned(), url.origin)),
                None if self.invalid.iter().all(|invalid| invalid.origin != url.origin) => {
                    self.refuse(url, "http://HOST or https://HOST");
                }
                None => {}
            }
        }
        endpoints
    }

    fn configured_endpoint(&mut self, service: Service) -> Option<Given<String>> {
        let lookup = self.lookup;
        let given = |url: &Given<String>| !url.value.is_empty();
        let variable = |name| lookup.variables.first(&[name]).filter(given);
        let found = variable(service.variable()).or_else(|| variable("AWS_ENDPOINT_URL"));
        found
            .or_else(|| self.endpoint_in_services(service).filter(given))
            .or_else(|| lookup.key("endpoint_url").filter(given))
    }

    /// Returns the URL in the section `[services NAME]` that the profile names.
    fn endpoint_in_services(&mut self, service: Service) -> Option<Given<String>> {
        let named = self.lookup.key("services")?;
        let Some(section) = self.lookup.profile.all().services(&named.value) else {
            if self.invalid.iter().all(|invalid| invalid.origin != named.origin) {
                self.refuse(named, "the name of a section [services NAME]");
            }
            return None;
        };
        let setting = section.setting(service.key())?;
        let key = format!("{} endpoint_url", service.key());
        let section = format!("the services {}", named.value);
        let origin = self.lookup.origin(&key, section, setting);
        if !setting.value().starts_with('\n') {
            let given = Given::new(setting.value().to_owned(), origin);
            if self.invalid.iter().all(|invalid| invalid.origin != given.origin) {
                self.refuse(given, "an indented line `endpoint_url = URL` after it");
            }
            return None;
        }
        Some(Given::new(setting.nested("endpoint_url")?.to_owned(), origin))
    }

    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` count only here, because other programs have them in use.
    fn ca_bundle(
        &mut self,
        option: Option<&PathBuf>,
        environment: &Environment,
    ) -> Option<Given<CaBundle>> {
        if let Some(path) = option {
            return Some(Given::new(CaBundle::File(path.clone()), Origin::Option("--ca-bundle")));
        }
        let lookup = self.lookup;
        let requests = || lookup.variables.first(&["REQUESTS_CA_BUNDLE"]);
        if let Some(bundle) = lookup.text("ca_bundle").or_else(requests) {
            if bundle.value.trim().is_empty() {
                self.refuse(bundle, "the path of a PEM file");
                return None;
            }
            return Some(bundle.map(|path| CaBundle::File(path.into())));
        }
        environment.system_certificates()
    }

    fn retries(&self) -> Retries {
        let mode = self.lookup.valid("retry_mode").map(|mode| {
            let is_adaptive = mode.value == "adaptive";
            mode.map(|_| if is_adaptive { RetryMode::Adaptive } else { RetryMode::Standard })
        });
        let attempts = self.lookup.valid("max_attempts").and_then(|given| {
            let attempts = u32::try_from(number(&given.value)?).unwrap_or(u32::MAX);
            Some(given.map(|_| attempts))
        });
        Retries {
            mode: mode.unwrap_or_default(),
            attempts: attempts.unwrap_or(Given::new(DEFAULT_ATTEMPTS, Origin::Default)),
        }
    }
}

/// The default of version 2.
const DEFAULT_ATTEMPTS: u32 = 3;

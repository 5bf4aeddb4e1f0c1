//! A connection: the runtime, the SDK configuration and the clients.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::error::SdkError;
use tokio::runtime::Runtime;
use tokio::time;

use super::body::ResponseLimits;
use super::ca_bundle;
use super::catch_panic::catch_panic;
use super::check;
use super::client::Client;
use super::credentials::{AskMfaCode, LOAD_TIMEOUT, Means, NoCredentials, Provider};
use super::interceptor::{AsAwsCli, NO_REGION};
use super::pace::Pace;
use super::region;
use super::services::{Endpoints, Service};
use super::settings::{CaBundle, Ec2Settings, RetryMode, VariableUrl};
use super::url::without_query;
use crate::interrupt;
use crate::registry::{CredentialSource, RegistryError};

/// The result of a request that was sent.
pub(super) type SdkResult<T, E> = Result<T, Box<SdkError<E>>>;

/// The default of the AWS CLI.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The default of the AWS CLI. It includes TLS and the connection of a proxy.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
const SIGNAL_POLL: Duration = Duration::from_millis(50);

pub(super) struct Connection {
    runtime: Arc<Runtime>,
    profile: Option<String>,
    endpoints: Endpoints,
    configuration: SdkConfig,
    client: Client,
    connect_timeout: Option<Duration>,
    /// The source of the plan.
    credentials: CredentialSource,
    /// The URL of a credential endpoint, which may contain a token.
    container_url: Option<VariableUrl>,
    pub(super) ec2: aws_sdk_ec2::Client,
    /// The rate of ImportKeyPair.
    pub(super) imports: Pace,
    /// The rate of DeleteKeyPair.
    pub(super) deletions: Pace,
}

impl Connection {
    /// Prepares requests. Sends none, except to the instance metadata service for a region.
    pub(super) fn open(
        settings: &Ec2Settings,
        ask_mfa_code: Option<AskMfaCode>,
    ) -> Result<Self, RegistryError> {
        Self::open_within(settings, ask_mfa_code, ResponseLimits::default())
    }

    fn open_within(
        settings: &Ec2Settings,
        ask_mfa_code: Option<AskMfaCode>,
        limits: ResponseLimits,
    ) -> Result<Self, RegistryError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| RegistryError::Unreachable(source.into()))?;
        let Ec2Settings {
            profile,
            paths: _,
            region,
            endpoints,
            use_fips,
            use_dual_stack,
            retries,
            ca_bundle,
            connect_timeout,
            read_timeout,
            metadata_url: _,
            app_id,
            invalid: _,
            variables,
        } = settings;
        check::files(profile)?;
        check::values(settings)?;
        let plan = settings.plan()?;
        let trusted = match ca_bundle.as_ref().map(|bundle| &bundle.value) {
            // As in version 2, a bundle matters only for HTTPS.
            Some(_) if !endpoints.may_use_tls() => None,
            Some(CaBundle::File(path)) => Some(ca_bundle::from_file(path)?),
            Some(CaBundle::System { file, directories }) => {
                ca_bundle::from_variables(file.as_deref(), directories)?
            }
            None => None,
        };
        let seconds = |given: &Option<u32>, usual| match given {
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs((*seconds).into())),
            None => Some(usual),
        };
        let read_timeout = seconds(read_timeout, READ_TIMEOUT);
        let client = Client::new(trusted, &variables.proxies, read_timeout, limits)
            .map_err(RegistryError::Settings)?;
        let mut timeouts = TimeoutConfig::builder();
        let connect_timeout = seconds(connect_timeout, CONNECT_TIMEOUT);
        timeouts.set_connect_timeout(connect_timeout);
        timeouts.set_read_timeout(read_timeout);
        let retry = match retries.mode.value {
            RetryMode::Standard => RetryConfig::standard(),
            RetryMode::Adaptive => RetryConfig::adaptive(),
        };
        let region = match region {
            Some(region) if region.value.is_empty() && endpoints.get(Service::Ec2).is_none() => {
                let (name, value) = (region.origin.to_string(), String::new());
                let expected = "the name of a region, for example eu-west-1";
                return Err(RegistryError::InvalidSetting { name, value, expected });
            }
            Some(region) if region.value.is_empty() => NO_REGION.to_owned(),
            Some(region) => region.value.clone(),
            None => {
                let instance = settings.instance()?.ok_or(RegistryError::NoRegion)?;
                catch_panic(|| runtime.block_on(region::of_instance(&instance, &client)))?
                    .ok_or(RegistryError::NoRegion)?
            }
        };
        let retry = retry.with_max_attempts(retries.attempts.value.max(1));
        let mut configuration = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(client.clone())
            .region(Region::new(region))
            .service_config(endpoints.clone())
            .use_fips(use_fips.value)
            .use_dual_stack(use_dual_stack.value)
            .timeout_config(timeouts.build())
            // It counts the time to connect. ResponseLimits ends responses that stall.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(retry)
            .identity_cache(IdentityCache::lazy().load_timeout(LOAD_TIMEOUT).build());
        let app_name = app_id.as_ref().and_then(|id| AppName::new(id.value.clone()).ok());
        configuration.set_app_name(app_name);
        let mut configuration = configuration.build();
        let Some(source) = plan else {
            return Err(RegistryError::Credentials {
                profile: profile.is_named().then(|| profile.name().to_owned()),
                source: NoCredentials.into(),
            });
        };
        let (credentials, container_url) = (source.name(), source.endpoint().map(str::to_owned));
        let means = Means {
            configuration: configuration.clone(),
            endpoints: endpoints.clone(),
            client: client.clone(),
            home: variables.home.clone(),
            ask_mfa_code,
        };
        configuration = configuration
            .into_builder()
            .credentials_provider(Provider::shared(source, means))
            .build();
        let ec2 = ec2_client(endpoints, &configuration)?;
        Ok(Self {
            runtime: Arc::new(runtime),
            profile: profile.is_named().then(|| profile.name().to_owned()),
            endpoints: endpoints.clone(),
            configuration,
            client,
            connect_timeout,
            credentials,
            container_url: container_url.map(VariableUrl::from),
            ec2,
            imports: Pace::new(is_aws(endpoints)),
            deletions: Pace::new(is_aws(endpoints)),
        })
    }

    /// Returns a connection to another region with the same runtime and credentials.
    pub(super) fn in_region(&self, region: &str) -> Result<Self, RegistryError> {
        let client = self.client.with_own_history();
        let configuration = self.configuration.clone().into_builder();
        let configuration = configuration.http_client(client.clone());
        let configuration = configuration.region(Region::new(region.to_owned())).build();
        Ok(Self {
            runtime: Arc::clone(&self.runtime),
            profile: self.profile.clone(),
            endpoints: self.endpoints.clone(),
            ec2: ec2_client(&self.endpoints, &configuration)?,
            configuration,
            client,
            connect_timeout: self.connect_timeout,
            credentials: self.credentials.clone(),
            container_url: self.container_url.clone(),
            imports: Pace::new(is_aws(&self.endpoints)),
            deletions: Pace::new(is_aws(&self.endpoints)),
        })
    }

    pub(super) fn region(&self) -> Option<String> {
        self.ec2.config().region().map(ToString::to_string)
    }

    /// Returns a client for Systems Manager, which contains Parameter Store.
    pub(super) fn ssm(&self) -> aws_sdk_ssm::Client {
        let configuration = self.endpoints.configuration(&self.configuration, Service::Ssm);
        let configuration = aws_sdk_ssm::config::Builder::from(&configuration)
            .interceptor(AsAwsCli::of_service(&self.endpoints, Service::Ssm));
        aws_sdk_ssm::Client::from_conf(configuration.build())
    }

    /// Returns a client for STS.
    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        let configuration = self.endpoints.configuration(&self.configuration, Service::Sts);
        let configuration = aws_sdk_sts::config::Builder::from(&configuration)
            .interceptor(AsAwsCli::of_service(&self.endpoints, Service::Sts));
        aws_sdk_sts::Client::from_conf(configuration.build())
    }

    /// Returns a client for EC2 Instance Connect.
    pub(super) fn instance_connect(&self) -> aws_sdk_ec2instanceconnect::Client {
        let service = Service::Ec2InstanceConnect;
        let configuration = self.endpoints.configuration(&self.configuration, service);
        let configuration = aws_sdk_ec2instanceconnect::config::Builder::from(&configuration)
            .interceptor(AsAwsCli::of_service(&self.endpoints, service));
        aws_sdk_ec2instanceconnect::Client::from_conf(configuration.build())
    }

    /// Returns the profile that an option or a variable selects.
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Returns the configured source of credentials.
    pub(super) fn credential_source(&self) -> CredentialSource {
        self.credentials.clone()
    }

    pub(super) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    pub(super) fn host(&self) -> String {
        self.client.history().host
    }

    /// Returns whether the last response had a success status.
    pub(super) fn is_success(&self) -> bool {
        self.client.history().is_success
    }

    /// Returns the beginning of a server's text without private keys, credentials and the query of
    /// the container endpoint.
    pub(super) fn cut(&self, text: &str) -> String {
        match &self.container_url {
            Some(url) => self.client.secrets.cut(&text.replace(&**url, &without_query(url))),
            None => self.client.secrets.cut(text),
        }
    }

    /// Returns the maximum number of retries.
    pub(super) fn retries(&self) -> u32 {
        let attempts = self.configuration.retry_config().map(RetryConfig::max_attempts);
        attempts.unwrap_or_default().saturating_sub(1)
    }

    /// Sends a request without side effects and waits for the response.
    pub(super) fn ask<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<SdkResult<T, E>, RegistryError> {
        catch_panic(|| self.runtime.block_on(request).map_err(Box::new))
    }

    /// Like [`Connection::ask`], with a time limit. Returns `None` after it.
    pub(super) fn ask_within<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        patience: Duration,
    ) -> Result<Option<SdkResult<T, E>>, RegistryError> {
        catch_panic(|| {
            let response = self.runtime.block_on(async { time::timeout(patience, request).await });
            response.ok().map(|response| response.map_err(Box::new))
        })
    }

    /// Sends a request with side effects and waits for the response. After a deferred signal, waits
    /// for `patience` and then returns `None`.
    pub(super) fn change<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        patience: Duration,
    ) -> Result<Option<SdkResult<T, E>>, RegistryError> {
        catch_panic(|| {
            self.runtime.block_on(async {
                let mut request = std::pin::pin!(request);
                loop {
                    match time::timeout(SIGNAL_POLL, &mut request).await {
                        Ok(response) => return Some(response.map_err(Box::new)),
                        Err(_) if interrupt::is_pending() => {
                            let response = time::timeout(patience, &mut request).await.ok()?;
                            return Some(response.map_err(Box::new));
                        }
                        Err(_) => {}
                    }
                }
            })
        })
    }
}

fn is_aws(endpoints: &Endpoints) -> bool {
    endpoints.get(Service::Ec2).is_none()
}

fn ec2_client(
    endpoints: &Endpoints,
    configuration: &SdkConfig,
) -> Result<aws_sdk_ec2::Client, RegistryError> {
    catch_panic(|| {
        let configuration = endpoints.configuration(configuration, Service::Ec2);
        let region = configuration.region().map(ToString::to_string).unwrap_or_default();
        let as_aws_cli = AsAwsCli::of_service(endpoints, Service::Ec2).in_region(&region);
        let configuration = aws_sdk_ec2::config::Builder::from(&configuration);
        aws_sdk_ec2::Client::from_conf(configuration.interceptor(as_aws_cli).build())
    })
}

#[cfg(test)]
mod tests;

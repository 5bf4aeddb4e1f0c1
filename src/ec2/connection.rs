//! A connection: the runtime, the configuration and the clients made of it.

use std::future::Future;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::RuntimeComponents;
use aws_sdk_ec2::error::SdkError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use tokio::runtime::Runtime;
use tokio::time;

use super::guard::guarded;
use super::limit::Limit;
use super::settings::Ec2Settings;
use super::trust;
use crate::interrupt;
use crate::registry::RegistryError;

/// What came of a request that was made.
pub(super) type Answer<T, E> = Result<T, Box<SdkError<E>>>;

/// What the AWS CLI waits for.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// A tenth of what the AWS CLI waits for is long enough to cross the world twice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);
const LOOK_FOR_SIGNALS: Duration = Duration::from_millis(50);

pub(super) struct Connection {
    runtime: Runtime,
    profile: Option<String>,
    configuration: SdkConfig,
    pub(super) ec2: aws_sdk_ec2::Client,
}

impl Connection {
    /// Finds out what the environment and the files of the AWS CLI say. Nothing is sent yet.
    pub(super) fn open(settings: &Ec2Settings) -> Result<Self, RegistryError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| RegistryError::Unreachable(source.into()))?;
        let Ec2Settings {
            region,
            profile,
            environment_has_credentials,
            endpoint_url,
            ca_bundle,
            connect_timeout,
            read_timeout,
        } = settings;
        let trusted = ca_bundle.as_deref().map(trust::only).transpose()?;
        let client = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            let mut connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring));
            if let Some(trusted) = &trusted {
                connector = connector.tls_context(trusted.clone());
            }
            connector.build()
        });
        let seconds = |given: &Option<u32>, usual| match given {
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs((*seconds).into())),
            None => Some(usual),
        };
        let mut timeouts = TimeoutConfig::builder();
        timeouts.set_connect_timeout(seconds(connect_timeout, CONNECT_TIMEOUT));
        timeouts.set_read_timeout(seconds(read_timeout, READ_TIMEOUT));
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(client.clone())
            .timeout_config(timeouts.build());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
            if *environment_has_credentials {
                let usual =
                    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                        .or_else(
                            ProfileFileRegionProvider::builder().profile_name(profile).build(),
                        );
                let region = match region {
                    Some(region) => Some(Region::new(region.clone())),
                    None => guarded(|| runtime.block_on(usual.region()))?,
                };
                let settings =
                    ProviderConfig::without_region().with_region(region).with_http_client(client);
                let credentials = ProfileFileCredentialsProvider::builder()
                    .configure(&settings)
                    .profile_name(profile);
                loader = loader.credentials_provider(credentials.build());
            }
        }
        if let Some(endpoint_url) = endpoint_url {
            loader = loader.endpoint_url(endpoint_url);
        }
        let configuration = guarded(|| runtime.block_on(loader.load()))?;
        match configuration.region() {
            None => return Err(RegistryError::NoRegion),
            Some(region) if region.as_ref().is_empty() => return Err(RegistryError::NoRegion),
            Some(_) => {}
        }
        let ec2 = guarded(|| {
            let configuration = aws_sdk_ec2::config::Builder::from(&configuration);
            aws_sdk_ec2::Client::from_conf(configuration.interceptor(Limit).build())
        })?;
        Ok(Self { runtime, profile: profile.clone(), configuration, ec2 })
    }

    /// Returns the region.
    pub(super) fn region(&self) -> Option<String> {
        self.ec2.config().region().map(ToString::to_string)
    }

    /// Returns a client of Systems Manager, to which Parameter Store belongs.
    pub(super) fn ssm(&self) -> aws_sdk_ssm::Client {
        let configuration = aws_sdk_ssm::config::Builder::from(&self.configuration);
        aws_sdk_ssm::Client::from_conf(configuration.interceptor(Limit).build())
    }

    /// Returns the profile that was asked for.
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Returns how often a request is repeated before it is given up.
    pub(super) fn retries(&self) -> u32 {
        let attempts = self.configuration.retry_config().map(RetryConfig::max_attempts);
        attempts.unwrap_or_default().saturating_sub(1)
    }

    /// Waits for the answer to a request that changes nothing.
    pub(super) fn ask<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<Answer<T, E>, RegistryError> {
        guarded(|| self.runtime.block_on(request).map_err(Box::new))
    }

    /// As [`Connection::ask`], but for so much time at most; `None` if no answer came in it.
    pub(super) fn ask_within<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        patience: Duration,
    ) -> Result<Option<Answer<T, E>>, RegistryError> {
        guarded(|| {
            let answer = self.runtime.block_on(async { time::timeout(patience, request).await });
            answer.ok().map(|answer| answer.map_err(Box::new))
        })
    }

    /// Waits for the answer to a request that changes something, or for a signal that is held back
    /// meanwhile, and then for `patience` more; `None` if no answer came in that time.
    pub(super) fn change<T, E>(
        &self,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        patience: Duration,
    ) -> Result<Option<Answer<T, E>>, RegistryError> {
        guarded(|| {
            self.runtime.block_on(async {
                let mut request = std::pin::pin!(request);
                loop {
                    match time::timeout(LOOK_FOR_SIGNALS, &mut request).await {
                        Ok(answer) => return Some(answer.map_err(Box::new)),
                        Err(_) if interrupt::is_requested() => {
                            let answer = time::timeout(patience, &mut request).await.ok()?;
                            return Some(answer.map_err(Box::new));
                        }
                        Err(_) => {}
                    }
                }
            })
        })
    }
}

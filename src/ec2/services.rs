//! The services in use and their endpoints.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::url::shown_url;
use crate::profile::Given;

/// A service of AWS that this program sends requests to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Ec2,
    Ec2InstanceConnect,
    Ssm,
    Sts,
    Sso,
    SsoOidc,
    Signin,
}

impl Service {
    pub const ALL: [Self; 7] = [
        Self::Ec2,
        Self::Ec2InstanceConnect,
        Self::Ssm,
        Self::Sts,
        Self::Sso,
        Self::SsoOidc,
        Self::Signin,
    ];

    /// Returns the ID in the SDK.
    fn id(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Ec2InstanceConnect => "EC2 Instance Connect",
            Self::Ssm => "SSM",
            Self::Sts => "STS",
            Self::Sso => "SSO",
            Self::SsoOidc => "SSO OIDC",
            Self::Signin => "Signin",
        }
    }

    /// Returns the key of the service in a section `[services NAME]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Ec2InstanceConnect => "ec2_instance_connect",
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::Sso => "sso",
            Self::SsoOidc => "sso_oidc",
            Self::Signin => "signin",
        }
    }

    /// Returns the variable with the endpoint URL.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Ec2 => "AWS_ENDPOINT_URL_EC2",
            Self::Ec2InstanceConnect => "AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT",
            Self::Ssm => "AWS_ENDPOINT_URL_SSM",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::Sso => "AWS_ENDPOINT_URL_SSO",
            Self::SsoOidc => "AWS_ENDPOINT_URL_SSO_OIDC",
            Self::Signin => "AWS_ENDPOINT_URL_SIGNIN",
        }
    }
}

/// The endpoint URLs that replace those of AWS. The debug output omits passwords.
#[derive(Clone, Default)]
pub struct Endpoints(BTreeMap<Service, Given<String>>);

impl Endpoints {
    #[must_use]
    pub fn get(&self, service: Service) -> Option<&Given<String>> {
        self.0.get(&service)
    }

    /// Returns the configuration of a service. As in version 2, an endpoint URL wins over FIPS and
    /// dual-stack endpoints, which the SDK would refuse to combine.
    pub(super) fn configuration(&self, of_all: &SdkConfig, service: Service) -> SdkConfig {
        match self.get(service) {
            Some(url) => {
                let configuration = of_all.to_builder().use_fips(false).use_dual_stack(false);
                configuration.endpoint_url(url.value.clone()).build()
            }
            None => of_all.clone(),
        }
    }

    /// Returns whether a service may be asked over HTTPS.
    pub(super) fn may_use_tls(&self) -> bool {
        let is_plain = |url: &Given<String>| url.value.starts_with("http://");
        !Service::ALL.into_iter().all(|service| self.get(service).is_some_and(is_plain))
    }

    pub fn insert(&mut self, service: Service, url: Given<String>) {
        self.0.insert(service, url);
    }

    /// Returns the endpoints in the order of the services.
    pub fn iter(&self) -> impl Iterator<Item = (Service, &Given<String>)> {
        self.0.iter().map(|(service, url)| (*service, url))
    }
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let urls = self.iter().map(|(service, url)| (service, shown_url(&url.value)));
        formatter.debug_map().entries(urls).finish()
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = Service::ALL.into_iter().find(|service| service.id() == key.service_id())?;
        let url = self.get(service).filter(|_| key.profile() == "endpoint_url")?;
        Some(url.value.clone())
    }
}

//! The means to get credentials.

use std::path::PathBuf;

use aws_config::{Region, SdkConfig};

use crate::ec2::client::Client;
use crate::ec2::services::{Endpoints, Service};
use crate::registry::Cause;
use crate::secret::Secret;

/// Asks the user for the code of an MFA device.
pub type AskMfaCode = fn(question: &str) -> Result<Secret, Cause>;

/// The means to get credentials.
#[derive(Clone, Debug)]
pub(in crate::ec2) struct Means {
    /// The region, endpoints and limits of the services that provide credentials.
    pub(in crate::ec2) configuration: SdkConfig,
    pub(in crate::ec2) endpoints: Endpoints,
    pub(in crate::ec2) client: Client,
    pub(in crate::ec2) home: Option<PathBuf>,
    pub(in crate::ec2) ask_mfa_code: Option<AskMfaCode>,
}

impl Means {
    /// Returns the configuration of a service.
    pub(super) fn of(&self, service: Service) -> SdkConfig {
        self.endpoints.configuration(&self.configuration, service)
    }

    /// Returns the configuration of a service in another region.
    pub(super) fn in_region(&self, service: Service, region: &str) -> SdkConfig {
        self.of(service).into_builder().region(Region::new(region.to_owned())).build()
    }
}

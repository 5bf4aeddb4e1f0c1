//! EC2 as a registry, and Parameter Store beside it, through the AWS SDK.
//!
//! Credentials, regions, endpoints, proxies and retries are the SDK's own, read from where the AWS CLI
//! reads them. Nothing is read and no runtime is started before the first call.
//!
//! A change is not repeated when its answer is lost: whether it was carried out is then not known, and
//! saying so is worth more than a second try, which would be told that the name is taken.

mod body;
mod client;
mod configuration;
mod confirm;
mod connection;
mod credentials;
mod discard;
mod document;
mod envelope;
mod failure;
mod foreign;
mod guard;
mod key_pairs;
mod model;
mod pages;
mod parameters;
mod process;
mod profiles;
mod proxy;
mod redact;
mod rehearse;
mod response;
mod retry;
mod settings;
mod trust;
mod uses;

pub use configuration::{Configuration, ConfigurationFault, Source, configuration};
pub use settings::{
    CERTIFICATE_FILE, CERTIFICATE_FOLDERS, ENDPOINT_VARIABLES, Ec2Settings, Proxies, ProxyVariable,
    VariableUrl, Variables, credential_fault, is_endpoint_url, is_region, shown_url,
};

use connection::Connection;

/// The key pairs of one region of one account.
pub struct Ec2Registry {
    settings: Ec2Settings,
    connection: Option<Connection>,
}

impl Ec2Registry {
    /// Returns the registry; it is not asked anything yet.
    #[must_use]
    pub fn new(settings: Ec2Settings) -> Self {
        Self { settings, connection: None }
    }
}

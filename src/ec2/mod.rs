//! EC2 as a registry, EC2 Instance Connect and Parameter Store, through the AWS SDK.
//!
//! The settings come from the caller: the SDK reads neither the environment nor files. Nothing is read and no runtime is started before the first request.
//!
//! A request with side effects is not repeated after a lost response. A repeated request would be
//! refused as a duplicate, and an unknown outcome is better reported as unknown.

mod body;
mod ca_bundle;
mod catch_panic;
mod check;
mod client;
mod configuration;
mod confirm;
mod connection;
mod credentials;
mod delete;
mod document;
mod dry_run;
mod error_body;
mod failure;
mod in_force;
mod instances;
mod interceptor;
mod key_pairs;
mod model;
mod pace;
mod pages;
mod parameters;
mod pinned;
mod proxy;
mod region;
mod regions;
mod response;
mod retry;
mod server_text;
mod services;
mod settings;
mod tags;
mod url;
mod usage;

pub use configuration::{Configuration, ConfigurationFault, configuration};
pub use credentials::{AskMfaCode, CredentialVariables};
pub use in_force::InForce;
pub use regions::is_loopback;
pub use services::{Endpoints, Service};
pub use settings::{
    CERTIFICATE_DIRECTORIES, CERTIFICATE_FILE, CaBundle, Ec2Settings, InvalidValue, Proxies,
    ProxyVariable, Retries, RetryMode, Variables, is_region,
};
pub use url::{is_endpoint_url, shown_url};

use std::sync::{Arc, Mutex};

use connection::Connection;

/// The key pairs of one account in one region.
pub struct Ec2Registry {
    settings: Ec2Settings,
    ask_mfa_code: Option<AskMfaCode>,
    /// The connection that other regions of the account use, too.
    shared: Option<Arc<Mutex<Option<Connection>>>>,
    connection: Option<Connection>,
}

impl Ec2Registry {
    /// Creates the registry. Sends nothing.
    #[must_use]
    pub fn new(settings: Ec2Settings, ask_mfa_code: Option<AskMfaCode>) -> Self {
        Self { settings, ask_mfa_code, shared: None, connection: None }
    }
}

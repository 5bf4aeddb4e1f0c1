//! What the command line says of EC2.

use std::path::PathBuf;

/// How to reach EC2: what the command line says; all else is for the SDK to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ec2Settings {
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// Whether the environment has credentials, over which a profile that is named wins.
    pub environment_has_credentials: bool,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--ca-bundle` or `AWS_CA_BUNDLE`: a PEM file of the certificate authorities to trust.
    pub ca_bundle: Option<PathBuf>,
    /// `--cli-connect-timeout`, in seconds; zero is for ever.
    pub connect_timeout: Option<u32>,
    /// `--cli-read-timeout`, in seconds; zero is for ever.
    pub read_timeout: Option<u32>,
}

//! What the command line says of EC2.

/// How to reach EC2: what the command line says; all else is for the SDK to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ec2Settings {
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--cli-connect-timeout`, in seconds; zero is for ever.
    pub connect_timeout: Option<u32>,
    /// `--cli-read-timeout`, in seconds; zero is for ever.
    pub read_timeout: Option<u32>,
}

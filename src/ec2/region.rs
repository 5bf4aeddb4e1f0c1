//! Asks the instance metadata service for the region of this machine.

use std::time::Duration;

use aws_config::imds;
use aws_config::provider_config::ProviderConfig;

use super::client::Client;
use super::settings::{MetadataSettings, is_region};

/// Returns the region of this machine, or `None` outside of EC2.
pub(super) async fn of_instance(settings: &MetadataSettings, client: &Client) -> Option<String> {
    let MetadataSettings { url, is_ipv6, is_disabled } = settings;
    if *is_disabled {
        return None;
    }
    let usual = if *is_ipv6 { IPV6 } else { IPV4 };
    let provider = ProviderConfig::without_region().with_http_client(client.without_proxy());
    let service = imds::Client::builder()
        .configure(&provider)
        .endpoint(url.as_deref().unwrap_or(usual))
        .ok()?
        .max_attempts(1)
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .build();
    // The request of the AWS CLI: some servers do not know the path for the region.
    let zone = service.get("/latest/meta-data/placement/availability-zone/").await.ok()?;
    let zone = String::from(zone);
    let region = zone.trim().trim_end_matches(|character: char| character.is_ascii_lowercase());
    is_region(region).then(|| region.to_owned())
}

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

/// The default of the AWS CLI.
const TIMEOUT: Duration = Duration::from_secs(1);

//! Asks the instance metadata service for the region of this machine.

use super::client::Client;
use super::credentials::Instance;
use super::settings::is_region;

/// Returns the region of this machine, or `None` outside of EC2.
pub(super) async fn of_instance(instance: &Instance, client: &Client) -> Option<String> {
    // The request of the AWS CLI: some servers do not know the path for the region.
    let zone =
        instance.text(client, "/latest/meta-data/placement/availability-zone/").await.ok()?;
    let region = zone.trim().trim_end_matches(|character: char| character.is_ascii_lowercase());
    is_region(region).then(|| region.to_owned())
}

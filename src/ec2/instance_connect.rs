//! EC2 Instance Connect.

use super::Ec2Registry;
use super::failure::query_error;
use crate::registry::{InstanceConnect, RegistryError, SendOutcome, SentKey};

impl InstanceConnect for Ec2Registry {
    fn send_public_key(&mut self, key: &SentKey<'_>) -> Result<SendOutcome, RegistryError> {
        let SentKey { instance, user, public_key, zone } = *key;
        let connection = self.connection()?;
        let client = connection.instance_connect();
        let request = client.send_ssh_public_key().instance_id(instance).instance_os_user(user);
        let request = request.ssh_public_key(public_key);
        let request = request.set_availability_zone(zone.map(str::to_owned));
        // A repeated request only starts the minute again.
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let request_id = response.request_id().map(|id| connection.cut(id));
        Ok(SendOutcome { request_id, is_success: response.success() })
    }
}

//! The encrypted passwords of Windows instances.

use super::Ec2Registry;
use super::dry_run::success;
use super::failure::query_error;
use super::instances::time;
use crate::registry::{PasswordData, RegistryError};

impl Ec2Registry {
    pub(super) fn read_password_data(&mut self, id: &str) -> Result<PasswordData, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_password_data().instance_id(id);
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        if response.instance_id() != Some(id) {
            return Err(RegistryError::Unreadable("it is about another instance".into()));
        }
        Ok(PasswordData {
            timestamp: response.timestamp().and_then(time),
            data: response.password_data,
        })
    }

    pub(super) fn dry_run_password_data(&mut self, id: &str) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_password_data().instance_id(id);
        let response = connection.ask(request.dry_run(true).send())?;
        // A server that ignored the dry run has changed nothing.
        success(response, connection).map(|_| ())
    }
}

//! The console output of instances.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Ec2Registry;
use super::failure::query_error;
use crate::registry::{InstanceId, RegistryError};

impl Ec2Registry {
    pub(super) fn read_console(
        &mut self,
        id: &InstanceId,
        is_latest: bool,
    ) -> Result<Vec<u8>, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_console_output().instance_id(id.as_str());
        let request = request.set_latest(is_latest.then_some(true));
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        if response.instance_id() != Some(id.as_str()) {
            return Err(RegistryError::Unreadable("it is about another instance".into()));
        }
        let text = response.output().unwrap_or_default().bytes();
        let text: Vec<u8> = text.filter(|byte| !byte.is_ascii_whitespace()).collect();
        let decoded = STANDARD.decode(text);
        decoded.map_err(|_| RegistryError::Unreadable("the console output is not base64".into()))
    }
}

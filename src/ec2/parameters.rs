//! Parameter Store.

use super::failure::query_error;
use super::{Ec2Registry, response};
use crate::registry::{Parameter, ParameterStore, RegistryError};
use crate::secret::Secret;

impl ParameterStore for Ec2Registry {
    fn parameter(&mut self, name: &str, decrypted: bool) -> Result<Parameter, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ssm().get_parameter().name(name).with_decryption(decrypted);
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let found = response
            .parameter
            .ok_or_else(|| RegistryError::Unreadable("it contains no parameter".into()))?;
        let parameter = Parameter {
            last_modified: found
                .last_modified_date()
                .map(aws_sdk_ssm::primitives::DateTime::as_secs_f64),
            name: found.name,
            kind: found.r#type.map(|kind| kind.as_str().to_owned()),
            // The SDK's buffers cannot be wiped, but this copy is.
            value: found.value.map(Secret::from),
            // Versions start at one.
            version: Some(found.version).filter(|version| *version != 0),
            selector: found.selector,
            source_result: found.source_result,
            arn: found.arn,
            data_type: found.data_type,
        };
        response::check_parameter(name, &parameter)?;
        Ok(parameter)
    }
}

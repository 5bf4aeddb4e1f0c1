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
        let parameter = converted(found);
        response::check_parameter(name, &parameter)?;
        Ok(parameter)
    }

    fn parameters(
        &mut self,
        names: &[String],
        decrypted: bool,
    ) -> Result<(Vec<Parameter>, Vec<String>), RegistryError> {
        let connection = self.connection()?;
        let request = connection.ssm().get_parameters().set_names(Some(names.to_vec()));
        let response = connection.ask(request.with_decryption(decrypted).send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let found = response.parameters.unwrap_or_default().into_iter().map(converted);
        let found: Vec<_> = found.collect();
        for parameter in &found {
            let is_of = |name: &String| response::check_parameter(name, parameter).is_ok();
            if !names.iter().any(is_of) {
                let name = names.first().map(String::as_str).unwrap_or_default();
                response::check_parameter(name, parameter)?;
            }
        }
        Ok((found, response.invalid_parameters.unwrap_or_default()))
    }
}

fn converted(found: aws_sdk_ssm::types::Parameter) -> Parameter {
    Parameter {
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
    }
}

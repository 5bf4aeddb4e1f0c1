//! Parameter Store.

use std::time::Duration;

use aws_sdk_ssm::config::Config;
use aws_sdk_ssm::types::ParameterType;

use super::failure::{change_error, query_error};
use super::retry::WhenThrottled;
use super::{Ec2Registry, response};
use crate::registry::{NewParameter, Parameter, ParameterName, ParameterStore, RegistryError};
use crate::secret::Secret;

impl ParameterStore for Ec2Registry {
    fn parameter(&mut self, name: &str, decrypted: bool) -> Result<Parameter, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ssm().get_parameter().name(name);
        let request = request.set_with_decryption(decrypted.then_some(true));
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
        let request = request.set_with_decryption(decrypted.then_some(true));
        let response = connection.ask(request.send())?;
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
        let unknown = response.invalid_parameters.unwrap_or_default();
        let is_of = |name: &String, one| response::check_parameter(name, one).is_ok();
        let is_answered =
            |name: &&String| unknown.contains(name) || found.iter().any(|one| is_of(name, one));
        if let Some(name) = names.iter().find(|name| !is_answered(name)) {
            let text = format!("it does not mention the parameter {name}");
            return Err(RegistryError::Unreadable(text.into()));
        }
        Ok((found, unknown))
    }

    fn put_parameter(&mut self, parameter: &NewParameter<'_>) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let NewParameter { name, value, key_id } = parameter;
        let request = connection
            .ssm()
            .put_parameter()
            .name(name.as_str())
            .r#type(ParameterType::SecureString)
            // The SDK's copies cannot be wiped here. The allocator of the program wipes them.
            .value(value.expose())
            .set_key_id(key_id.map(|id| id.as_str().to_owned()))
            .overwrite(false)
            .customize()
            .config_override(Config::builder().retry_classifier(WhenThrottled::default()));
        match connection.change(request.send(), GRACE)? {
            Some(response) => {
                response.map(|_| ()).map_err(|error| change_error(&error, connection))
            }
            None => Err(RegistryError::OutcomeUnknown("interrupted".into())),
        }
    }

    fn delete_parameter(&mut self, name: &ParameterName) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let request = connection.ssm().delete_parameter().name(name.as_str());
        match connection.change(request.send(), GRACE)? {
            Some(response) => {
                response.map(|_| ()).map_err(|error| change_error(&error, connection))
            }
            None => Err(RegistryError::OutcomeUnknown("interrupted".into())),
        }
    }
}

/// After an interrupt, how long to wait for the result.
const GRACE: Duration = Duration::from_secs(2);

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

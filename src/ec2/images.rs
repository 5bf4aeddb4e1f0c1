//! Images of instances.

use super::Ec2Registry;
use super::failure::query_error;
use crate::registry::{Image, RegistryError};

impl Ec2Registry {
    pub(super) fn find_image(&mut self, id: &str) -> Result<Option<Image>, RegistryError> {
        let connection = self.connection()?;
        let response = connection.ask(connection.ec2.describe_images().image_ids(id).send())?;
        let response = match response.map_err(|error| query_error(&error, connection)) {
            // For example `InvalidAMIID.NotFound` and `InvalidAMIID.Unavailable`.
            Err(RegistryError::Refused { code, .. }) if code.starts_with("InvalidAMIID.") => {
                return Ok(None);
            }
            response => response?,
        };
        let found = response.images().iter().find(|image| image.image_id() == Some(id));
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(found.map(|image| Image {
            name: text(image.name()),
            description: text(image.description()),
            platform: text(image.platform_details()),
        }))
    }
}

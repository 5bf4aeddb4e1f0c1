//! The interface of EC2's instances.

use super::{
    Image, Instance, InstanceId, InstanceReference, PasswordData, Registry, RegistryError,
};

/// EC2 with its instances.
pub trait InstanceRegistry: Registry {
    /// Looks up an instance by its ID, or by a `Name` tag that one instance has. Instances that are
    /// terminated or shutting down are found by their ID only.
    ///
    /// # Errors
    ///
    /// [`RegistryError::InstanceNotFound`], or EC2's own error for an unknown ID.
    /// [`RegistryError::InstanceAmbiguous`] if several instances have the name.
    fn instance(&mut self, reference: &InstanceReference) -> Result<Instance, RegistryError>;

    /// Returns the encrypted password of an instance. EC2 reports an invalid or unknown ID.
    fn password_data(&mut self, id: &str) -> Result<PasswordData, RegistryError>;

    /// Checks whether [`InstanceRegistry::password_data`] would succeed.
    fn check_password_data(&mut self, id: &str) -> Result<(), RegistryError>;

    /// Returns the console output of an instance: that of its last start or stop, or the latest,
    /// which only instances of the Nitro system have.
    fn console_output(
        &mut self,
        id: &InstanceId,
        is_latest: bool,
    ) -> Result<Vec<u8>, RegistryError>;

    /// Returns an image, or `None` if it is deregistered or belongs to somebody else.
    fn image(&mut self, id: &str) -> Result<Option<Image>, RegistryError>;
}

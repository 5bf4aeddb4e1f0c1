//! The interface of EC2's instances, and of EC2 Instance Connect, which lets a public key log in for a
//! minute.

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

    /// Sends a public key to an instance, where it is valid for [`PUSHED_KEY_SECONDS`].
    ///
    /// Success says nothing about a login: the instance may not use the service, or may not have
    /// the user.
    fn send_public_key(&mut self, key: &SentKey<'_>) -> Result<SendOutcome, RegistryError>;
}

/// How long the key of SendSSHPublicKey can be used to log in
/// (<https://docs.aws.amazon.com/ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html>).
pub const PUSHED_KEY_SECONDS: u32 = 60;

/// The parameters of SendSSHPublicKey.
#[derive(Clone, Copy, Debug)]
pub struct SentKey<'a> {
    pub instance: &'a str,
    pub user: &'a str,
    /// A line in the format of OpenSSH.
    pub public_key: &'a str,
    pub zone: Option<&'a str>,
}

/// The response of SendSSHPublicKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOutcome {
    pub request_id: Option<String>,
    pub is_success: bool,
}

//! What a registry may keep beside it: parameters, of which some are private keys.

use super::{KeyPairId, Registry, RegistryError};
use crate::secret::Secret;

/// A registry with a store of parameters beside it, in which CloudFormation leaves the private keys
/// that it has EC2 make.
pub trait ParameterStore: Registry {
    /// Returns the parameter of this name, which may be followed by `:` and a version or a label; one
    /// that is encrypted in clear if that is asked for.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] with the code `ParameterNotFound` if there is none, and whatever
    /// keeps the store from being used.
    fn parameter(&mut self, name: &str, decrypted: bool) -> Result<Parameter, RegistryError>;
}

/// Returns the name of the parameter in which CloudFormation leaves the private key of a pair
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html>), if
/// the id can be part of one.
#[must_use]
pub fn parameter_of(id: &KeyPairId) -> Option<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_id = !id.as_str().is_empty() && id.as_str().bytes().all(is_part);
    is_id.then(|| format!("/ec2/keypair/{id}"))
}

/// A parameter as GetParameter shows it
/// (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Parameter.html>); what is not
/// shown is not there.
#[derive(Debug, Default)]
pub struct Parameter {
    /// The name.
    pub name: Option<String>,
    /// `String`, `StringList` or `SecureString`.
    pub kind: Option<String>,
    /// The value, which may be a private key.
    pub value: Option<Secret>,
    /// The number of the version.
    pub version: Option<i64>,
    /// The version or label that was asked for.
    pub selector: Option<String>,
    /// What another service that the parameter comes from says of it.
    pub source_result: Option<String>,
    /// When it was changed, in seconds since 1970.
    pub last_modified: Option<f64>,
    /// The Amazon Resource Name.
    pub arn: Option<String>,
    /// `text`, or what else the value is.
    pub data_type: Option<String>,
}

//! The parameter store of a registry. CloudFormation stores private keys there.

use super::{KeyPairId, Registry, RegistryError};
use crate::secret::Secret;

/// A registry with a parameter store. CloudFormation stores private keys from EC2 there.
pub trait ParameterStore: Registry {
    /// Returns a parameter by name. The name may end in `:` and a version or a label.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] with the code `ParameterNotFound` if the parameter is missing.
    fn parameter(&mut self, name: &str, decrypted: bool) -> Result<Parameter, RegistryError>;

    /// Returns the parameters with these names, and the names without a parameter.
    fn parameters(
        &mut self,
        names: &[String],
        decrypted: bool,
    ) -> Result<(Vec<Parameter>, Vec<String>), RegistryError>;
}

/// Returns the name of CloudFormation's parameter with the private key of a pair
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html>).
/// Returns `None` if the ID contains characters that a parameter name cannot contain.
pub fn parameter_of(id: &KeyPairId) -> Option<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_id = !id.as_str().is_empty() && id.as_str().bytes().all(is_part);
    is_id.then(|| format!("/ec2/keypair/{id}"))
}

/// A parameter as GetParameter returns it
/// (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Parameter.html>).
#[derive(Debug, Default)]
pub struct Parameter {
    pub name: Option<String>,
    /// `String`, `StringList` or `SecureString`.
    pub kind: Option<String>,
    /// May be a private key.
    pub value: Option<Secret>,
    pub version: Option<i64>,
    /// The version or label of the request.
    pub selector: Option<String>,
    /// The raw response of another service, if the parameter comes from there.
    pub source_result: Option<String>,
    /// In seconds since 1970.
    pub last_modified: Option<f64>,
    pub arn: Option<String>,
    /// For example `text`.
    pub data_type: Option<String>,
}

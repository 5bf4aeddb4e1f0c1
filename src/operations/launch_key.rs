//! The key pair of an instance.

use super::registered;
use super::{InstanceCall, OperationError};
use crate::key::PublicKey;
use crate::registry::{Instance, InstanceReference, InstanceRegistry, KeyName, RegistryError};

/// The key pair that an instance was launched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchKey {
    Known {
        name: KeyName,
        public: PublicKey,
    },
    /// The pair is deleted, or its public key is not available.
    Unknown {
        name: KeyName,
        is_deleted: bool,
    },
    /// The instance was launched without a key pair.
    None,
}

impl LaunchKey {
    pub fn name(&self) -> Option<&KeyName> {
        match self {
            Self::Known { name, .. } | Self::Unknown { name, .. } => Some(name),
            Self::None => None,
        }
    }

    /// Looks up the pair of an instance. Another pair may have the name of a deleted one by now.
    pub(super) fn of(
        instance: &Instance,
        registry: &mut dyn InstanceRegistry,
    ) -> Result<Self, OperationError> {
        let Some(name) = instance.key_name.clone() else { return Ok(Self::None) };
        let pair = match registered::registered(&name, registry) {
            // A user who may get passwords may lack permission to describe key pairs.
            Err(OperationError::Registry(RegistryError::Refused { .. })) => {
                return Ok(Self::Unknown { name, is_deleted: false });
            }
            Err(OperationError::Registry(source)) => {
                return Err(InstanceCall::DescribeKeyPairs.failed()(source));
            }
            pair => pair?,
        };
        Ok(match pair.as_ref().map(registered::public_key) {
            Some(Some(public)) => Self::Known { name, public },
            Some(None) => Self::Unknown { name, is_deleted: false },
            None => Self::Unknown { name, is_deleted: true },
        })
    }
}

/// Looks up an instance.
pub(super) fn instance(
    reference: &InstanceReference,
    registry: &mut dyn InstanceRegistry,
) -> Result<Instance, OperationError> {
    registry.instance(reference).map_err(InstanceCall::DescribeInstances.failed())
}

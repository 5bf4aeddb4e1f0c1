//! Finds the private key files that open an instance, and the user names to try.

use std::path::PathBuf;

use super::key_search::{FoundKeys, KeySearch};
use super::launch_key::{self, LaunchKey};
use super::user_names::user_names;
use super::{InstanceCall, OperationError};
use crate::registry::{Instance, InstanceReference, InstanceRegistry};

#[derive(Debug)]
pub struct WhichRequest {
    pub instance: InstanceReference,
    pub keys: KeySearch,
}

#[derive(Debug)]
pub struct Which {
    pub instance: Instance,
    pub launch_key: LaunchKey,
    pub files: Vec<PathBuf>,
    /// Encrypted files that show nothing of their key.
    pub hidden: Vec<PathBuf>,
    pub faults: Vec<OperationError>,
    /// Empty if the image is unknown.
    pub user_names: Vec<&'static str>,
    /// The image could not be looked up.
    pub image_fault: Option<OperationError>,
}

pub fn which(
    request: &WhichRequest,
    registry: &mut dyn InstanceRegistry,
) -> Result<Which, OperationError> {
    let WhichRequest { instance, keys } = request;
    let instance = launch_key::instance(instance, registry)?;
    let launch_key = LaunchKey::of(&instance, registry)?;
    let FoundKeys { wanted, hidden, others: _, faults } = match &launch_key {
        LaunchKey::Known { public, .. } => keys.find(&|key| key == public),
        LaunchKey::Unknown { .. } | LaunchKey::None => FoundKeys::default(),
    };
    let image = match (instance.is_windows, &instance.image_id) {
        (false, Some(id)) => registry.image(id),
        (true, _) | (false, None) => Ok(None),
    };
    let (image, image_fault) = match image {
        Ok(image) => (image, None),
        Err(source) => (None, Some(InstanceCall::DescribeImages.failed()(source))),
    };
    let user_names = user_names(instance.is_windows, image.as_ref());
    Ok(Which { instance, launch_key, files: wanted, hidden, faults, user_names, image_fault })
}

//! Finds the private key files that open an instance, and the user names to try.

use std::path::PathBuf;

use super::OperationError;
use super::key_search::{FoundKeys, KeySearch};
use super::launch_key::{self, LaunchKey};
use super::user_names::user_names_of;
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
    /// Encrypted files with a hidden public half.
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
    let FoundKeys { wanted, hidden, others: _, faults } = keys.of_launch_key(&launch_key);
    let (user_names, image_fault) = match user_names_of(&instance, registry) {
        Ok(names) => (names, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    Ok(Which { instance, launch_key, files: wanted, hidden, faults, user_names, image_fault })
}

//! Stores the private key of a registered pair in Parameter Store.

use super::OperationError;
use super::fingerprint::fingerprints;
use super::read;
use super::registered::registered;
use super::store_error::StoreError;
use super::stored_key::{StoredKey, is_clean, parameter_of, put};
use crate::interrupt;
use crate::registry::{
    KeyName, KeyPair, KmsKeyId, NewParameter, ParameterName, ParameterStore, ParameterValue,
    RegistryError,
};
use crate::secret::Secret;

#[derive(Debug)]
pub struct StoreRequest {
    pub name: KeyName,
    /// A path, or the name of a stream, for messages.
    pub origin: String,
    /// The private key file.
    pub material: Secret,
    /// Decrypts the key. Required only if its public half is encrypted.
    pub passphrase: Option<Secret>,
    /// `None` uses the account's key for Parameter Store.
    pub key_id: Option<KmsKeyId>,
    /// Checks only.
    pub dry_run: bool,
}

#[derive(Debug)]
pub struct Stored {
    pub pair: KeyPair,
    pub parameter: ParameterName,
    /// False if the parameter existed with this private key.
    pub is_new: bool,
    pub is_encrypted: bool,
}

/// Compares the file with the pair, then stores it as it is. A parameter with this private key is
/// not an error.
pub fn store(
    request: &StoreRequest,
    store: &mut dyn ParameterStore,
) -> Result<Stored, OperationError> {
    let StoreRequest { name, origin, material, passphrase, key_id, dry_run } = request;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let read = read::read(material, passphrase.as_ref()).map_err(refused)?;
    if let Some(flaw) = &read.flaw {
        return Err(refused(flaw.clone().into()));
    }
    if !read.source.is_private() || !read.undone.is_empty() || !is_clean(material.expose()) {
        return Err(StoreError::NotClean { origin: origin.clone() }.into());
    }
    let value = ParameterValue::new(material)
        .map_err(|fault| StoreError::Value { origin: origin.clone(), fault })?;
    let pair = registered(name, store)?
        .ok_or_else(|| RegistryError::NamesNotFound { names: vec![name.clone()] })?;
    if fingerprints(origin, &read)?.evidence(&pair).is_empty() {
        let (origin, name) = (origin.clone(), name.clone());
        return Err(StoreError::OtherKey { origin, name }.into());
    }
    let parameter = parameter_of(&pair)?;
    let is_encrypted = read.source.is_encrypted();
    if *dry_run {
        return Ok(Stored { pair, parameter, is_new: false, is_encrypted });
    }
    let guard = interrupt::defer_signals();
    let new = NewParameter { name: &parameter, value, key_id: key_id.as_ref() };
    let stored = put(&new, store);
    drop(guard);
    let is_new = match stored {
        Ok(is_new) => is_new,
        // The parameter may have the same key in another format.
        Err(error) if error.is_refused_with("ParameterAlreadyExists") => {
            StoredKey::read(&pair, passphrase.as_ref(), store)?;
            false
        }
        Err(RegistryError::OutcomeUnknown(source)) => {
            let (name, kept) = (name.clone(), None);
            return Err(StoreError::Unknown { name, parameter, kept, source }.into());
        }
        Err(source) => {
            return Err(StoreError::Refused { name: name.clone(), parameter, source }.into());
        }
    };
    Ok(Stored { pair, parameter, is_new, is_encrypted })
}

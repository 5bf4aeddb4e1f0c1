//! Stores the private key of a new pair in Parameter Store.
//!
//! The private key file is durable and the pair registered before. So a crash leaves a pair with its
//! private key file, and `store` can complete it. The file is temporary if the user wants none.

use std::path::Path;

use super::plan;
use super::request::{CreateRequest, Storage};
use crate::format::PrivateFormat;
use crate::operations::stored_key::{parameter_of, put};
use crate::operations::{OperationError, StoreError};
use crate::registry::{
    KeyPair, NewParameter, ParameterName, ParameterValue, Registry, RegistryError, ValueFault,
};
use crate::secret::Secret;

/// Checks before a key is made that it can be stored.
pub(super) fn check(
    request: &CreateRequest,
    registry: &mut dyn Registry,
) -> Result<(), OperationError> {
    let Some(Storage { parameter, .. }) = &request.store else { return Ok(()) };
    let store = registry.parameter_store()?;
    let Some(name) = &request.name else { return Ok(()) };
    let comment = plan::comment(request.comment.as_ref(), name);
    // The other formats encode the comment in base64, or have none.
    if matches!(request.format, PrivateFormat::Ppk(_))
        && ParameterValue::has_braces(comment.as_bytes())
    {
        return Err(unfit(ValueFault::Braces).into());
    }
    // A user with permission to store may lack permission to read.
    if let Some(parameter) = parameter
        && store.parameter(parameter.as_str(), false).is_ok()
    {
        let (name, parameter) = (name.clone(), parameter.clone());
        let source = RegistryError::Refused {
            code: "ParameterAlreadyExists".into(),
            message: "The parameter already exists.".into(),
            retries: 0,
        };
        return Err(StoreError::Refused { name, parameter, source }.into());
    }
    Ok(())
}

/// Stores the private key of a registered pair. Deletes the pair if the private key is not stored.
///
/// # Errors
///
/// The caller keeps the private key file if [`OperationError::keeps_file`] says so.
pub(super) fn store(
    storage: &Storage,
    pair: &KeyPair,
    private_key: (&Secret, &Path),
    registry: &mut dyn Registry,
) -> Result<ParameterName, OperationError> {
    let cause = match attempt(storage, pair, private_key, registry) {
        Err(cause) if !cause.keeps_file() => cause,
        stored => return stored,
    };
    let (name, cause) = (pair.name.clone(), Box::new(cause));
    Err(match registry.rollback(pair) {
        Ok(()) => OperationError::RolledBack { name, cause },
        Err(source) => {
            let (_, kept) = private_key;
            let (kept, source) = (kept.to_owned(), Box::new(source));
            OperationError::NotStored { name, kept, cause, source }
        }
    })
}

fn attempt(
    storage: &Storage,
    pair: &KeyPair,
    (contents, kept): (&Secret, &Path),
    registry: &mut dyn Registry,
) -> Result<ParameterName, OperationError> {
    let Storage { parameter, key_id, keeps_file: _ } = storage;
    let parameter = parameter.clone().map_or_else(|| parameter_of(pair), Ok)?;
    let value = value(contents)?;
    let new = NewParameter { name: &parameter, value, key_id: key_id.as_ref() };
    let stored = registry.parameter_store().and_then(|store| put(&new, store));
    let name = pair.name.clone();
    match stored {
        Ok(_) => Ok(parameter),
        Err(RegistryError::OutcomeUnknown(source)) => {
            let kept = Some(kept.to_owned());
            Err(StoreError::Unknown { name, parameter, kept, source }.into())
        }
        Err(source) => Err(StoreError::Refused { name, parameter, source }.into()),
    }
}

/// Checks that the private key fits into a parameter.
pub(super) fn value(contents: &Secret) -> Result<ParameterValue<'_>, OperationError> {
    Ok(ParameterValue::new(contents).map_err(unfit)?)
}

fn unfit(fault: ValueFault) -> StoreError {
    StoreError::Value { origin: "the private key".to_owned(), fault }
}

//! The errors of storing a private key.

use std::path::PathBuf;

use crate::registry::{Cause, KeyName, ParameterName, RegistryError, ValueFault};

/// Nothing was changed, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot store {origin}: {fault}")]
    Value {
        /// A path, or the name of a stream or an option.
        origin: String,
        fault: ValueFault,
    },
    #[error("cannot store {origin}: not a private key file without other text")]
    NotClean { origin: String },
    #[error("{origin} is not the private key of `{name}`")]
    OtherKey { origin: String, name: KeyName },
    #[error("cannot store the private key of `{name}` in {parameter}")]
    Refused { name: KeyName, parameter: ParameterName, source: RegistryError },
    /// The pair is registered, and its private key is kept.
    #[error("could not confirm that the private key of `{name}` was stored in {parameter}")]
    Unknown {
        name: KeyName,
        parameter: ParameterName,
        /// The private key file of a new pair.
        kept: Option<PathBuf>,
        source: Cause,
    },
}

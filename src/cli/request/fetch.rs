//! What `fetch` and `get-parameter` ask for.

use super::{RequestError, input};
use crate::cli::args::{FetchArguments, GetParameterArguments};
use crate::commands::fetch::FetchRequest;
use crate::commands::parameter::ParameterRequest;
use crate::file::Existing;
use crate::registry::KeyName;

/// Returns what `fetch` asks for.
///
/// # Errors
///
/// [`RequestError::Name`].
pub fn fetch(arguments: FetchArguments) -> Result<FetchRequest, RequestError> {
    let FetchArguments { name, key_name, out, force, mask: _, dry_run } = arguments;
    Ok(FetchRequest {
        name: KeyName::new(name.or(key_name).unwrap_or_default())?,
        destination: input::destination(out),
        existing: if force { Existing::Replace } else { Existing::Keep },
        dry_run: dry_run.is_on(),
    })
}

/// Returns what `get-parameter` asks for.
pub fn get_parameter(arguments: GetParameterArguments) -> ParameterRequest {
    let GetParameterArguments { name, with_decryption, no_with_decryption: _, mask: _ } = arguments;
    ParameterRequest { name, decrypted: with_decryption }
}

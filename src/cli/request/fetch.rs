//! What `fetch` and `get-parameter` ask for.

use crate::cli::commands::{FetchArgs, GetParameterArgs};
use crate::cli::input::{self, RequestError, passphrase};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file::Existing;
use crate::operations::fetch::FetchRequest;
use crate::operations::fetch::ParameterRequest;
use crate::registry::KeyName;

/// Returns what `fetch` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn fetch(
    arguments: FetchArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<FetchRequest, RequestError> {
    let FetchArgs { name, key_name, out, encryption, force, mask: _, dry_run } = arguments;
    let (passphrase, cost) = passphrase::of_new_key(encryption, environment, terminal)?;
    Ok(FetchRequest {
        name: KeyName::new(name.or(key_name).unwrap_or_default())?,
        destination: input::destination(out),
        passphrase,
        cost,
        existing: if force { Existing::Replace } else { Existing::Keep },
        dry_run: dry_run.is_on(),
    })
}

/// Returns what `get-parameter` asks for.
pub fn get_parameter(arguments: GetParameterArgs) -> ParameterRequest {
    let GetParameterArgs { name, with_decryption, no_with_decryption: _, mask: _ } = arguments;
    ParameterRequest { name, decrypted: with_decryption }
}

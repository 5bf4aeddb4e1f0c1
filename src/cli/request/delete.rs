//! What `delete` and `delete-key-pair` ask for.

use crate::cli::commands::{DeleteArgs, DeleteKeyPairArgs};
use crate::cli::input::RequestError;
use crate::cli::input::passphrase::Openers;
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file;
use crate::format;
use crate::operations::delete::{DeleteRequest, IfMissing};
use crate::registry::{KeyName, KeyPairId, Reference};

/// Returns what `delete` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn delete(
    arguments: DeleteArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<DeleteRequest, RequestError> {
    let DeleteArgs { names, key_names, key_pair_ids, private_key_file, passphrase, dry_run } =
        arguments;
    let mut references = Vec::new();
    for name in names.into_iter().chain(key_names) {
        references.push(Reference::Name(KeyName::new(name)?));
    }
    references.extend(key_pair_ids.into_iter().map(|id| Reference::Id(KeyPairId::new(id))));
    if private_key_file.is_some() && references.len() > 1 {
        return Err(RequestError::OneFileForSeveralPairs { pairs: references.len() });
    }
    Ok(DeleteRequest {
        references,
        if_missing: IfMissing::Fail,
        passphrase: match &private_key_file {
            Some(path) => {
                let material = file::read(path, format::MAX_BYTES)?;
                let origin = path.display().to_string();
                let openers = Openers::read(&passphrase, environment, terminal)?;
                openers.of_public(&material, &origin)?
            }
            None => None,
        },
        private_key_file,
        dry_run: dry_run.is_on(),
    })
}

/// Returns what `delete-key-pair` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn delete_key_pair(arguments: DeleteKeyPairArgs) -> Result<DeleteRequest, RequestError> {
    let DeleteKeyPairArgs { key_name, key_pair_id, dry_run } = arguments;
    let reference = match key_pair_id {
        Some(id) => Reference::Id(KeyPairId::new(id)),
        None => Reference::Name(KeyName::new(key_name.unwrap_or_default())?),
    };
    Ok(DeleteRequest {
        references: vec![reference],
        if_missing: IfMissing::Ignore,
        private_key_file: None,
        passphrase: None,
        dry_run: dry_run.is_on(),
    })
}

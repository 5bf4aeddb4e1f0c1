//! What `import` and `import-key-pair` ask for.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cli::commands::{ImportArgs, ImportKeyPairArgs};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError, tags};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file;
use crate::format;
use crate::operations::import::ImportRequest;
use crate::registry::KeyName;
use crate::secret::Secret;

/// Returns what `import` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn import(
    arguments: ImportArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<ImportRequest, RequestError> {
    let ImportArgs {
        name,
        file,
        key_name,
        public_key_material,
        passphrase,
        tags,
        lifetime,
        if_not_exists,
        dry_run,
    } = arguments;
    let (name, file) = match (name, file, key_name) {
        // With `--key-name`, the one word left is the file.
        (Some(file), None, Some(name)) => (name, Some(PathBuf::from(file))),
        (Some(_), Some(_), Some(_)) => return Err(RequestError::TwoNames),
        (name, file, key_name) => (name.or(key_name).unwrap_or_default(), file),
    };
    let name = KeyName::new(name)?;
    let tags = tags::until(&tags, &lifetime, environment)?;
    let origin = origin(file.as_deref(), public_key_material.as_deref(), environment);
    let from_input = [&file, &passphrase.passphrase_file].into_iter().flatten();
    if from_input.filter(|path| input::is_standard_stream(path)).count() > 1 {
        return Err(RequestError::InputTwice);
    }
    let material = match (file, public_key_material) {
        (Some(path), _) => input::contents(&path, terminal)?,
        (None, Some(value)) => material(value, environment)?,
        (None, None) => return Err(RequestError::NoKeyMaterial),
    };
    let openers = Openers::read(&passphrase, environment, terminal)?;
    let passphrase = openers.of_public(&material, &origin)?;
    Ok(ImportRequest {
        name,
        origin,
        material,
        passphrase,
        tags,
        if_not_exists,
        dry_run: dry_run.is_on(),
    })
}

/// Returns what `import-key-pair` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn import_key_pair(
    arguments: ImportKeyPairArgs,
    environment: &Environment,
) -> Result<ImportRequest, RequestError> {
    let ImportKeyPairArgs { key_name, public_key_material, tags, dry_run } = arguments;
    Ok(ImportRequest {
        name: KeyName::new(key_name)?,
        origin: origin(None, Some(&public_key_material), environment),
        material: material(public_key_material, environment)?,
        passphrase: None,
        tags: tags::tags(&tags, environment)?,
        if_not_exists: false,
        dry_run: dry_run.is_on(),
    })
}

/// Says where the key comes from; a key that was typed is not repeated.
fn origin(file: Option<&Path>, value: Option<&str>, environment: &Environment) -> String {
    match (file, value.and_then(|value| input::file_in(value, environment))) {
        (Some(path), _) => input::origin(path),
        (None, Some(path)) => path.display().to_string(),
        (None, None) => "--public-key-material".into(),
    }
}

/// Takes `--public-key-material` as the AWS CLI does in its versions 1 and 2: a file, the text of
/// a key, or the base64 of such a text.
fn material(value: String, environment: &Environment) -> Result<Secret, RequestError> {
    if let Some(path) = input::file_in(&value, environment) {
        return Ok(file::read(&path, format::MAX_BYTES)?);
    }
    let text = Secret::from(value);
    let mut unbroken = Secret::with_capacity(text.len());
    for word in text.expose().split(u8::is_ascii_whitespace) {
        unbroken.push(word);
    }
    let decoded = STANDARD.decode(unbroken.expose()).map(Secret::from);
    match decoded {
        // The base64 of DER is itself a key; that of a text is one only when decoded.
        Ok(decoded) if format::read_public(text.expose()).is_err() => Ok(decoded),
        _ => Ok(text),
    }
}

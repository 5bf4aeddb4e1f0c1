//! What `convert` asks for.

use std::path::{Path, PathBuf};

use super::create;
use crate::cli::commands::{ConvertArgs, PublicArg};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError, passphrase};
use crate::cli::options::FormatArg;
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file::{self, Existing, Target};
use crate::format::{self, CostOptions, PrivateFormat, PublicFormat};
use crate::operations::convert::{ConvertRequest, Form};
use crate::secret::Secret;

/// Returns what `convert` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn convert(
    arguments: ConvertArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<ConvertRequest, RequestError> {
    let ConvertArgs {
        file,
        format,
        public,
        ppk_version,
        out,
        comment,
        passphrase,
        new_passphrase,
        new_passphrase_file,
        no_passphrase,
        cost,
        force,
        mask: _,
        dry_run,
    } = arguments;
    let from_input = input::is_standard_stream(&file);
    let uses_input =
        |path: &Option<PathBuf>| path.as_deref().is_some_and(input::is_standard_stream);
    let users =
        [from_input, uses_input(&passphrase.passphrase_file), uses_input(&new_passphrase_file)];
    if users.into_iter().filter(|uses| *uses).count() > 1 {
        return Err(RequestError::InputTwice);
    }
    let form = match public {
        Some(_) if ppk_version.is_some() => return Err(RequestError::PpkVersionOfOther),
        Some(public) => Form::Public(public_format(public)),
        None => {
            let format = create::private_format(format.unwrap_or(FormatArg::Pem), ppk_version)?;
            Form::Private { format, passphrase: None, cost: cost.options() }
        }
    };
    let comment = create::comment_of(comment)?;
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let out = match out {
        Some(path) if input::is_standard_output(&path) => None,
        Some(path) => Some(path),
        None => match &form {
            Form::Public(_) => None,
            Form::Private { .. } if from_input => return Err(RequestError::NoOutput),
            Form::Private { format, .. } => Some(beside(&file, *format)),
        },
    };
    let is_binary = matches!(form, Form::Public(PublicFormat::Der));
    if out.is_none() && is_binary && terminal.stdout_is_terminal() {
        return Err(RequestError::BinaryToTerminal);
    }
    let origin = input::origin(&file);
    let material = input::contents(&file, terminal)?;
    // Nobody is asked for a passphrase in vain.
    let target = out.as_deref().map(|path| Target::new(path, existing)).transpose()?;
    let openers = Openers::read(&passphrase, environment, terminal)?;
    let (form, old) = match form {
        Form::Public(format) => {
            let replaces = |target: &Target| file::is_same(target.path(), &file);
            let is_private = format::read_public(material.expose())
                .map_or(true, |file| file.source.is_private());
            if is_private && !from_input && target.as_ref().is_some_and(replaces) {
                return Err(RequestError::PublicOverPrivate { path: file });
            }
            (Form::Public(format), openers.of_public(&material, &origin)?)
        }
        Form::Private { format, cost, .. } => {
            let old = openers.of_private(&material, &origin)?;
            let new = match &new_passphrase_file {
                _ if no_passphrase => None,
                Some(path) => Some(passphrase::in_file(path, terminal)?),
                None if new_passphrase => Some(terminal.ask_new_passphrase()?),
                None => old.as_ref().map(|old| Secret::copy_of(old.expose())),
            };
            // What is no key is told of later.
            if new.is_none() && format::is_encrypted(material.expose()).is_ok() {
                if !no_passphrase && openers.has_variable() {
                    return Err(RequestError::NotEncrypted { origin });
                }
                if !no_passphrase && passphrase.passphrase_file.is_some() {
                    terminal.warn(format_args!(
                        "{origin} is not encrypted, and neither is the new file"
                    ));
                }
                if cost != CostOptions::default() {
                    return Err(RequestError::CostOfNothing);
                }
            }
            passphrase::warn_of_weak(format, new.is_some(), terminal);
            (Form::Private { format, passphrase: new, cost }, old)
        }
    };
    Ok(ConvertRequest {
        origin,
        material,
        passphrase: old,
        form,
        comment,
        out,
        existing,
        dry_run: dry_run.is_on(),
    })
}

fn public_format(public: PublicArg) -> PublicFormat {
    match public {
        PublicArg::Der => PublicFormat::Der,
        PublicArg::Openssh => PublicFormat::Openssh,
        PublicArg::Pkcs1 => PublicFormat::Pkcs1,
        PublicArg::Rfc4716 => PublicFormat::Rfc4716,
        PublicArg::Spki => PublicFormat::Spki,
    }
}

/// Returns the path beside `file` with the format's ending in the place of that of a key, or
/// behind everything else.
fn beside(file: &Path, format: PrivateFormat) -> PathBuf {
    let ending = file.extension().and_then(|ending| ending.to_str());
    let is_of_key = ending.is_some_and(|ending| {
        ["key", "pem", "ppk", "pub"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    if is_of_key {
        return file.with_extension(format.extension());
    }
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(format.extension());
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_file_is_beside_the_old_one() {
        let pem = |file: &str| beside(Path::new(file), PrivateFormat::Pem);
        assert_eq!(pem("a/web.ppk"), Path::new("a/web.pem"));
        assert_eq!(pem("web.PPK"), Path::new("web.pem"));
        assert_eq!(pem("id_ed25519"), Path::new("id_ed25519.pem"));
        assert_eq!(pem("prod.web"), Path::new("prod.web.pem"));
        assert_eq!(pem("web.pem"), Path::new("web.pem"));
    }
}

//! Fetches the private key that CloudFormation left in Parameter Store.
//!
//! The pair is looked up by its name, the parameter by the pair's id, and what is found there is
//! compared with the pair before it goes anywhere.

use std::io;
use std::path::PathBuf;

use super::create::Outcome;
use super::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use super::verify::evidence;
use super::{CommandError, Destination, Passphrase};
use crate::file::{Access, Draft, Existing};
use crate::format::Source;
use crate::interrupt;
use crate::registry::{KeyName, KeyPair, ParameterStore, RegistryError, Selection, parameter_of};
use crate::secret::Secret;

/// Which private key to fetch, and where to put it.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// The name of the pair.
    pub name: KeyName,
    /// Where the private key goes.
    pub destination: Destination,
    /// Whether a file that is in the way may be replaced.
    pub existing: Existing,
    /// Whether to check only, and write nothing.
    pub dry_run: bool,
}

/// A private key that was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The pair.
    pub pair: KeyPair,
    /// Whether what the registry shows of the pair tells that this is its private key.
    pub is_confirmed: bool,
    /// Where the private key is, if it went to a file.
    pub private_key_file: Option<PathBuf>,
    /// The private key file's contents, if they go to the user.
    pub private_key: Option<Secret>,
}

/// Fetches a private key and hands it to `answer`, which comes last, when all is done.
///
/// # Errors
///
/// [`CommandError::Registry`] if the pair is not registered, [`CommandError::Parameter`] if its
/// private key is not there, [`CommandError::NotAKey`], [`CommandError::ParameterNotPrivate`] or
/// [`CommandError::ParameterOfOther`] if what is there is something else, [`CommandError::File`];
/// nothing was written then. [`CommandError::Output`].
pub fn fetch(
    request: &FetchRequest,
    store: &mut dyn ParameterStore,
    answer: &mut dyn FnMut(&Fetched) -> io::Result<()>,
) -> Result<Outcome, CommandError> {
    let FetchRequest { name, destination, existing, dry_run } = request;
    let pair = registered(name, store)?;
    let parameter = parameter_of(&pair.id);
    let found = store.parameter(&parameter, true).map_err(|source| CommandError::Parameter {
        name: name.clone(),
        parameter: parameter.clone(),
        source,
    })?;
    let opened = FingerprintRequest {
        origin: parameter,
        material: found.value.unwrap_or_default(),
        passphrase: Passphrase::None,
    };
    let key = fingerprint(&opened)?;
    let FingerprintRequest { origin: parameter, mut material, passphrase: _ } = opened;
    if !key.source.is_private() {
        return Err(CommandError::ParameterNotPrivate { parameter });
    }
    let is_confirmed = !evidence(&key, &pair).is_empty();
    if !is_confirmed && pair.public_key.is_some() {
        return Err(CommandError::ParameterOfOther { name: name.clone(), parameter });
    }
    // OpenSSH reads no private key of its own format whose last line does not end.
    if !material.expose().ends_with(b"\n") {
        material.push(b"\n");
    }

    let target = destination.target(name, extension(&key), *existing)?;
    if *dry_run {
        return Ok(Outcome::Checked);
    }
    let mut fetched = Fetched { pair, is_confirmed, private_key_file: None, private_key: None };
    match target {
        Some(target) => {
            let hold = interrupt::hold();
            Draft::write(&target, Access::Owner, material.expose())?.publish()?.keep();
            drop(hold);
            fetched.private_key_file = Some(target.path().to_owned());
        }
        None => fetched.private_key = Some(material),
    }
    answer(&fetched).map_err(CommandError::Output)?;
    Ok(Outcome::Done)
}

/// Returns the pair, with its public key where the registry shows that.
fn registered(name: &KeyName, store: &mut dyn ParameterStore) -> Result<KeyPair, CommandError> {
    let names = vec![name.clone()];
    let selection = Selection { names, include_public_key: true, ..Selection::default() };
    let pairs = store.describe(&selection)?;
    pairs
        .into_iter()
        .next()
        .ok_or_else(|| RegistryError::NamesNotFound { names: vec![name.clone()] }.into())
}

fn extension(key: &Fingerprints) -> &'static str {
    match key.source {
        Source::Ppk { .. } => "ppk",
        _ => "pem",
    }
}

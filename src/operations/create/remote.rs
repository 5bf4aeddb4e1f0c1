//! Creates a pair with a key that the registry generates.
//!
//! The private key is in the response and nowhere else. If it cannot be saved, the pair is deleted.

use std::io;

use rand::CryptoRng;

use super::agent_guard::AgentKeyGuard;
use super::plan::{self, Plan};
use super::request::{CreateRequest, Created, Generator, Outcome};
use super::steps::{respond_last, write_drafts};
use crate::file::{Draft, Published, Target};
use crate::fingerprint;
use crate::format::{self, PrivateFormat};
use crate::interrupt;
use crate::key::{KeySpecification, KeyType, PrivateKey};
use crate::operations::{Destination, OperationError};
use crate::registry::{
    Expiry, GenerateRequest, Generated, KeyPair, MaterialFormat, Mismatch, PublicLine, Registry,
    RegistryError, Request, Selection,
};

pub(super) fn create(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    // The registry rejects a taken name before it generates a key.
    let Plan { name, private, public } = Plan::new(request, random, &mut |_| Ok(()))?;
    let generate = GenerateRequest {
        name,
        key_type: match request.specification {
            KeySpecification::Ed25519 => KeyType::Ed25519,
            KeySpecification::Rsa(_) => KeyType::Rsa,
        },
        names_type: request.generator != Generator::RegistryVerbatim { names_type: false },
        format: match (request.generator, request.format) {
            (Generator::RegistryVerbatim { .. }, PrivateFormat::Ppk(_)) => MaterialFormat::Ppk,
            _ => MaterialFormat::Pem,
        },
        tags: request.tags.clone(),
    };
    if request.dry_run {
        registry.dry_run(Request::Generate(&generate))?;
        return Ok(Outcome::Checked);
    }

    // Until the file is written, the response is the only copy of the private key.
    let guard = interrupt::defer_signals();
    let generated = registry.generate(&generate).map_err(|error| match error {
        RegistryError::OutcomeUnknown(source) => {
            OperationError::GenerationUnknown { name: generate.name.clone(), source }
        }
        error if error.may_be_registered() => {
            OperationError::GenerationUnknown { name: generate.name.clone(), source: error.into() }
        }
        error => error.into(),
    })?;
    let pair = generated.pair.clone();
    let delivered = deliver(request, registry, generated, [private, public], random, respond);
    drop(guard);
    let created = match delivered {
        Ok(created) => created,
        Err(cause) => {
            return Err(match registry.rollback(&pair) {
                Ok(()) => OperationError::RolledBack { name: pair.name, cause: Box::new(cause) },
                Err(source) => {
                    OperationError::KeyLost { name: pair.name, cause: Box::new(cause), source }
                }
            });
        }
    };
    match request.destination {
        Destination::Response => Ok(Outcome::Done),
        _ => respond_last(&created, respond),
    }
}

/// Saves the private key in a file, or returns it to the user.
fn deliver(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    generated: Generated,
    [private, public]: [Option<Target>; 2],
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Created, OperationError> {
    let Generated { mut pair, material } = generated;
    if request.tags.missing_from(&pair.tags).iter().any(|tag| tag.key() == Expiry::TAG) {
        return Err(RegistryError::ExpiryNotKept.into());
    }
    if material.expose().trim_ascii().is_empty() {
        let id = Some(pair.id.clone());
        return Err(RegistryError::Mismatched { mismatch: Mismatch::NoPrivateKey, id }.into());
    }
    let key = format::read_private(material.expose(), None)
        .map_err(|source| {
            RegistryError::Unreadable(format!("invalid private key: {source}").into())
        })?
        .key;
    if let KeySpecification::Rsa(bits) = request.specification
        && key.public().key_type() == KeyType::Rsa
        && key.public().bits() != u32::from(bits.bits())
    {
        let text = format!("the RSA key has {} bits, not {}", key.public().bits(), bits.bits());
        return Err(RegistryError::Unreadable(text.into()).into());
    }
    let is_confirmed = confirm(&key, &mut pair, registry)?;
    let comment = plan::comment(request.comment.as_ref(), &pair.name);
    let contents = match request.generator {
        Generator::RegistryVerbatim { .. } => material,
        _ => format::write_private(&key, request.format, &comment, request.encryption(), random)?,
    };
    let drafts = write_drafts([&private, &public], &contents, &key, &comment)?;
    let files: Vec<_> = drafts.into_iter().map(Draft::publish).collect::<Result<_, _>>()?;
    let agent_guard = AgentKeyGuard::add(request.agent.as_ref(), &pair.name, &key, &comment)?;
    let line = format::openssh::bare_public_line(&key.public());
    pair.public_key = Some(PublicLine::named(&line, &pair.name));
    let path = |target: Option<Target>| target.map(|target| target.path().to_owned());
    let to_user = request.destination == Destination::Response;
    let mut created = Created {
        pair,
        is_confirmed,
        in_agent: agent_guard.is_some(),
        private_key_file: path(private),
        public_key_file: path(public),
        parameter: None,
        private_key: to_user.then_some(contents),
        recovered: Vec::new(),
        elsewhere: Vec::new(),
    };
    if to_user && let Err(error) = respond(&created) {
        let error = RegistryError::CallbackFailed(error).into();
        return Err(AgentKeyGuard::rollback(agent_guard, &created.pair.name, error));
    }
    created.recovered = files.into_iter().flat_map(Published::keep).collect();
    Ok(created)
}

/// Checks that the private key belongs to the pair, by the fingerprint or the public key; then the
/// pair gets the listed fingerprint. Returns false if the registry does not return enough to compare.
fn confirm(
    key: &PrivateKey,
    pair: &mut KeyPair,
    registry: &mut dyn Registry,
) -> Result<bool, OperationError> {
    let public = key.public();
    if pair.key_type.is_some_and(|key_type| key_type != public.key_type()) {
        return Err(OperationError::MaterialMismatch { name: pair.name.clone() });
    }
    if pair.fingerprint == fingerprint::ec2_created(key)?
        || pair.fingerprint == fingerprint::ec2_imported(&public)?
    {
        return Ok(true);
    }
    let names = vec![pair.name.clone()];
    let selection = Selection { names, include_public_key: true, ..Selection::default() };
    // A user who may create pairs need not have permission to describe them.
    let found = registry.describe(&selection).unwrap_or_default();
    let found = found.iter().find(|found| found.name == pair.name);
    if let Some(found) = found.filter(|found| found.id != pair.id) {
        let mismatch = Mismatch::Id { found: found.id.clone() };
        return Err(RegistryError::Mismatched { mismatch, id: Some(pair.id.clone()) }.into());
    }
    let line = found.and_then(|found| Some((found, found.public_key.as_ref()?)));
    match line {
        Some((found, line)) if line.is_of(&format::openssh::bare_public_line(&public)) => {
            // The response has the fingerprint of another key, or in another format.
            pair.fingerprint.clone_from(&found.fingerprint);
            Ok(true)
        }
        // Other servers return fingerprints in other formats.
        None if found.is_some() && !fingerprint::is_public_key_digest(&pair.fingerprint) => {
            Ok(false)
        }
        None if pair.fingerprint.is_empty() => Ok(false),
        _ => Err(OperationError::MaterialMismatch { name: pair.name.clone() }),
    }
}

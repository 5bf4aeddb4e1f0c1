//! Creates a key pair and registers it.
//!
//! The order of the steps keeps a pair complete. All checks come before the key leaves the memory
//! of this process. The private key is durable, or held by an agent, before the pair is registered.
//! If the registration fails, the files and the key in the agent are removed. A crash can leave a
//! private key without a registration, but never a registration without its private key. A private
//! key for the parameter store is stored last: its name contains the ID of the pair.

mod agent_guard;
mod if_not_exists;
mod many;
mod plan;
mod remote;
mod request;
mod steps;
mod stored;

use std::io;

use rand::CryptoRng;

pub use if_not_exists::{CreateIfNotExistsRequest, create_if_not_exists};
pub use many::{CreateManyRequest, create_many};
pub use request::{AgentRequest, CreateRequest, Created, Generator, Outcome, Storage};

use self::agent_guard::AgentKeyGuard;
use self::plan::Plan;
use self::steps::{dry_run, respond_last, write_drafts};
use super::{Destination, KeptKey, OperationError};
use crate::file::{Draft, Published, Target};
use crate::format;
use crate::interrupt;
use crate::key::{KeySpecification, PrivateKey, RsaPrivateKey};
use crate::registry::{Registration, Registry};
use crate::secret::Secret;

/// Creates a pair and calls `respond` with it.
///
/// A response with the private key comes before the registration is committed. If `respond` fails,
/// the pair is not registered. Without a private key, the response comes last.
///
/// # Errors
///
/// An error leaves neither files nor a registration, except for
/// [`OperationError::OutputAfterCreate`], [`OperationError::OutcomeUnknown`],
/// [`OperationError::GenerationUnknown`] and [`OperationError::KeyLost`].
pub fn create(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    AgentKeyGuard::check_agent(request.agent.as_ref())?;
    stored::check(request, registry)?;
    if request.generator != Generator::Here {
        return remote::create(request, registry, random, respond);
    }
    let (plan, key) = begin(request, registry, random)?;
    let Plan { name, private, public } = plan;
    if request.dry_run {
        return dry_run(name, request.search, &request.tags, registry);
    }
    let key = match key {
        Some(key) => key,
        None => PrivateKey::generate(request.specification, request.search)?,
    };
    let comment = plan::comment(request.comment.as_ref(), &name);
    let contents = match request.destination {
        Destination::Agent => Secret::default(),
        _ => format::write_private(&key, request.format, &comment, request.encryption(), random)?,
    };
    if request.store.is_some() {
        stored::value(&contents)?;
    }
    let registration = Registration::created(name, &key, request.tags.clone())?;

    // From here on, everything is undone if the registration fails.
    let guard = interrupt::defer_signals();
    let drafts = write_drafts([&private, &public], &contents, &key, &comment)?;
    // The name may have been taken while this process waited to replace the file.
    let mut publish = |draft: Draft| -> Result<Published, OperationError> {
        draft.publish_after(|| {
            registry.check_available(&registration.name)?;
            unless_interrupted()
        })
    };
    let files: Vec<_> = drafts.into_iter().map(&mut publish).collect::<Result<_, _>>()?;

    unless_interrupted()?;
    let agent_guard =
        AgentKeyGuard::add(request.agent.as_ref(), &registration.name, &key, &comment)?;
    let mut created = None;
    let path = |target: &Option<Target>| target.as_ref().map(|target| target.path().to_owned());
    let to_user = request.destination == Destination::Response;
    let mut contents = Some(contents);
    let registered = registry.register(&registration, &mut |registered| {
        let created = created.insert(Created {
            pair: registered.pair.clone(),
            is_confirmed: registered.is_confirmed,
            in_agent: agent_guard.is_some(),
            private_key_file: path(&private),
            public_key_file: path(&public),
            parameter: None,
            private_key: if to_user { contents.take() } else { None },
            recovered: Vec::new(),
            elsewhere: registered.elsewhere.clone(),
        });
        if to_user { respond(created) } else { Ok(()) }
    });
    let pair = match registered {
        // Keep the private key of a pair that may be registered.
        Err(error) if error.may_be_registered() => {
            let kept = KeptKey {
                path: path(&private),
                in_agent: agent_guard.is_some(),
                private_key: contents.filter(|_| to_user),
                others: Vec::new(),
                replaced: files.into_iter().filter_map(Published::keep_both).collect(),
            };
            return Err(OperationError::unconfirmed(registration.name, error, kept));
        }
        Err(error) => {
            return Err(AgentKeyGuard::rollback(agent_guard, &registration.name, error.into()));
        }
        Ok(registered) => registered.pair,
    };
    let mut parameter = None;
    if let (Some(storage), Some(contents)) = (&request.store, &contents) {
        let kept = path(&private).unwrap_or_default();
        match stored::store(storage, &pair, (contents, &kept), registry) {
            Ok(stored) => parameter = Some(stored),
            Err(error) if error.keeps_file() => {
                // The error names the private key file. Recovered files stay next to it.
                files.into_iter().for_each(|file| drop(file.keep()));
                return Err(error);
            }
            Err(error) => return Err(AgentKeyGuard::rollback(agent_guard, &pair.name, error)),
        }
    }
    let keeps_file = request.store.as_ref().is_none_or(|storage| storage.keeps_file);
    let is_kept =
        |file: &Published| keeps_file || path(&private).is_none_or(|path| path != file.path());
    // Dropping a file removes it.
    let files: Vec<_> = files.into_iter().filter(is_kept).collect();
    let recovered = files.into_iter().flat_map(Published::keep).collect();
    drop(guard);
    match created {
        Some(created) if !to_user => {
            let private_key_file = created.private_key_file.filter(|_| keeps_file);
            let created = Created { private_key_file, parameter, recovered, ..created };
            respond_last(&created, respond)
        }
        _ => Ok(Outcome::Done),
    }
}

/// Fails if a signal arrived while signals were deferred.
fn unless_interrupted() -> Result<(), OperationError> {
    if interrupt::is_pending() { Err(OperationError::Interrupted) } else { Ok(()) }
}

/// Checks that the pair can be created. Generates an RSA key at the same time, because that takes
/// long. If a check fails, the generation stops and the key is discarded.
fn begin(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
) -> Result<(Plan, Option<PrivateKey>), OperationError> {
    let mut plan = || Plan::new(request, random, &mut |name| registry.check_available(name));
    let bits = match request.specification {
        KeySpecification::Rsa(bits) if !request.dry_run => bits,
        _ => return Ok((plan()?, None)),
    };
    let mut looked_up = None;
    let key = RsaPrivateKey::generate_alongside(bits, request.search, || {
        looked_up.insert(plan()).is_ok()
    })?;
    let plan = match looked_up {
        Some(looked_up) => looked_up?,
        None => plan()?,
    };
    Ok((plan, key.map(PrivateKey::Rsa)))
}

//! Makes a key pair and registers it.
//!
//! The order of the steps is what keeps a pair whole: everything that can be checked is checked
//! before a key leaves this memory; the private key is durable, or with an agent, before the pair is
//! registered; a pair that the registry refuses leaves no file, and nothing in the agent. Interrupted anywhere, there may be a private key without
//! a registration, never a registration without its private key.

mod agent_guard;
mod if_not_exists;
mod many;
mod plan;
mod remote;
mod request;

use std::io;

use rand::CryptoRng;

pub use if_not_exists::{CreateIfNotExistsRequest, create_if_not_exists};
pub use many::{CreateManyRequest, create_many};
pub use request::{AgentRequest, CreateRequest, Created, Generator, Outcome};

use self::agent_guard::AgentKeyGuard;
use self::plan::Plan;
use super::{Destination, OperationError};
use crate::file::{Access, Draft, Published, Target};
use crate::format::{self, PublicFormat};
use crate::interrupt;
use crate::key::{KeySpecification, PrivateKey, RsaPrivateKey};
use crate::registry::{Registration, Registry, Request};
use crate::secret::Secret;

/// Makes a pair and hands it to `answer`.
///
/// A private key that goes to the user is handed over before the pair is registered for good; if
/// `answer` fails then, it is not. Otherwise `answer` comes last, when all is done.
///
/// # Errors
///
/// [`OperationError`]; no file and no registration stays behind, but for
/// [`OperationError::OutputAfterCreate`], which is about the answer alone, [`OperationError::OutcomeUnknown`],
/// [`OperationError::GenerationUnknown`] and [`OperationError::KeyLost`], which say what does.
pub fn create(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    AgentKeyGuard::check_agent(request.agent.as_ref())?;
    if request.generator != Generator::Here {
        return remote::create(request, registry, random, respond);
    }
    let (plan, key) = begin(request, registry, random)?;
    let Plan { name, private, public } = plan;
    if request.dry_run {
        // Any key will do, and this one is made at once.
        let key = PrivateKey::generate(KeySpecification::Ed25519, request.search)?;
        let registration = Registration::created(name, &key, request.tags.clone())?;
        registry.dry_run(Request::Register(&registration))?;
        return Ok(Outcome::Checked);
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
    let registration = Registration::created(name, &key, request.tags.clone())?;

    // What is put in place from here on is taken back if the pair is not registered.
    let guard = interrupt::defer_signals();
    let private_draft = match &private {
        Some(target) => Some(Draft::write(target, Access::Owner, contents.expose())?),
        None => None,
    };
    let public_draft = match &public {
        Some(target) => {
            let line = format::write_public(&key.public(), PublicFormat::Openssh, &comment)?;
            Some(Draft::write(target, Access::Everyone, &line)?)
        }
        None => None,
    };
    // While this waited for somebody else who replaces the file, the name may have been taken.
    let mut publish = |draft: Draft| -> Result<Published, OperationError> {
        draft.publish_after(|| Ok(registry.check_available(&registration.name)?))
    };
    let private_file = private_draft.map(&mut publish).transpose()?;
    let public_file = public_draft.map(&mut publish).transpose()?;

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
            private_key: contents.take().filter(|_| to_user),
        });
        if to_user { respond(created) } else { Ok(()) }
    });
    match registered {
        // A key that may be registered is kept, wherever it is.
        Err(error) if error.may_be_registered() => {
            for file in private_file.into_iter().chain(public_file) {
                file.keep();
            }
            let (path, in_agent) = (path(&private), agent_guard.is_some());
            let contents = contents.filter(|_| to_user);
            let name = registration.name;
            return Err(OperationError::unconfirmed(name, error, path, in_agent, contents));
        }
        Err(error) => {
            return Err(match agent_guard {
                Some(agent_guard) => agent_guard.rollback(&registration.name, error.into()),
                None => error.into(),
            });
        }
        Ok(_) => {}
    }
    for file in private_file.into_iter().chain(public_file) {
        file.keep();
    }
    drop(guard);
    match created {
        Some(created) if !to_user => {
            respond(&created).map_err(|source| OperationError::OutputAfterCreate {
                name: created.pair.name.clone(),
                path: created.private_key_file.clone(),
                in_agent: created.in_agent,
                source,
            })?;
        }
        _ => {}
    }
    Ok(Outcome::Done)
}

/// Finds out whether the pair can be made. An RSA key, which takes its time, is searched for meanwhile;
/// if the pair cannot be made, that is given up, and nobody has seen the key.
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

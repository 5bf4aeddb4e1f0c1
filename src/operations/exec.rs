//! Runs a command with a temporary key pair.
//!
//! The private key is in a separate directory, in memory if the system supports that, or only in an
//! agent of this process. The pair is registered with an expiry tag. After the command, everything
//! is deleted, even if a signal ends the command or this process. After `kill -9`, `prune` and the
//! next `exec` delete everything once the command has ended, or else when it has expired.

use std::ffi::OsString;
use std::path::PathBuf;

use chacha20::ChaCha20Rng;
use rand::rngs::SysRng;
use rand::{CryptoRng, SeedableRng};

use super::prune::{self, PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, Purpose};
use super::temporary::{self, Command};
use super::{KeptKey, OperationError};
use crate::agent::{AgentServer, HeldKey};
use crate::child::{Ended, SignalForwarder};
use crate::file::{self, Access, EphemeralDirectory};
use crate::format::{self, Comment, PrivateFormat};
use crate::interrupt;
use crate::key::{GenerateError, KeySpecification, PrimeSearch, PrivateKey};
use crate::registry::{
    Expiry, KeyName, KeyPair, NameError, PublicLine, Reference, Registration, Registry,
    RegistryError, Tags,
};
use crate::secret;

#[derive(Debug)]
pub struct ExecRequest {
    pub specification: KeySpecification,
    pub search: PrimeSearch,
    /// The beginning of the pair's name.
    pub prefix: String,
    pub expiry: Expiry,
    /// All tags of the pair, including the expiry tag.
    pub tags: Tags,
    pub key_location: KeyLocation,
    /// The possible parents of the directory with the keys.
    pub directories: Vec<PathBuf>,
    /// The possible parents of the directories of killed commands.
    pub searched_directories: Vec<PathBuf>,
    pub program: OsString,
    pub arguments: Vec<OsString>,
}

/// The location of the private key while the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLocation {
    File,
    /// The built-in agent. The command finds it through `SSH_AUTH_SOCK`.
    Agent,
}

/// A remark that is reported while the command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The agent's key may be swapped out: the user's limit for locked memory is exhausted.
    NotLocked,
    /// The registry did not keep the tags with these keys.
    TagsMissing(KeyName, Vec<String>),
}

#[derive(Debug)]
pub struct Executed {
    pub ended: Result<Ended, OperationError>,
    /// The failures to delete the key or the pair.
    pub leftovers: Vec<OperationError>,
}

/// Creates a pair, runs the command, and deletes the pair through `later`, a new connection to the
/// same registry. While the command runs, the private key is only in its file or in the locked
/// memory of the agent. Names come from `random`, which is dropped before the key is generated.
///
/// # Errors
///
/// The command has not run, and nothing is left, except after [`OperationError::OutcomeUnknown`].
pub fn exec(
    request: &ExecRequest,
    mut registry: Box<dyn Registry>,
    later: &mut dyn Registry,
    random: impl CryptoRng,
    on_note: &mut dyn FnMut(Note),
) -> Result<Executed, OperationError> {
    // Signals end this process only after the cleanup.
    let _guard = interrupt::defer_signals();
    let forwarder =
        SignalForwarder::new(file::ignored_signals()).map_err(OperationError::Signals)?;
    // A killed command may have left a stale key.
    prune::remove_abandoned(&request.searched_directories, &mut *registry);
    let Prepared { pair, private, public, directory } = prepare(request, registry, later, random)?;
    let missing = request.tags.missing_from(&pair.tags);
    if !missing.is_empty() {
        let keys = missing.into_iter().map(|tag| tag.key().to_owned()).collect();
        on_note(Note::TagsMissing(pair.name.clone(), keys));
    }
    let mut variables = vec![
        ("KEYPAIR_NAME", Some(pair.name.as_str().into())),
        ("KEYPAIR_ID", Some(pair.id.as_str().into())),
        ("KEYPAIR_PUBLIC_KEY_FILE", Some(public.into_os_string())),
        // The passphrase of another key, which the command does not need.
        ("KEYPAIR_PASSPHRASE", None),
    ];
    match &private {
        Private::File(path) => {
            variables.push(("KEYPAIR_PRIVATE_KEY_FILE", Some(path.clone().into_os_string())));
        }
        Private::Agent(agent) => {
            if !agent.is_locked() {
                on_note(Note::NotLocked);
            }
            // An outer `exec` may have set it for its own key.
            variables.push(("KEYPAIR_PRIVATE_KEY_FILE", None));
            variables.push(("SSH_AUTH_SOCK", Some(agent.socket().as_os_str().to_owned())));
        }
    }
    let command = Command {
        program: request.program.clone(),
        arguments: request.arguments.clone(),
        variables,
    };
    let purpose = Purpose::Registered(pair.id.clone());
    let ended = temporary::run(&command, forwarder, &directory, &purpose);
    drop(private);
    // The signals so far were for the command. A later one interrupts the cleanup.
    interrupt::clear_pending();
    // Delete the key first: the registration is useless without it. If this process is killed, the
    // records in the directory name the pair until it is deleted.
    directory.remove_contents(PUBLIC_KEY_FILE).ok();
    let deleted = delete_registration(&pair, later);
    let mut leftovers: Vec<OperationError> =
        directory.remove().err().map(Into::into).into_iter().collect();
    leftovers.extend(deleted.err());
    Ok(Executed { ended, leftovers })
}

struct Prepared {
    pair: KeyPair,
    private: Private,
    /// The public key file.
    public: PathBuf,
    directory: EphemeralDirectory,
}

enum Private {
    File(PathBuf),
    Agent(AgentServer),
}

fn prepare(
    request: &ExecRequest,
    mut registry: Box<dyn Registry>,
    later: &mut dyn Registry,
    mut random: impl CryptoRng,
) -> Result<Prepared, OperationError> {
    let name = free_name(&request.prefix, &mut *registry, &mut random)?;
    drop(random);
    let Generated { registration, key, public, directory } =
        secret::on_wiped_thread(|| generate(request, &name))?;
    let private = match key {
        GeneratedKey::File(path) => Private::File(path),
        // Start the agent's thread here: it inherits the registers of the calling thread, which
        // must not contain parts of the key.
        GeneratedKey::Held(key) => {
            Private::Agent(AgentServer::start(&directory.path().join("agent"), key)?)
        }
    };
    let registered = registry.register(&registration, &mut |_| Ok(()));
    // If this process is killed, a later one deletes the pair by this ID.
    match registered.and_then(|registered| registry.confirm_id(registered.pair)) {
        Ok(pair) => Ok(Prepared { pair, private, public, directory }),
        Err(error) if error.may_be_registered() => {
            // Delete the key first. Close the connection too: the server may accept only one.
            drop((private, registry));
            directory.remove_contents(PUBLIC_KEY_FILE).ok();
            Err(rollback_unconfirmed(error, registration, later))
        }
        Err(error) => Err(error.into()),
    }
}

struct Generated {
    registration: Registration,
    key: GeneratedKey,
    public: PathBuf,
    directory: EphemeralDirectory,
}

/// A new key in its file or in locked memory.
enum GeneratedKey {
    File(PathBuf),
    Held(HeldKey),
}

/// Generates the key and writes its files.
fn generate(request: &ExecRequest, name: &KeyName) -> Result<Generated, OperationError> {
    let key = PrivateKey::generate(request.specification, request.search)?;
    let registration = Registration::created(name.clone(), &key, request.tags.clone())?;
    let directories = match request.key_location {
        KeyLocation::File => request.directories.clone(),
        KeyLocation::Agent => temporary::for_sockets(&request.directories),
    };
    let directory = EphemeralDirectory::create(&directories, request.expiry.seconds())?;
    // If this process is killed during the registration, a later one deletes the pair by its name.
    let purpose = Purpose::Unconfirmed(registration.name.clone());
    directory.record_user(std::process::id(), &purpose.to_string()).ok();
    let comment = Comment::new(registration.name.as_str().as_bytes()).unwrap_or_default();
    let public = temporary::write_public(&directory, &key.public(), &comment)?;
    let key = match request.key_location {
        KeyLocation::File => {
            let path = directory.path().join(PRIVATE_KEY_FILE);
            let mut random =
                ChaCha20Rng::try_from_rng(&mut SysRng).map_err(GenerateError::Random)?;
            let contents =
                format::write_private(&key, PrivateFormat::Pem, &comment, None, &mut random)?;
            temporary::write(&path, Access::Owner, contents.expose())?;
            GeneratedKey::File(path)
        }
        KeyLocation::Agent => GeneratedKey::Held(HeldKey::new(key, &comment)?),
    };
    Ok(Generated { registration, key, public, directory })
}

/// Draws names until one is available.
fn free_name(
    prefix: &str,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
) -> Result<KeyName, OperationError> {
    let mut draws = 0;
    loop {
        draws += 1;
        let name = name(prefix, random).map_err(OperationError::Name)?;
        match registry.check_available(&name) {
            Ok(()) => return Ok(name),
            Err(RegistryError::Duplicate { .. }) if draws < MAX_DRAWS => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Returns a random name with this prefix.
pub fn name(prefix: &str, random: &mut impl CryptoRng) -> Result<KeyName, NameError> {
    KeyName::new(format!("{prefix}{}", KeyName::random(random)))
}

/// One draw in 2³⁶ hits a given name, so repeated collisions have another cause.
const MAX_DRAWS: u32 = 16;

/// Deletes a pair that may be registered, because its private key is lost.
fn rollback_unconfirmed(
    error: RegistryError,
    registration: Registration,
    registry: &mut dyn Registry,
) -> OperationError {
    let Registration { name, public_key, imported_fingerprint: fingerprint, .. } = registration;
    let rollback = match error.registered_id().cloned() {
        Some(id) => registry.rollback(&KeyPair {
            id,
            name: name.clone(),
            key_type: Some(registration.key_type),
            fingerprint,
            public_key: Some(PublicLine::new(public_key)),
            created: None,
            tags: registration.tags,
            location: None,
        }),
        // The random name belongs to this pair.
        None => match registry.delete_key_pair(&Reference::Name(name.clone())) {
            Ok(Some(_)) => {
                return OperationError::RolledBack { name, cause: Box::new(error.into()) };
            }
            // A delayed request may still register the pair.
            deleted => deleted.map(|_| ()),
        },
    };
    let is_known = error.registered_id().is_some();
    let error = OperationError::unconfirmed(name.clone(), error, KeptKey::default());
    if is_known && rollback.is_ok() {
        OperationError::RolledBack { name, cause: Box::new(error) }
    } else {
        error
    }
}

/// Deletes the registration, unless the command has already deleted it.
fn delete_registration(pair: &KeyPair, registry: &mut dyn Registry) -> Result<(), OperationError> {
    match registry.rollback(pair) {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error @ RegistryError::OtherRegistered { .. }) => Err(error.into()),
        Err(RegistryError::OutcomeUnknown(source)) => {
            Err(OperationError::DeletionUnknown { names: format!("`{}`", pair.name), source })
        }
        deleted => deleted.map_err(|error| OperationError::StillRegistered {
            name: pair.name.clone(),
            source: Box::new(error),
        }),
    }
}

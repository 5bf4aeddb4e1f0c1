//! Runs a command with a key pair that lives as long as it does.
//!
//! The private key is in a folder of its own, in memory where the system has that, or in no file at all but
//! with an agent of this process; and the pair is registered with the moment at which it expires. Whatever ends the command, and whatever asks this
//! process to end meanwhile, all of it is taken back. After a kill that nothing can be done about, the
//! expiry is what `prune` goes by.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chacha20::ChaCha20Rng;
use rand::rngs::SysRng;
use rand::{CryptoRng, SeedableRng};

use super::{OperationError, prune};
use crate::agent::{AgentServer, HeldKey};
use crate::child::{ChildError, Ended, Watch};
use crate::file::{self, Access, Draft, EphemeralDirectory, Existing, Target};
use crate::format::{self, Comment, PrivateFormat, PublicFormat};
use crate::interrupt;
use crate::key::{GenerateError, KeySpecification, PrimeSearch, PrivateKey};
use crate::registry::{
    Expiry, KeyName, KeyPair, NameError, PublicLine, Reference, Registration, Registry,
    RegistryError, Tags,
};
use crate::secret;

/// What to run, and with what key.
#[derive(Debug)]
pub struct ExecRequest {
    pub specification: KeySpecification,
    /// How the primes of an RSA key are searched for.
    pub search: PrimeSearch,
    /// What the pair's name begins with.
    pub prefix: String,
    /// When the pair expires if it is not removed before.
    pub expiry: Expiry,
    /// The tags of the pair, with that of its expiry.
    pub tags: Tags,
    /// What holds the private key.
    pub key_location: KeyLocation,
    /// Where the folder of the keys may be.
    pub folders: Vec<PathBuf>,
    pub program: OsString,
    /// What it is given.
    pub arguments: Vec<OsString>,
}

/// What holds a private key as long as a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLocation {
    /// A file.
    File,
    /// An agent of this process, which the command finds in `SSH_AUTH_SOCK`.
    Agent,
}

/// What is worth knowing while the command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The agent's key is not kept in memory: the user may lock no more.
    NotLocked,
    /// The registry did not keep the tags with these keys.
    TagsMissing(KeyName, Vec<String>),
}

/// How the command ended, and what is left.
#[derive(Debug)]
pub struct Executed {
    pub ended: Result<Ended, OperationError>,
    /// What could not be taken back.
    pub leftovers: Vec<OperationError>,
}

/// Makes a pair, runs the command, and takes all back in `later`, which is the registry that it is
/// registered in, asked afresh. While the command runs, the private key is in its file or in the locked memory
/// of the agent, and nowhere else in this process. Names come from `random`, which is dropped before.
///
/// # Errors
///
/// [`OperationError`]; the command has not run then, and nothing is left but what
/// [`OperationError::OutcomeUnknown`] says.
pub fn exec(
    request: &ExecRequest,
    mut registry: Box<dyn Registry>,
    later: &mut dyn Registry,
    random: impl CryptoRng,
    on_note: &mut dyn FnMut(Note),
) -> Result<Executed, OperationError> {
    // Signals end this process only when all is taken back.
    let _guard = interrupt::defer_signals();
    let watch = Watch::new(file::ignored_signals()).map_err(OperationError::Signals)?;
    // A command that was killed before may have left a key.
    prune::remove_abandoned(&request.folders, &mut *registry);
    let Prepared { pair, private, public, folder } = prepare(request, registry, later, random)?;
    let missing = request.tags.missing_from(&pair.tags);
    if !missing.is_empty() {
        let keys = missing.into_iter().map(|tag| tag.key().to_owned()).collect();
        on_note(Note::TagsMissing(pair.name.clone(), keys));
    }
    let mut variables = vec![
        ("KEYPAIR_NAME", Some(pair.name.as_str().into())),
        ("KEYPAIR_ID", Some(pair.id.as_str().into())),
        ("KEYPAIR_PUBLIC_KEY_FILE", Some(public.into_os_string())),
        // That of another key, with which the command has nothing to do.
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
            // One that another of these commands has set is not this one's.
            variables.push(("KEYPAIR_PRIVATE_KEY_FILE", None));
            variables.push(("SSH_AUTH_SOCK", Some(agent.socket().as_os_str().to_owned())));
        }
    }
    let mut started = |process| {
        // Without the note, what a killed process leaves stays until it expires.
        folder.record_user(process, pair.id.as_str()).ok();
    };
    let ended = watch.run(&request.program, &request.arguments, &variables, &mut started);
    drop(private);
    let ended = ended.map_err(|error| match error {
        ChildError::Interrupted { signal } => OperationError::Signalled { signal },
        ChildError::Io(source) => {
            let program = request.program.to_string_lossy().into_owned();
            OperationError::CannotRun { program, source }
        }
    });
    // What came meanwhile was for the command. Another interruption is meant for what follows.
    interrupt::clear_pending();
    // The key goes first: it is of no use to anybody then, whatever the registry says.
    let mut leftovers: Vec<OperationError> =
        folder.remove().err().map(Into::into).into_iter().collect();
    leftovers.extend(delete_registration(&pair, later).err());
    Ok(Executed { ended, leftovers })
}

/// All that the command needs.
struct Prepared {
    pair: KeyPair,
    private: Private,
    /// The file of the public key.
    public: PathBuf,
    folder: EphemeralDirectory,
}

/// Where the private key is.
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
    let Generated { registration, key, public, folder } =
        secret::on_wiped_thread(|| generate(request, &name))?;
    let private = match key {
        GeneratedKey::File(path) => Private::File(path),
        // Its thread is started here, because it begins with the registers of the thread that starts it.
        GeneratedKey::Held(key) => {
            Private::Agent(AgentServer::start(&folder.path().join("agent"), key)?)
        }
    };
    let registered = registry.register(&registration, &mut |_| Ok(()));
    // A later process deletes the pair by its id if this one is killed.
    match registered.and_then(|registered| registry.confirm_id(registered.pair)) {
        Ok(pair) => Ok(Prepared { pair, private, public, folder }),
        Err(error) if error.may_be_registered() => {
            // The key goes first, and a server with one connection at a time must be free for the next.
            drop((private, folder, registry));
            Err(rollback_unconfirmed(error, registration, later))
        }
        Err(error) => Err(error.into()),
    }
}

/// A new key that is not registered yet.
struct Generated {
    registration: Registration,
    key: GeneratedKey,
    public: PathBuf,
    folder: EphemeralDirectory,
}

/// A new key, in its file or in locked memory.
enum GeneratedKey {
    File(PathBuf),
    Held(HeldKey),
}

/// Makes the key and its files.
fn generate(request: &ExecRequest, name: &KeyName) -> Result<Generated, OperationError> {
    let key = PrivateKey::generate(request.specification, request.search)?;
    let registration = Registration::created(name.clone(), &key, request.tags.clone())?;
    let is_short = |folder: &&PathBuf| {
        request.key_location == KeyLocation::File
            || folder.as_os_str().len() <= MAX_SOCKET_DIRECTORY_BYTES
    };
    let folders: Vec<_> = request.folders.iter().filter(is_short).cloned().collect();
    let folder = EphemeralDirectory::create(&folders, request.expiry.seconds())?;
    let comment = Comment::new(registration.name.as_str().as_bytes()).unwrap_or_default();
    let public = folder.path().join("key.pub");
    let line = format::write_public(&key.public(), PublicFormat::Openssh, &comment)?;
    write(&public, Access::Everyone, &line)?;
    let key = match request.key_location {
        KeyLocation::File => {
            let path = folder.path().join("key");
            let mut random =
                ChaCha20Rng::try_from_rng(&mut SysRng).map_err(GenerateError::Random)?;
            let contents =
                format::write_private(&key, PrivateFormat::Pem, &comment, None, &mut random)?;
            write(&path, Access::Owner, contents.expose())?;
            GeneratedKey::File(path)
        }
        KeyLocation::Agent => GeneratedKey::Held(HeldKey::new(key, &comment)?),
    };
    Ok(Generated { registration, key, public, folder })
}

fn write(path: &Path, access: Access, contents: &[u8]) -> Result<(), OperationError> {
    let target = Target::new(path, Existing::Keep)?;
    Draft::write(&target, access, contents)?.publish()?.keep();
    Ok(())
}

/// The path of a socket has 103 bytes at most on some systems, of which what is made here takes 48.
const MAX_SOCKET_DIRECTORY_BYTES: usize = 55;

/// Draws names until one is free.
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

/// Returns a new name that begins with the prefix.
///
/// # Errors
///
/// [`NameError`] if no name can begin so.
pub fn name(prefix: &str, random: &mut impl CryptoRng) -> Result<KeyName, NameError> {
    KeyName::new(format!("{prefix}{}", KeyName::random(random)))
}

/// One draw in 2³⁶ hits a given name, so more than a few say that something else is wrong.
const MAX_DRAWS: u32 = 16;

/// Deletes a pair that may be registered: its private key is lost.
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
        }),
        // The name was drawn for this pair. A request that is on its way may still register it.
        None => registry.delete_key_pair(&Reference::Name(name.clone())).map(|_| ()),
    };
    let is_known = error.registered_id().is_some();
    let error = OperationError::unconfirmed(name.clone(), error, None, false, None);
    if is_known && rollback.is_ok() {
        OperationError::RolledBack { name, cause: Box::new(error) }
    } else {
        error
    }
}

/// Removes the registration, unless the command has.
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

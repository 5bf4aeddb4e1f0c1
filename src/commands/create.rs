//! Makes a key pair and registers it.
//!
//! The order of the steps is what keeps a pair whole: everything that can be checked is checked
//! before a key is made; the private key is durable before the pair is registered; a pair that
//! the registry refuses leaves no file. Interrupted anywhere, there may be a private key without
//! a registration, never a registration without its private key.

use std::io;
use std::path::{Path, PathBuf};

use rand::CryptoRng;

use super::CommandError;
use crate::file::{Access, Draft, Existing, FileError, Target};
use crate::format::{self, Comment, PrivateFormat, PublicFormat};
use crate::interrupt;
use crate::key::{KeySpecification, PrivateKey};
use crate::registry::{Call, KeyName, KeyPair, Registration, Registry, RegistryError, Tags};
use crate::secret::Secret;

/// What to make, and where to put it.
#[derive(Debug)]
pub struct CreateRequest {
    /// The name; without one, a free one is found.
    pub name: Option<KeyName>,
    /// The kind of key.
    pub specification: KeySpecification,
    /// How the private key is written.
    pub format: PrivateFormat,
    /// What encrypts the private key; empty or none leaves it plain.
    pub passphrase: Option<Secret>,
    /// The comment in the private key; without one, the name.
    pub comment: Option<Comment>,
    /// Where the private key goes.
    pub destination: Destination,
    /// Where an OpenSSH public key goes, if anywhere.
    pub public_out: Option<PathBuf>,
    /// Whether files that are in the way may be replaced.
    pub existing: Existing,
    /// The tags of the registered pair.
    pub tags: Tags,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// Where a new private key goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the user, through the answer.
    Answer,
    /// To this file.
    File(PathBuf),
    /// To the file that has the pair's name, in the current folder.
    NamedFile,
}

/// A pair that was made.
#[derive(Debug)]
pub struct Created {
    /// The pair as it is registered.
    pub pair: KeyPair,
    /// Whether the registry's answer tells that it is this key.
    pub is_confirmed: bool,
    /// Where the private key is, if it went to a file.
    pub private_key_file: Option<PathBuf>,
    /// Where the public key is, if it went to a file.
    pub public_key_file: Option<PathBuf>,
    /// The private key file's contents, if they go to the user.
    pub private_key: Option<Secret>,
}

/// How a creation ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that can be checked without a change was in order.
    Checked,
    /// The pair is there.
    Done,
}

/// Makes a pair and hands it to `answer`.
///
/// A private key that goes to the user is handed over before the pair is registered for good; if
/// `answer` fails then, it is not. Otherwise `answer` comes last, when all is done.
///
/// # Errors
///
/// [`CommandError`]; no file and no registration stays behind, but for
/// [`CommandError::Unanswered`], which is about the answer alone.
pub fn create(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
    answer: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Outcome, CommandError> {
    let Plan { name, private, public } = plan(request, registry, random)?;
    if request.dry_run {
        // Any key will do, and this one is made at once.
        let key = PrivateKey::generate(KeySpecification::Ed25519, random)?;
        let registration = Registration::created(name, &key, request.tags.clone())?;
        registry.rehearse(Call::Register(&registration))?;
        return Ok(Outcome::Checked);
    }
    let key = PrivateKey::generate(request.specification, random)?;
    let comment = request.comment.clone().unwrap_or_else(|| named(&name));
    let passphrase = request.passphrase.as_ref().filter(|passphrase| !passphrase.is_empty());
    let contents = format::write_private(&key, request.format, &comment, passphrase, random)?;

    // What is put in place from here on is taken back if the pair is not registered.
    let hold = interrupt::hold();
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
    let private_file = private_draft.map(Draft::publish).transpose()?;
    let public_file = public_draft.map(Draft::publish).transpose()?;

    let registration = Registration::created(name, &key, request.tags.clone())?;
    let mut created = None;
    let path = |target: &Option<Target>| target.as_ref().map(|target| target.path().to_owned());
    let to_user = private.is_none();
    let mut contents = Some(contents);
    let registered = registry.register(&registration, &mut |pair| {
        let created = created.insert(Created {
            pair: pair.clone(),
            is_confirmed: true,
            private_key_file: path(&private),
            public_key_file: path(&public),
            private_key: contents.take().filter(|_| to_user),
        });
        if to_user { answer(created) } else { Ok(()) }
    });
    let registered = match registered {
        // A key that may be registered is kept, wherever it is.
        Err(RegistryError::OutcomeUnknown(source)) => {
            for file in private_file.into_iter().chain(public_file) {
                file.keep();
            }
            return Err(CommandError::OutcomeUnknown {
                name: registration.name,
                path: path(&private),
                private_key: contents.filter(|_| to_user),
                source,
            });
        }
        registered => registered?,
    };
    for file in private_file.into_iter().chain(public_file) {
        file.keep();
    }
    drop(hold);
    match created {
        Some(mut created) if !to_user => {
            created.is_confirmed = registered.is_confirmed;
            answer(&created).map_err(|source| CommandError::Unanswered {
                name: created.pair.name.clone(),
                path: created.private_key_file.clone(),
                source,
            })?;
        }
        _ => {}
    }
    Ok(Outcome::Done)
}

/// What was found free.
struct Plan {
    name: KeyName,
    private: Option<Target>,
    public: Option<Target>,
}

fn plan(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
) -> Result<Plan, CommandError> {
    let public = request.public_out.as_deref().map(|path| Target::new(path, request.existing));
    let public = public.transpose()?;
    let (name, private) = match &request.name {
        Some(name) => {
            registry.check(name)?;
            (name.clone(), private_target(request, name)?)
        }
        None => free_name(request, registry, random)?,
    };
    if let (Some(private), Some(public)) = (&private, &public)
        && private.is_same_as(public)
    {
        return Err(CommandError::SameFile { path: public.path().to_owned() });
    }
    Ok(Plan { name, private, public })
}

fn private_target(request: &CreateRequest, name: &KeyName) -> Result<Option<Target>, CommandError> {
    let path = match &request.destination {
        Destination::Answer => return Ok(None),
        Destination::File(path) => path.clone(),
        Destination::NamedFile => {
            let file = format!("{name}.{}", request.format.extension());
            if !name.is_safe_file_name() || file.len() > MOST_FILE_NAME_BYTES {
                return Err(CommandError::UnsafeFileName { name: name.clone() });
            }
            PathBuf::from(file)
        }
    };
    Ok(Some(Target::new(Path::new(&path), request.existing)?))
}

/// Draws names until one is free, both in the registry and in the folder.
fn free_name(
    request: &CreateRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
) -> Result<(KeyName, Option<Target>), CommandError> {
    let own_file = request.destination == Destination::NamedFile;
    let mut draws = 0;
    loop {
        draws += 1;
        let name = KeyName::random(random);
        let found = private_target(request, &name)
            .and_then(|private| Ok(registry.check(&name).map(|()| private)?));
        match found {
            Ok(private) => return Ok((name, private)),
            Err(CommandError::Registry(RegistryError::Duplicate { .. })) if draws < MOST_DRAWS => {}
            Err(CommandError::File(FileError::Exists { .. })) if own_file && draws < MOST_DRAWS => {
            }
            Err(error) => return Err(error),
        }
    }
}

/// What the file systems of today allow.
const MOST_FILE_NAME_BYTES: usize = 255;

/// One draw in 2³⁶ hits a given name, so more than a few say that something else is wrong.
const MOST_DRAWS: u32 = 16;

/// Returns the name as a comment; what cannot stand in one becomes `_`.
fn named(name: &KeyName) -> Comment {
    let printable: String = name
        .as_str()
        .chars()
        .map(|character| if character.is_control() { '_' } else { character })
        .collect();
    Comment::new(printable.into_bytes()).unwrap_or_default()
}

//! Chooses the name of a new pair and its files.

use rand::CryptoRng;

use super::request::CreateRequest;
use crate::file::{FileError, Target};
use crate::format::Comment;
use crate::operations::{Destination, OperationError};
use crate::registry::{KeyName, RegistryError};

pub(super) struct Plan {
    pub(super) name: KeyName,
    /// `None` if the private key goes to the user or an agent.
    pub(super) private: Option<Target>,
    pub(super) public: Option<Target>,
}

impl Plan {
    /// Checks the name with `check` and the files, or finds a random name that is available.
    pub(super) fn new(
        request: &CreateRequest,
        random: &mut impl CryptoRng,
        check: &mut dyn FnMut(&KeyName) -> Result<(), RegistryError>,
    ) -> Result<Self, OperationError> {
        let public = request.public_out.as_deref().map(|path| Target::new(path, request.existing));
        let public = public.transpose()?;
        let (name, private) = match &request.name {
            Some(name) => {
                check(name)?;
                (name.clone(), private_target(request, name)?)
            }
            None => free_name(request, random, check)?,
        };
        if let (Some(private), Some(public)) = (&private, &public)
            && private.is_same_as(public)
        {
            return Err(OperationError::SameFile { path: public.path().to_owned() });
        }
        Ok(Self { name, private, public })
    }
}

/// Returns the requested comment, or the name with control characters replaced by `_`.
pub(super) fn comment(asked: Option<&Comment>, name: &KeyName) -> Comment {
    asked.cloned().unwrap_or_else(|| {
        let printable: String = name
            .as_str()
            .chars()
            .map(|character| if character.is_control() { '_' } else { character })
            .collect();
        Comment::new(printable.into_bytes()).unwrap_or_default()
    })
}

fn private_target(
    request: &CreateRequest,
    name: &KeyName,
) -> Result<Option<Target>, OperationError> {
    request.destination.target(name, request.format.extension(), request.existing)
}

/// Draws names until one is available in the registry and in the directory.
fn free_name(
    request: &CreateRequest,
    random: &mut impl CryptoRng,
    check: &mut dyn FnMut(&KeyName) -> Result<(), RegistryError>,
) -> Result<(KeyName, Option<Target>), OperationError> {
    let own_file = request.destination == Destination::NamedFile;
    let mut draws = 0;
    loop {
        draws += 1;
        let name = KeyName::random(random);
        let found =
            private_target(request, &name).and_then(|private| Ok(check(&name).map(|()| private)?));
        match found {
            Ok(private) => return Ok((name, private)),
            Err(OperationError::Registry(RegistryError::Duplicate { .. })) if draws < MAX_DRAWS => {
            }
            Err(OperationError::File(FileError::Exists { .. }))
                if own_file && draws < MAX_DRAWS => {}
            Err(error) => return Err(error),
        }
    }
}

/// One draw in 2³⁶ hits a given name, so repeated collisions have another cause.
const MAX_DRAWS: u32 = 16;

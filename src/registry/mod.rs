//! The interface of every registry of key pairs, in EC2's terms.
//!
//! A registry holds public data only. Private keys are passed to a [`ParameterStore`] alone, and only
//! on request.

mod create_time;
mod created_by;
mod credential_fault;
mod credential_source;
mod error;
mod expiry;
mod fault;
mod filter;
mod instance;
mod instance_registry;
mod key_pair;
mod length;
mod location;
mod mismatch;
mod name;
mod os_user;
mod parameter;
mod public_line;
mod similar;
mod tag;

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::iter;

pub use create_time::CreateTime;
pub use created_by::{CreatedBy, public_url};
pub use credential_fault::{CredentialFault, Place};
pub use credential_source::{CredentialSource, TokenOrigin};
pub use error::{Cause, RegionFailure, RegistryError};
pub use expiry::{Expiry, ExpiryError, Lifetime};
pub use fault::{DamageError, EntryFault, Fault, ModulusBudget, ObjectKind, Weakness};
pub use filter::{Filter, FilterField, Pattern};
pub use instance::{
    Addresses, HostName, Image, Instance, InstanceId, InstanceReference, InstanceState,
    InvalidInstance, PasswordData,
};
pub use instance_registry::{InstanceRegistry, PUSHED_KEY_SECONDS, SendOutcome, SentKey};
pub use key_pair::{
    GenerateRequest, Generated, KeyPair, KeyPairId, MaterialFormat, Origin, Registration,
};
pub use length::{TOO_SHORT, too_short};
pub use location::Location;
pub use mismatch::{DryRunChange, Mismatch};
pub use name::{KeyName, NameError};
pub use os_user::{InvalidOsUser, OsUser};
pub use parameter::{
    KmsKeyId, NewParameter, Parameter, ParameterName, ParameterNameError, ParameterStore,
    ParameterValue, ValueFault,
};
pub use public_line::PublicLine;
pub use similar::similar_names;
pub use tag::{Tag, TagChange, TagError, TagSelector, Tags};

/// Called once with the pair that is about to be registered. An error undoes the registration.
pub type OnRegistered<'a> = &'a mut dyn FnMut(&Registered) -> io::Result<()>;

/// Called with each page of pairs as it is read.
pub type OnPage<'a> = &'a mut dyn FnMut(Vec<KeyPair>) -> io::Result<()>;

/// A store of public keys by name: a file, or EC2.
pub trait Registry {
    /// Checks that a pair could be registered under a name. Changes nothing.
    fn check_available(&mut self, name: &KeyName) -> Result<(), RegistryError>;

    /// Validates a request without executing it.
    fn dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError>;

    /// Registers a public key under an available name and calls `on_registered` with the pair.
    ///
    /// If the callback fails, the pair is not registered: a response that carries a private key
    /// must not be lost while its registration stays.
    ///
    /// # Errors
    ///
    /// The pair may be registered if [`RegistryError::may_be_registered`] says so. After every
    /// other error it is not registered.
    fn register(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError>;

    /// Checks that pairs could be registered under all these names. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Registry::check_available`], for the first name that is taken.
    fn check_all_available(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        names.iter().try_for_each(|name| self.check_available(name))
    }

    /// Returns the number of pairs that [`Registry::register_all`] registers atomically and
    /// [`Registry::delete_if`] takes in one call.
    fn batch_size(&self) -> usize {
        1
    }

    /// Registers public keys in order and stops at the first failure.
    fn register_all(&mut self, registrations: &[Registration]) -> Batch {
        let mut batch = Batch { registered: Vec::new(), failure: None };
        for registration in registrations {
            match self.register(registration, &mut |_| Ok(())) {
                Ok(registered) => batch.registered.push(registered),
                Err(failure) => {
                    batch.failure = Some(failure);
                    break;
                }
            }
        }
        batch
    }

    /// Asks the registry to generate a pair. The private key is in this response and nowhere else.
    ///
    /// # Errors
    ///
    /// If [`RegistryError::may_be_registered`] says so, a pair may be registered, and its private
    /// key is lost.
    fn generate(&mut self, _request: &GenerateRequest) -> Result<Generated, RegistryError> {
        Err(RegistryError::GenerateUnsupported)
    }

    /// Looks up a new pair and returns it with the ID that is registered for its key: the ID in
    /// the response may belong to another pair.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Mismatched`] if another key is registered under the name.
    fn confirm_id(&mut self, pair: KeyPair) -> Result<KeyPair, RegistryError> {
        Ok(pair)
    }

    /// Deletes a pair that was just looked up, and no other pair that has taken its name since.
    ///
    /// # Errors
    ///
    /// As [`Registry::delete_key_pair`], and [`RegistryError::DeletedOther`].
    fn delete_exact(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete_key_pair(&Reference::Id(pair.id.clone())).map(|_| ())
    }

    /// Deletes a pair that was just registered. Its ID is known from the response only, so the
    /// registry must not delete another pair that has this ID.
    ///
    /// # Errors
    ///
    /// As [`Registry::delete_exact`], and [`RegistryError::OtherRegistered`].
    fn rollback(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete_exact(pair)
    }

    /// Calls `on_page` with the selected pairs. A file returns them oldest first, in pages of some
    /// hundreds; EC2 returns them in its own order, on one page.
    ///
    /// No lock is held during the callback. If an optional member such as the creation time is
    /// set for some pairs only, they all come on one page.
    ///
    /// # Errors
    ///
    /// Before the first page, [`RegistryError::NamesNotFound`] or [`RegistryError::IdsNotFound`] if
    /// a selected name or ID is not registered. After [`RegistryError::CallbackFailed`] no more
    /// pairs are read.
    fn describe_pages(
        &mut self,
        selection: &Selection,
        on_page: OnPage<'_>,
    ) -> Result<(), RegistryError>;

    /// Returns the selected pairs, in the order of [`Registry::describe_pages`].
    fn describe(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        let mut pairs = Vec::new();
        self.describe_pages(selection, &mut |page| {
            pairs.extend(page);
            Ok(())
        })?;
        Ok(pairs)
    }

    /// Returns at least the selected pairs; the caller must check each of them. A registry with
    /// unreliable filters returns all pairs.
    fn describe_at_least(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        self.describe(selection)
    }

    /// Returns the registered names. A very large registry returns only some of them.
    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError>;

    /// Returns the region, if the registry has regions.
    fn region(&self) -> Option<String> {
        None
    }

    /// Returns the pairs with this public key (`TYPE BASE64`, no comment) or one of these
    /// fingerprints, including their public keys.
    fn find_by_key(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError>;

    /// Deletes pairs and returns them as they were. A file deletes all or none; EC2 deletes one
    /// after another, each by the ID from the lookup.
    ///
    /// # Errors
    ///
    /// As [`Registry::describe`], and [`RegistryError::DeletionIncomplete`].
    fn delete_all(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError>;

    /// Deletes one pair as DeleteKeyPair does: an unknown name is not an error. Returns the ID if
    /// the registry reports it.
    ///
    /// # Errors
    ///
    /// After [`RegistryError::OutcomeUnknown`] the pair may be deleted.
    fn delete_key_pair(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError>;

    /// Looks up at most [`Registry::batch_size`] pairs again and deletes those that still satisfy
    /// `is_due`. Returns one outcome for each ID, in order.
    ///
    /// # Errors
    ///
    /// If the call as a whole fails, no pair is deleted.
    fn delete_if(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError>;

    /// Changes the tags of pairs. A file changes all or none.
    ///
    /// # Errors
    ///
    /// [`RegistryError::IdsNotFound`] if an ID is not registered, and [`RegistryError::Tag`] if a
    /// pair would have too many tags. After [`RegistryError::OutcomeUnknown`] the tags may be
    /// changed.
    fn change_tags(&mut self, ids: &[KeyPairId], change: &TagChange) -> Result<(), RegistryError>;

    /// Returns the store for private keys, if the registry has one.
    fn parameter_store(&mut self) -> Result<&mut dyn ParameterStore, RegistryError> {
        Err(RegistryError::StoreUnsupported)
    }

    /// Returns the regions that could not be read since the last call, if there are several.
    fn take_failures(&mut self) -> Vec<RegionFailure> {
        Vec::new()
    }

    /// Returns the names of the pairs that resources of this kind refer to, at one of several
    /// locations.
    fn names_in_use(
        &mut self,
        _by: KeyUser,
        _location: Option<&Location>,
    ) -> Result<NamesInUse, RegistryError> {
        Err(RegistryError::UsageUnsupported)
    }
}

/// A request that can be validated in a dry run.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// [`Registry::delete_all`] or [`Registry::delete_key_pair`].
    DeleteAll(&'a [Reference]),
    Describe(&'a Selection),
    Generate(&'a GenerateRequest),
    Register(&'a Registration),
    Tag(&'a [KeyPairId], &'a TagChange),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub pair: KeyPair,
    /// True if the response proves that this key was registered.
    pub is_confirmed: bool,
    /// False if the pair existed before.
    pub is_new: bool,
    /// The pairs of further regions.
    pub elsewhere: Vec<Registered>,
}

impl Registered {
    /// Returns a new pair of one region.
    #[must_use]
    pub fn new(pair: KeyPair, is_confirmed: bool) -> Self {
        Self { pair, is_confirmed, is_new: true, elsewhere: Vec::new() }
    }

    /// Returns the pairs of all regions.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        iter::once(self).chain(&self.elsewhere)
    }
}

/// The result of [`Registry::register_all`].
#[derive(Debug)]
pub struct Batch {
    /// The pairs that are registered: the first ones of the request.
    pub registered: Vec<Registered>,
    /// The reason why the next pair, and all others in its atomic batch, are not registered. If
    /// [`RegistryError::may_be_registered`] holds for it, they may be registered.
    pub failure: Option<RegistryError>,
}

/// The outcome of [`Registry::delete_if`] for one pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    Deleted,
    NotFound,
    /// The pair has changed since it was found, and was not deleted.
    Kept,
}

/// The result of [`Registry::names_in_use`].
#[derive(Debug, Default)]
pub struct NamesInUse {
    pub names: HashSet<KeyName>,
    /// The refusal of a request that would have shown a name missing from the list.
    pub unchecked: Option<RegistryError>,
}

/// A kind of resource that refers to pairs by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUser {
    /// Instances that are not terminated.
    Instances,
    /// The newest and the default version of each launch template.
    LaunchTemplates,
}

impl KeyUser {
    pub const ALL: [Self; 2] = [Self::Instances, Self::LaunchTemplates];
}

/// The ID or the name of a registered pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    Id(KeyPairId),
    Name(KeyName),
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

/// The parameters of DescribeKeyPairs. A pair must satisfy all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// If empty, any name matches.
    pub names: Vec<KeyName>,
    /// If empty, any ID matches.
    pub ids: Vec<KeyPairId>,
    pub filters: Vec<Filter>,
    pub include_public_key: bool,
}

impl Selection {
    /// Selects these pairs. All of them must be registered.
    pub fn of(references: &[Reference]) -> Self {
        let mut selection = Self::default();
        for reference in references {
            match reference {
                Reference::Id(id) => selection.ids.push(id.clone()),
                Reference::Name(name) => selection.names.push(name.clone()),
            }
        }
        selection
    }
}

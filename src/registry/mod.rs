//! The contract that every registry of key pairs fulfils, in EC2's terms.
//!
//! A registry holds public data only: a private key is never part of what is handed to it.

mod create_time;
mod created_by;
mod error;
mod expiry;
mod fault;
mod filter;
mod generate;
mod key_pair;
mod key_user;
mod mismatch;
mod name;
mod parameter;
mod public_line;
mod similar;
mod tag;

use std::collections::HashSet;
use std::fmt;
use std::io;

pub use create_time::CreateTime;
pub use created_by::CreatedBy;
pub use error::{Cause, RegistryError};
pub use expiry::{Expiry, ExpiryError, Lifetime};
pub use fault::{DamageError, Fault, IllegibleError, Moduli, Weakness};
pub use filter::{Filter, FilterField, Pattern};
pub use generate::{GenerateRequest, Generated, MaterialFormat};
pub use key_pair::{KeyPair, KeyPairId, Origin, Registration};
pub use key_user::KeyUser;
pub use mismatch::{DryRunChange, Mismatch};
pub use name::{KeyName, NameError};
pub use parameter::{Parameter, ParameterStore, parameter_of};
pub use public_line::PublicLine;
pub use similar::similar_names;
pub use tag::{Tag, TagError, Tags};

/// Hands the response to the user: called once with the pair that is about to be registered.
pub type OnRegistered<'a> = &'a mut dyn FnMut(&Registered) -> io::Result<()>;

/// What takes pairs as they are read.
pub type OnPage<'a> = &'a mut dyn FnMut(Vec<KeyPair>) -> io::Result<()>;

/// A place where public keys are registered under a name: a file, or EC2.
pub trait Registry {
    /// Finds out, changing nothing, whether a pair could be registered under a name.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Duplicate`], and whatever keeps the registry from being used.
    fn check_available(&mut self, name: &KeyName) -> Result<(), RegistryError>;

    /// Validates a call without carrying it out (dry run).
    ///
    /// # Errors
    ///
    /// Those of the call, and [`RegistryError::DryRunIgnored`].
    fn dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError>;

    /// Registers a public key under a name that is free, and hands the pair to `deliver`.
    ///
    /// If `deliver` fails, the pair is not registered: an answer that carries a private key must
    /// not be lost while its registration stays.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Duplicate`], [`RegistryError::CallbackFailed`],
    /// [`RegistryError::ExpiryNotKept`], and whatever keeps the registry from being used. The pair may be
    /// registered if [`RegistryError::may_be_registered`] says so, and is not after every other error.
    fn register(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError>;

    /// Finds out, changing nothing, whether pairs could be registered under all of these names.
    ///
    /// # Errors
    ///
    /// As [`Registry::check_available`], for the first name that is taken.
    fn check_all_available(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        names.iter().try_for_each(|name| self.check_available(name))
    }

    /// Returns how many pairs [`Registry::register_all`] registers as one, all or none, and
    /// [`Registry::delete_if`] removes at once.
    fn batch_size(&self) -> usize {
        1
    }

    /// Registers public keys in their order, and stops at the first that is refused.
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

    /// Has the registry make a pair under a name that is free, whose private key is in the answer and
    /// nowhere else.
    ///
    /// # Errors
    ///
    /// [`RegistryError::GenerateUnsupported`], [`RegistryError::Duplicate`], and whatever keeps the registry
    /// from being used. If [`RegistryError::may_be_registered`] says so, there may be a pair whose
    /// private key is lost.
    fn generate(&mut self, _order: &GenerateRequest) -> Result<Generated, RegistryError> {
        Err(RegistryError::GenerateUnsupported)
    }

    /// Removes a pair that was looked at a moment ago, and no other that has its name by now. Afterwards it
    /// is gone, whatever the registry reported.
    ///
    /// # Errors
    ///
    /// As [`Registry::delete_key_pair`], and [`RegistryError::DeletedOther`].
    fn delete_exact(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete_key_pair(&Reference::Id(pair.id.clone())).map(|_| ())
    }

    /// Removes a pair that was registered a moment ago, whose id is known from the response only. No other pair is
    /// removed, even if that id is another pair's.
    ///
    /// # Errors
    ///
    /// As [`Registry::delete_exact`], and [`RegistryError::OtherRegistered`].
    fn rollback(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete_exact(pair)
    }

    /// Hands the pairs that a selection asks for to `deliver`: a file's oldest first and some hundreds
    /// at a time, EC2's as they come and all at once.
    ///
    /// Nothing is held while `deliver` works. Pairs of which one has a member that another has not,
    /// such as a creation time, come all at once.
    ///
    /// # Errors
    ///
    /// Before the first pair, [`RegistryError::NamesNotFound`] or [`RegistryError::IdsNotFound`] if one
    /// that is named is not registered; [`RegistryError::CallbackFailed`], after which no more is read;
    /// and whatever keeps the registry from being used.
    fn describe_pages(
        &mut self,
        selection: &Selection,
        on_page: OnPage<'_>,
    ) -> Result<(), RegistryError>;

    /// Returns the pairs that a selection asks for, in the order of [`Registry::describe_pages`].
    ///
    /// # Errors
    ///
    /// As [`Registry::describe_pages`].
    fn describe(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        let mut pairs = Vec::new();
        self.describe_pages(selection, &mut |page| {
            pairs.extend(page);
            Ok(())
        })?;
        Ok(pairs)
    }

    /// Returns at least the pairs that a selection asks for; the caller must check each of them. A
    /// registry whose filters are not reliable returns all pairs.
    ///
    /// # Errors
    ///
    /// As [`Registry::describe_pages`].
    fn describe_at_least(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        self.describe(selection)
    }

    /// Returns the names that are registered; of very many, some.
    ///
    /// # Errors
    ///
    /// Whatever keeps the registry from being used.
    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError>;

    /// Returns the region that was asked, if the registry has such.
    fn region(&self) -> Option<String> {
        None
    }

    /// Returns the pairs that have this public key, `TYPE BASE64` without a comment, or one of these
    /// fingerprints, with their public keys.
    ///
    /// # Errors
    ///
    /// Whatever keeps the registry from being used.
    fn find_by_key(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError>;

    /// Removes registrations and returns them as they were: a file's all or none, EC2's one after another, each by
    /// the id that it had when it was looked up.
    ///
    /// # Errors
    ///
    /// As [`Registry::describe`], and as [`Registry::delete_exact`].
    fn delete_all(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError>;

    /// Removes one registration as DeleteKeyPair does, to which an unknown name is no error; returns
    /// the id if the registry says it.
    ///
    /// # Errors
    ///
    /// [`RegistryError::IdsNotFound`], [`RegistryError::NotDeleted`], and whatever keeps the registry from being
    /// used. After [`RegistryError::OutcomeUnknown`] the pair may be gone.
    fn delete_key_pair(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError>;

    /// Looks at some pairs once more, as many as [`Registry::batch_size`] says or fewer, removes those of
    /// which `is_due` is still true, and returns what became of each, in their order.
    ///
    /// # Errors
    ///
    /// Whatever keeps all of them from being removed; none of them is then.
    fn delete_if(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError>;

    /// Returns the names under which something uses pairs, as far as the registry knows.
    ///
    /// # Errors
    ///
    /// [`RegistryError::UsageUnsupported`], and whatever keeps the registry from being asked.
    fn names_in_use(&mut self, _by: KeyUser) -> Result<HashSet<KeyName>, RegistryError> {
        Err(RegistryError::UsageUnsupported)
    }
}

/// A call that can be rehearsed.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// [`Registry::delete_all`], and [`Registry::delete_key_pair`].
    DeleteAll(&'a [Reference]),
    /// [`Registry::describe`].
    Describe(&'a Selection),
    /// [`Registry::generate`].
    Generate(&'a GenerateRequest),
    /// [`Registry::register`].
    Register(&'a Registration),
}

/// A pair that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The pair.
    pub pair: KeyPair,
    /// Whether the registry's answer tells that it is this key.
    pub is_confirmed: bool,
}

/// What came of several registrations.
#[derive(Debug)]
pub struct Batch {
    /// The first of the pairs, which are registered.
    pub registered: Vec<Registered>,
    /// Why the next pair is not registered, with all the others that are registered as one with it. They
    /// may be registered if [`RegistryError::may_be_registered`] says so.
    pub failure: Option<RegistryError>,
}

/// What became of a pair that was to be removed if it still was what it had been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is removed.
    Deleted,
    /// It had gone before.
    NotFound,
    /// It is another than it was, and stays.
    Kept,
}

/// What names one registered pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Its id.
    Id(KeyPairId),
    /// Its name.
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

/// Which pairs to describe, as in DescribeKeyPairs: those that satisfy every part that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The names; none means any.
    pub names: Vec<KeyName>,
    /// The ids; none means any.
    pub ids: Vec<KeyPairId>,
    /// The filters, all of which must hold.
    pub filters: Vec<Filter>,
    /// Whether to return the public keys too.
    pub include_public_key: bool,
}

impl Selection {
    /// Selects the pairs that are named, all of which must be registered.
    #[must_use]
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

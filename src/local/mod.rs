//! The local registry: an SQLite file that any number of processes can use at the same time.
//!
//! The file uses a rollback journal and syncs at every commit (`synchronous=FULL`), so a crash
//! never loses a change that was reported as done. For processes that make one change and exit,
//! this is also faster than a write-ahead log. Between changes the journal stays next to the
//! file, marked invalid. A backup needs the registry file only.

mod delete;
mod describe;
mod entry;
mod examine;
mod failure;
mod insert;
mod integrity;
mod matching;
mod open;
mod pages;
mod schema;
mod tags;
#[cfg(test)]
mod tests;

pub use describe::LocalColumn;
pub use examine::{Examined, examine};
pub use open::SIDECAR_SUFFIXES;
pub use schema::mark_statements;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::CryptoRng;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use self::pages::Pages;
use crate::registry::{
    Batch, CreateTime, DeleteOutcome, KeyName, KeyPair, KeyPairId, OnPage, OnRegistered, Reference,
    Registered, Registration, Registry, RegistryError, Request, Selection, TagChange, Tags,
};

/// The maximum number of completion candidates.
const MAX_CANDIDATES: usize = 256;

/// The maximum delay after a key press.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(200);

/// Each pair of a batch has an open file; every system allows some hundreds.
const BATCH_SIZE: usize = 128;

/// A registry in a file. The first registration creates the file.
pub struct LocalRegistry {
    path: PathBuf,
    now: CreateTime,
    random: Box<dyn CryptoRng + Send>,
    /// The connection of [`Registry::check_available`], for the registration that follows. If the
    /// file is moved in between, SQLite refuses the change.
    checked_connection: Option<Connection>,
}

impl LocalRegistry {
    /// Returns the registry at `path`, which need not exist yet. New pairs get the creation time
    /// `now` and an ID from `random`.
    pub fn new(path: &Path, now: CreateTime, random: Box<dyn CryptoRng + Send>) -> Self {
        Self { path: path.to_owned(), now, random, checked_connection: None }
    }

    /// Returns the names or IDs that begin with `prefix`, in order: the first 256 and the last one.
    ///
    /// The file is neither created nor changed: an old schema is not migrated, and an interrupted
    /// change is not rolled back. Waits at most 0.2 seconds for other processes.
    pub fn find_by_prefix(
        path: &Path,
        column: LocalColumn,
        prefix: &str,
    ) -> Result<Vec<String>, RegistryError> {
        let failed = |source| failure::from_sqlite(path, source);
        let trust = open::trust(path)?;
        // An empty file has no pairs.
        if trust.length().unwrap_or_default() == 0 {
            return Ok(Vec::new());
        }
        let connection = open::read_only(path, &trust)?;
        connection.busy_timeout(COMPLETION_TIMEOUT).map_err(failed)?;
        let transaction = connection.unchecked_transaction().map_err(failed)?;
        integrity::check(&transaction, path, trust.path())?;
        describe::with_prefix(&transaction, column, prefix, MAX_CANDIDATES).map_err(failed)
    }

    /// Opens the registry, or returns `None` if it does not exist yet.
    fn open(&self) -> Result<Option<Connection>, RegistryError> {
        open::existing(&self.path)
    }

    fn open_or_create(&mut self) -> Result<Connection, RegistryError> {
        match self.checked_connection.take() {
            Some(connection) => Ok(connection),
            None => open::existing_or_new(&self.path),
        }
    }

    fn begin<'a>(
        &self,
        connection: &'a mut Connection,
        behavior: TransactionBehavior,
    ) -> Result<Transaction<'a>, RegistryError> {
        connection.transaction_with_behavior(behavior).map_err(|source| self.error(source))
    }

    /// Runs `work` in one transaction. Besides its result, `work` returns the state of one pair that
    /// it changes.
    ///
    /// # Errors
    ///
    /// [`RegistryError::OutcomeUnknown`] if the final sync fails: other processes see the change,
    /// but it may not survive a power failure. After every other error nothing has changed.
    fn in_transaction<T>(
        &mut self,
        mut connection: Connection,
        work: impl FnOnce(&mut Self, &Transaction<'_>) -> Result<(T, Option<State>), RegistryError>,
    ) -> Result<T, RegistryError> {
        let transaction = self.begin(&mut connection, TransactionBehavior::Immediate)?;
        let (result, changed) = work(self, &transaction)?;
        let Err(source) = failure::commit(transaction) else {
            return Ok(result);
        };
        let error = self.error(source);
        // Reopen: the old connection's cache predates the failed commit, and a new one rolls the
        // hot journal back.
        drop(connection);
        match changed.map(|state| self.is_in(&state)) {
            None | Some(Ok(false)) => Err(error),
            Some(_) => Err(RegistryError::OutcomeUnknown(error.into())),
        }
    }

    /// Returns whether a pair is in this state.
    fn is_in(&self, state: &State) -> Result<bool, RegistryError> {
        let (State::Registered(id) | State::Missing(id) | State::Tagged(id, _)) = state;
        let found = match self.open()? {
            Some(connection) => {
                match describe::rows(&connection, &self.path, &[Reference::Id(id.clone())]) {
                    Ok(rows) => match rows.first() {
                        Some(row) => Some(describe::pair(&connection, &self.path, *row)?),
                        None => None,
                    },
                    Err(RegistryError::IdsNotFound { .. }) => None,
                    Err(error) => return Err(error),
                }
            }
            None => None,
        };
        Ok(match (state, found) {
            (State::Registered(_), found) => found.is_some(),
            (State::Missing(_), found) => found.is_none(),
            (State::Tagged(_, tags), found) => found.is_some_and(|pair| pair.tags == *tags),
        })
    }

    fn check_names(&self, connection: &Connection, names: &[KeyName]) -> Result<(), RegistryError> {
        match describe::first_taken(connection, &self.path, names)? {
            Some(name) => Err(RegistryError::Duplicate { name }),
            None => Ok(()),
        }
    }

    /// Fails if a selected name or ID is not registered.
    fn check_selection(&self, selection: &Selection) -> Result<(), RegistryError> {
        let Some(mut connection) = self.open()? else {
            return pages::of_empty_registry(selection);
        };
        let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
        Pages::of(&transaction, &self.path, selection).map(|_| ())
    }

    /// Makes a change of tags, and undoes it.
    fn check_tags(&self, ids: &[KeyPairId], change: &TagChange) -> Result<(), RegistryError> {
        open::check_writable(&self.path)?;
        let Some(mut connection) = self.open()? else {
            return Err(RegistryError::IdsNotFound { ids: ids.to_vec() });
        };
        let transaction = self.begin(&mut connection, TransactionBehavior::Immediate)?;
        tags::change(&transaction, &self.path, ids, change).map(|_| ())
    }

    fn error(&self, source: rusqlite::Error) -> RegistryError {
        failure::from_sqlite(&self.path, source)
    }
}

/// The state of a pair after a transaction.
enum State {
    Registered(KeyPairId),
    Missing(KeyPairId),
    Tagged(KeyPairId, Tags),
}

impl Registry for LocalRegistry {
    fn check_available(&mut self, name: &KeyName) -> Result<(), RegistryError> {
        open::check_writable(&self.path)?;
        let Some(connection) = self.open()? else { return Ok(()) };
        self.check_names(&connection, std::slice::from_ref(name))?;
        self.checked_connection = Some(connection);
        Ok(())
    }

    fn dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError> {
        match request {
            Request::DeleteAll(references) => self.check_selection(&Selection::of(references)),
            Request::Describe(selection) => self.check_selection(selection),
            Request::Generate(_) => Err(RegistryError::GenerateUnsupported),
            Request::Register(registration) => self.check_available(&registration.name),
            Request::Tag(ids, change) => self.check_tags(ids, change),
        }
    }

    fn register(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError> {
        let connection = self.open_or_create()?;
        self.in_transaction(connection, |registry, transaction| {
            registry.check_names(transaction, std::slice::from_ref(&registration.name))?;
            let pair = registry.insert(transaction, registration)?;
            describe::read_back(transaction, &registry.path, &[(&pair, registration)])?;
            // Before the commit: a failed callback is rolled back, and a private key without a
            // registration does no harm.
            let id = pair.id.clone();
            let registered = Registered::new(pair, true);
            on_registered(&registered).map_err(RegistryError::CallbackFailed)?;
            Ok((registered, Some(State::Registered(id))))
        })
    }

    fn check_all_available(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        open::check_writable(&self.path)?;
        let Some(mut connection) = self.open()? else { return Ok(()) };
        let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
        self.check_names(&transaction, names)
    }

    fn batch_size(&self) -> usize {
        BATCH_SIZE
    }

    fn register_all(&mut self, registrations: &[Registration]) -> Batch {
        match self.insert_all(registrations) {
            Ok(registered) => Batch { registered, failure: None },
            Err(failure) => Batch { registered: Vec::new(), failure: Some(failure) },
        }
    }

    fn describe_pages(
        &mut self,
        selection: &Selection,
        on_page: OnPage<'_>,
    ) -> Result<(), RegistryError> {
        let Some(mut connection) = self.open()? else {
            return pages::of_empty_registry(selection);
        };
        let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
        let mut pages = Pages::of(&transaction, &self.path, selection)?;
        let mut page = pages.next(&transaction)?;
        drop(transaction);
        while let Some(pairs) = page {
            on_page(pairs).map_err(RegistryError::CallbackFailed)?;
            let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
            page = pages.next(&transaction)?;
        }
        Ok(())
    }

    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError> {
        match self.open()? {
            Some(connection) => describe::names(&connection, &self.path),
            None => Ok(Vec::new()),
        }
    }

    fn find_by_key(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        match self.open()? {
            Some(connection) => describe::find(&connection, &self.path, public_key, fingerprints),
            None => Ok(Vec::new()),
        }
    }

    fn delete_all(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError> {
        let Some(connection) = self.open()? else {
            return pages::of_empty_registry(&Selection::of(references)).map(|()| Vec::new());
        };
        self.in_transaction(connection, |registry, transaction| {
            let rows = describe::rows(transaction, &registry.path, references)?;
            let mut pairs = Vec::with_capacity(rows.len());
            for row in rows {
                pairs.push(describe::pair(transaction, &registry.path, row)?);
                transaction
                    .execute("DELETE FROM key_pair WHERE row = ?", [row])
                    .map_err(|source| registry.error(source))?;
            }
            let first = pairs.first().map(|pair| State::Missing(pair.id.clone()));
            Ok((pairs, first))
        })
    }

    fn delete_key_pair(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError> {
        match self.delete_all(std::slice::from_ref(reference)) {
            Ok(pairs) => Ok(pairs.into_iter().next().map(|pair| pair.id)),
            Err(RegistryError::NamesNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn delete_if(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError> {
        let Some(connection) = self.open()? else {
            return Ok(ids.iter().map(|_| Ok(DeleteOutcome::NotFound)).collect());
        };
        self.in_transaction(connection, |registry, transaction| {
            let discarded = delete::all(transaction, &registry.path, ids, is_due)?;
            let is_removed = |outcome: &Result<_, _>| matches!(outcome, Ok(DeleteOutcome::Deleted));
            let first = discarded.iter().position(is_removed);
            let first = first.and_then(|first| ids.get(first)).cloned();
            Ok((discarded, first.map(State::Missing)))
        })
    }

    fn change_tags(&mut self, ids: &[KeyPairId], change: &TagChange) -> Result<(), RegistryError> {
        let Some(connection) = self.open()? else {
            return Err(RegistryError::IdsNotFound { ids: ids.to_vec() });
        };
        self.in_transaction(connection, |registry, transaction| {
            let pairs = tags::change(transaction, &registry.path, ids, change)?;
            let first = pairs.into_iter().next();
            Ok(((), first.map(|pair| State::Tagged(pair.id, pair.tags))))
        })
    }
}

//! The local registry: one SQLite file that any number of processes use at once.
//!
//! It keeps a rollback journal and waits for the disk at every commit (`synchronous=FULL`), so a
//! process or a machine that dies at any moment loses nothing that was reported as done. For
//! processes that do one thing and end this is also faster than a write-ahead log. Between changes the
//! journal lies beside the file, invalid; who copies the file needs no more than that.

mod change;
mod describe;
mod discard;
mod failure;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rand::CryptoRng;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use self::change::Presence;
use crate::file::{self, FileError};
use crate::registry::{
    Batch, Call, CreateTime, Deliver, Discarded, KeyName, KeyPair, KeyPairId, PublicLine,
    Reference, Registered, Registration, Registry, RegistryError, Selection,
};

/// Some hundred open files are within the limits of every system.
const BATCH: usize = 128;

/// A registry in a file, which is made when the first pair is registered.
pub struct LocalRegistry {
    path: PathBuf,
    now: CreateTime,
    random: Box<dyn CryptoRng>,
    /// What [`Registry::check`] has opened, for the change that follows it. If the file is moved in
    /// between, SQLite refuses the change.
    checked: Option<Connection>,
}

impl LocalRegistry {
    /// Returns the registry in the file at `path`, whether or not there is one yet.
    ///
    /// Pairs registered through it bear the time `now` and an id drawn from `random`.
    #[must_use]
    pub fn new(path: &Path, now: CreateTime, random: Box<dyn CryptoRng>) -> Self {
        Self { path: path.to_owned(), now, random, checked: None }
    }

    /// Opens the registry, or returns `None` if there is none yet.
    fn open(&self) -> Result<Option<Connection>, RegistryError> {
        match file::length(&self.path) {
            // An empty file is a registry without pairs, and looking does not make it another.
            Ok(None | Some(0)) => Ok(None),
            Ok(Some(_)) => self.connect().map(Some),
            Err(source) => Err(self.unusable_file(source)),
        }
    }

    /// Opens the registry, making it if there is none yet.
    fn open_or_create(&mut self) -> Result<Connection, RegistryError> {
        if let Some(connection) = self.checked.take() {
            return Ok(connection);
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            file::create_owner_folder(folder).map_err(|source| self.unusable_file(source))?;
        }
        file::create_owner_file(&self.path).map_err(|source| self.unusable_file(source))?;
        self.connect()
    }

    fn connect(&self) -> Result<Connection, RegistryError> {
        // SQLite gives names like `:memory:` a meaning of their own, but not to a path.
        let path = Path::new(".").join(&self.path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(|source| self.failed(source))?;
        connection
            .busy_handler(Some(failure::wait))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
            // A journal that stays is quicker than one that is made and removed, and its end is
            // waited for, which a removal is not (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
            .and_then(|()| {
                connection.pragma_update_and_check(None, "journal_mode", "PERSIST", |_| Ok(()))
            })
            .map_err(|source| self.failed(source))?;
        schema::migrate(&mut connection, &self.path)?;
        Ok(connection)
    }

    fn begin<'a>(
        &self,
        connection: &'a mut Connection,
        behavior: TransactionBehavior,
    ) -> Result<Transaction<'a>, RegistryError> {
        connection.transaction_with_behavior(behavior).map_err(|source| self.failed(source))
    }

    /// Registers a public key, in a transaction.
    fn insert(
        &mut self,
        transaction: &Transaction<'_>,
        registration: &Registration,
    ) -> Result<KeyPair, RegistryError> {
        let Registration { name, key_type, bits, public_key, fingerprint, origin, tags, .. } =
            registration;
        let id = KeyPairId::random(&mut *self.random);
        let inserted = transaction.execute(
            "INSERT INTO key_pair
             (key_pair_id, key_name, key_type, bits, public_key, fingerprint, origin, created)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key_name) DO NOTHING",
            params![
                id.as_str(),
                name.as_str(),
                key_type.name(),
                bits,
                public_key,
                fingerprint,
                origin.name(),
                self.now.milliseconds(),
            ],
        );
        if inserted.map_err(|source| self.failed(source))? == 0 {
            return Err(RegistryError::Duplicate { name: name.clone() });
        }
        let row = transaction.last_insert_rowid();
        for (position, tag) in tags.as_slice().iter().enumerate() {
            transaction
                .execute(
                    "INSERT INTO tag (key_pair, position, key, value) VALUES (?, ?, ?, ?)",
                    params![
                        row,
                        i64::try_from(position).unwrap_or(i64::MAX),
                        tag.key(),
                        tag.value()
                    ],
                )
                .map_err(|source| self.failed(source))?;
        }
        Ok(KeyPair {
            id,
            name: name.clone(),
            key_type: Some(*key_type),
            fingerprint: fingerprint.clone(),
            public_key: Some(PublicLine::named(public_key, name)),
            created: Some(self.now),
            tags: tags.clone(),
        })
    }

    fn insert_all(
        &mut self,
        registrations: &[Registration],
    ) -> Result<Vec<Registered>, RegistryError> {
        let connection = self.open_or_create()?;
        self.change(connection, Presence::There, |registry, transaction| {
            let mut registered = Vec::with_capacity(registrations.len());
            for registration in registrations {
                let pair = registry.insert(transaction, registration)?;
                registered.push(Registered { pair, is_confirmed: true });
            }
            let first = registered.first().map(|first| first.pair.id.clone());
            Ok((registered, first))
        })
    }

    /// Fails if a name is taken.
    fn check_in(&self, connection: &Connection, name: &KeyName) -> Result<(), RegistryError> {
        match describe::rows(connection, &self.path, &[Reference::Name(name.clone())]) {
            Ok(_) => Err(RegistryError::Duplicate { name: name.clone() }),
            Err(RegistryError::NamesNotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, source: rusqlite::Error) -> RegistryError {
        failure::of_database(&self.path, source)
    }

    fn unusable_file(&self, source: FileError) -> RegistryError {
        RegistryError::Unusable { path: self.path.clone(), source: source.into() }
    }
}

impl Registry for LocalRegistry {
    fn check(&mut self, name: &KeyName) -> Result<(), RegistryError> {
        file::check_writable(&self.path).map_err(|source| self.unusable_file(source))?;
        let Some(connection) = self.open()? else { return Ok(()) };
        self.check_in(&connection, name)?;
        self.checked = Some(connection);
        Ok(())
    }

    fn rehearse(&mut self, call: Call<'_>) -> Result<(), RegistryError> {
        match call {
            Call::Deregister(references) => self.describe(&Selection::of(references)).map(|_| ()),
            Call::Describe(selection) => self.describe(selection).map(|_| ()),
            Call::Generate(_) => Err(RegistryError::MakesNoKeys),
            Call::Register(registration) => self.check(&registration.name),
        }
    }

    fn register(
        &mut self,
        registration: &Registration,
        deliver: Deliver<'_>,
    ) -> Result<Registered, RegistryError> {
        let connection = self.open_or_create()?;
        self.change(connection, Presence::There, |registry, transaction| {
            let pair = registry.insert(transaction, registration)?;
            // Before the commit: what fails here is rolled back, and what was handed over without
            // being registered does no harm.
            deliver(&pair).map_err(RegistryError::Undelivered)?;
            let id = pair.id.clone();
            Ok((Registered { pair, is_confirmed: true }, Some(id)))
        })
    }

    fn check_all(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        file::check_writable(&self.path).map_err(|source| self.unusable_file(source))?;
        let Some(mut connection) = self.open()? else { return Ok(()) };
        let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
        names.iter().try_for_each(|name| self.check_in(&transaction, name))
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn register_all(&mut self, registrations: &[Registration]) -> Batch {
        match self.insert_all(registrations) {
            Ok(registered) => Batch { registered, failure: None },
            Err(failure) => Batch { registered: Vec::new(), failure: Some(failure) },
        }
    }

    fn describe(&mut self, selection: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        let Some(mut connection) = self.open()? else {
            return describe::nothing(selection);
        };
        let transaction = self.begin(&mut connection, TransactionBehavior::Deferred)?;
        describe::select(&transaction, &self.path, selection)
    }

    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError> {
        match self.open()? {
            Some(connection) => describe::names(&connection, &self.path),
            None => Ok(Vec::new()),
        }
    }

    fn find(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        match self.open()? {
            Some(connection) => describe::find(&connection, &self.path, public_key, fingerprints),
            None => Ok(Vec::new()),
        }
    }

    fn deregister(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError> {
        let Some(connection) = self.open()? else {
            return describe::nothing(&Selection::of(references));
        };
        self.change(connection, Presence::Gone, |registry, transaction| {
            let rows = describe::rows(transaction, &registry.path, references)?;
            let mut pairs = Vec::with_capacity(rows.len());
            for row in rows {
                pairs.push(describe::pair(transaction, &registry.path, row)?);
                transaction
                    .execute("DELETE FROM key_pair WHERE row = ?", [row])
                    .map_err(|source| registry.failed(source))?;
            }
            let first = pairs.first().map(|pair| pair.id.clone());
            Ok((pairs, first))
        })
    }

    fn forget(&mut self, reference: &Reference) -> Result<Option<KeyPairId>, RegistryError> {
        match self.deregister(std::slice::from_ref(reference)) {
            Ok(pairs) => Ok(pairs.into_iter().next().map(|pair| pair.id)),
            Err(RegistryError::NamesNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn discard(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<Discarded, RegistryError>>, RegistryError> {
        let Some(connection) = self.open()? else {
            return Ok(ids.iter().map(|_| Ok(Discarded::Gone)).collect());
        };
        self.change(connection, Presence::Gone, |registry, transaction| {
            let discarded = discard::all(transaction, &registry.path, ids, is_due)?;
            let is_removed = |outcome: &Result<_, _>| matches!(outcome, Ok(Discarded::Removed));
            let first = discarded.iter().position(is_removed);
            let first = first.and_then(|first| ids.get(first)).cloned();
            Ok((discarded, first))
        })
    }
}

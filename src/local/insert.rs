//! Adds pairs to the registry.

use rusqlite::{Transaction, params};

use super::{LocalRegistry, State, describe, schema, tags};
use crate::registry::{KeyPair, KeyPairId, PublicLine, Registered, Registration, RegistryError};

impl LocalRegistry {
    pub(super) fn insert(
        &mut self,
        transaction: &Transaction<'_>,
        registration: &Registration,
    ) -> Result<KeyPair, RegistryError> {
        let Registration { name, key_type, bits, public_key, fingerprint, origin, tags, .. } =
            registration;
        schema::complete(transaction).map_err(|source| self.error(source))?;
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
        if inserted.map_err(|source| self.error(source))? == 0 {
            return Err(RegistryError::Duplicate { name: name.clone() });
        }
        let row = transaction.last_insert_rowid();
        tags::insert(transaction, row, tags).map_err(|source| self.error(source))?;
        Ok(KeyPair {
            id,
            name: name.clone(),
            key_type: Some(*key_type),
            fingerprint: fingerprint.clone(),
            public_key: Some(PublicLine::named(public_key, name)),
            created: Some(self.now),
            tags: tags.clone(),
            location: None,
        })
    }

    pub(super) fn insert_all(
        &mut self,
        registrations: &[Registration],
    ) -> Result<Vec<Registered>, RegistryError> {
        let connection = self.open_or_create()?;
        self.in_transaction(connection, |registry, transaction| {
            let names: Vec<_> = registrations.iter().map(|one| one.name.clone()).collect();
            registry.check_names(transaction, &names)?;
            let mut registered = Vec::with_capacity(registrations.len());
            for registration in registrations {
                let pair = registry.insert(transaction, registration)?;
                registered.push(Registered::new(pair, true));
            }
            let pairs = registered.iter().map(|registered| &registered.pair);
            let written: Vec<_> = pairs.zip(registrations).collect();
            describe::read_back(transaction, &registry.path, &written)?;
            let first = registered.first().map(|first| State::Registered(first.pair.id.clone()));
            Ok((registered, first))
        })
    }
}

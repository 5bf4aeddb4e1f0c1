//! A change of the registry, and what is known of it when its end fails.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{LocalRegistry, describe};
use crate::registry::{KeyPairId, Reference, RegistryError};

/// Whether a pair is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Gone,
}

impl LocalRegistry {
    /// Does some work in one transaction. The work returns, beside its result, one of the pairs that it adds or
    /// removes, which is as `afterwards` says when all is done.
    ///
    /// # Errors
    ///
    /// Those of the work, and [`RegistryError::OutcomeUnknown`] if the last wait for the disk fails: others see the
    /// change then, and whether it is there after a loss of power nobody knows. After everything else, nothing
    /// is changed.
    pub(super) fn change<T>(
        &mut self,
        mut connection: Connection,
        afterwards: Presence,
        work: impl FnOnce(&mut Self, &Transaction<'_>) -> Result<(T, Option<KeyPairId>), RegistryError>,
    ) -> Result<T, RegistryError> {
        let transaction = self.begin(&mut connection, TransactionBehavior::Immediate)?;
        let (result, changed) = work(self, &transaction)?;
        let Err(source) = transaction.commit() else {
            return Ok(result);
        };
        let error = self.failed(source);
        // What it takes for true is from before; another undoes what was begun, and sees what others see.
        drop(connection);
        match changed.map(|id| self.presence(id)) {
            None => Err(error),
            Some(Ok(found)) if found != afterwards => Err(error),
            Some(_) => Err(RegistryError::OutcomeUnknown(error.into())),
        }
    }

    fn presence(&self, id: KeyPairId) -> Result<Presence, RegistryError> {
        let Some(connection) = self.open()? else {
            return Ok(Presence::Gone);
        };
        match describe::rows(&connection, &self.path, &[Reference::Id(id)]) {
            Ok(_) => Ok(Presence::There),
            Err(RegistryError::IdsNotFound { .. }) => Ok(Presence::Gone),
            Err(error) => Err(error),
        }
    }
}

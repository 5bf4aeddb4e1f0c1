//! Removing pairs that are still what they were.

use super::failure::of_question;
use super::key_pairs::{FOR_A_REMOVAL, describe};
use super::{Ec2Registry, model};
use crate::registry::{Discarded, KeyPair, KeyPairId, Registry, RegistryError, Selection};

impl Ec2Registry {
    /// Looks at a pair again and removes it. EC2 lets a client look more often than change, so the look
    /// costs no time where there are many.
    pub(super) fn discard_one(
        &mut self,
        id: &KeyPairId,
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Discarded, RegistryError> {
        match self.look_again(id) {
            Ok(Some(pair)) if is_due(&pair) => {
                self.take_back(&pair).map(|()| Discarded::Removed).or_else(unless_gone)
            }
            Ok(Some(_)) => Ok(Discarded::Kept),
            Ok(None) => Ok(Discarded::Gone),
            Err(error) => unless_gone(error),
        }
    }

    /// Returns the pair with an id; not waiting for the answer much longer when a signal comes.
    fn look_again(&mut self, id: &KeyPairId) -> Result<Option<KeyPair>, RegistryError> {
        let selection = Selection { ids: vec![id.clone()], ..Selection::default() };
        let connection = self.connection()?;
        match connection.change(describe(connection, &selection).send(), FOR_A_REMOVAL)? {
            Some(answer) => {
                let answer = answer.map_err(|error| of_question(error, connection))?;
                let mut pairs = answer.key_pairs().iter().map(model::key_pair);
                Ok(pairs.find(|pair| pair.id == *id))
            }
            None => Err(RegistryError::Unreachable("interrupted".into())),
        }
    }
}

fn unless_gone(error: RegistryError) -> Result<Discarded, RegistryError> {
    match error {
        RegistryError::Refused { code, .. } if code == NOT_FOUND => Ok(Discarded::Gone),
        error => Err(error),
    }
}

const NOT_FOUND: &str = "InvalidKeyPair.NotFound";

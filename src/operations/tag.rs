//! Changes the tags of registered pairs.

use super::OperationError;
use crate::registry::{
    KeyPair, KeyPairId, Reference, Registry, RegistryError, Request, Selection, TagChange,
};

#[derive(Clone, Debug)]
pub struct TagRequest {
    pub references: Vec<Reference>,
    pub change: TagChange,
    /// Checks only.
    pub dry_run: bool,
}

/// The pairs after a change of their tags.
#[derive(Clone, Debug, Default)]
pub struct Tagged {
    /// Empty if the registry does not show them.
    pub pairs: Vec<KeyPair>,
}

/// Changes the tags of pairs and looks at them again. A lookup by name comes first, because a
/// change is by ID. Returns `None` after a dry run.
pub fn tag(
    request: &TagRequest,
    registry: &mut dyn Registry,
) -> Result<Option<Tagged>, OperationError> {
    let TagRequest { references, change, dry_run } = request;
    let ids = ids(references, registry)?;
    if *dry_run {
        registry.dry_run(Request::Tag(&ids, change))?;
        return Ok(None);
    }
    let selection = Selection { ids: ids.clone(), ..Selection::default() };
    match registry.change_tags(&ids, change) {
        // The change is made, even if a user without permission cannot see it.
        Ok(()) => match registry.describe(&selection) {
            Ok(pairs) => Ok(Some(Tagged { pairs })),
            // The server accepts IDs that it does not know.
            Err(error) if error.is_not_found() => Err(error.into()),
            Err(_) => Ok(Some(Tagged::default())),
        },
        Err(error) if error.is_outcome_unknown() => match registry.describe(&selection) {
            Ok(pairs) if is_made(change, &ids, &pairs) => Ok(Some(Tagged { pairs })),
            _ => {
                let names: Vec<_> = references.iter().map(|one| format!("`{one}`")).collect();
                let source = match error {
                    RegistryError::OutcomeUnknown(source) => source,
                    error => error.into(),
                };
                Err(OperationError::TaggingUnknown { names: names.join(", "), source })
            }
        },
        Err(error) => Err(error.into()),
    }
}

/// Returns whether the registry shows the change of each pair.
fn is_made(change: &TagChange, ids: &[KeyPairId], pairs: &[KeyPair]) -> bool {
    let is_shown =
        |id: &KeyPairId| pairs.iter().any(|pair| pair.id == *id && change.is_made_in(&pair.tags));
    ids.iter().all(is_shown)
}

fn ids(
    references: &[Reference],
    registry: &mut dyn Registry,
) -> Result<Vec<KeyPairId>, OperationError> {
    let mut pairs = Vec::new();
    if references.iter().any(|one| matches!(one, Reference::Name(_))) {
        pairs = registry.describe(&Selection::of(references))?;
    }
    let mut ids = Vec::new();
    for reference in references {
        match reference {
            Reference::Id(id) => ids.push(id.clone()),
            Reference::Name(name) => {
                // Several regions may have one.
                let named = pairs.iter().filter(|pair| pair.name == *name);
                let before = ids.len();
                ids.extend(named.map(|pair| pair.id.clone()));
                if ids.len() == before {
                    return Err(RegistryError::NamesNotFound { names: vec![name.clone()] }.into());
                }
            }
        }
    }
    Ok(ids)
}

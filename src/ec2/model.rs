//! Converts between the SDK's structures and those of this crate.

use aws_sdk_ec2::types;

use super::response;
use crate::key::KeyType;
use crate::registry::{
    CreateTime, Filter, KeyName, KeyPair, KeyPairId, PublicLine, RegistryError, Selection, Tag,
    Tags,
};

/// Converts a pair from DescribeKeyPairs. Omits missing members.
pub(super) fn key_pair(found: &types::KeyPairInfo) -> KeyPair {
    let created = found.create_time().and_then(|time| time.to_millis().ok());
    KeyPair {
        id: KeyPairId::new(found.key_pair_id().unwrap_or_default()),
        name: KeyName::registered(found.key_name().unwrap_or_default()),
        key_type: found.key_type().and_then(key_type),
        fingerprint: found.key_fingerprint().unwrap_or_default().to_owned(),
        public_key: found.public_key().map(PublicLine::new),
        created: created.map(CreateTime::from_milliseconds),
        tags: tags(found.tags()),
        location: None,
    }
}

/// Converts the pairs of DescribeKeyPairs. Each must have a name and an ID.
pub(super) fn key_pairs(found: &[types::KeyPairInfo]) -> Result<Vec<KeyPair>, RegistryError> {
    let whole = |pair: &types::KeyPairInfo| {
        response::is_complete(pair.key_name(), pair.key_pair_id()).then(|| key_pair(pair))
    };
    let pairs: Option<_> = found.iter().map(whole).collect();
    pairs.ok_or_else(|| RegistryError::Unreadable("a key pair has no valid name or ID".into()))
}

/// Returns the selected pairs. Some servers return other pairs too, or fewer.
pub(super) fn only_selected(
    pairs: Vec<KeyPair>,
    selection: &Selection,
) -> Result<Vec<KeyPair>, RegistryError> {
    let Selection { names, ids, filters, include_public_key: _ } = selection;
    // EC2 does not document whether names are case-sensitive.
    let is_named =
        |pair: &KeyPair, name: &KeyName| pair.name.as_str().eq_ignore_ascii_case(name.as_str());
    let is_asked_for = |pair: &KeyPair| {
        (names.is_empty() || names.iter().any(|name| is_named(pair, name)))
            && (ids.is_empty() || ids.contains(&pair.id))
            && filters.iter().all(|filter| filter.holds(pair))
    };
    let pairs: Vec<_> = pairs.into_iter().filter(is_asked_for).collect();
    if !filters.is_empty() {
        return Ok(pairs);
    }
    let is_missing = |id: &&KeyPairId| !pairs.iter().any(|pair| pair.id == **id);
    let ids: Vec<_> = ids.iter().filter(is_missing).cloned().collect();
    if !ids.is_empty() {
        return Err(RegistryError::IdsNotFound { ids });
    }
    let is_missing = |name: &&KeyName| !pairs.iter().any(|pair| is_named(pair, name));
    let names: Vec<_> = names.iter().filter(is_missing).cloned().collect();
    if !names.is_empty() {
        return Err(RegistryError::NamesNotFound { names });
    }
    Ok(pairs)
}

pub(super) fn tags(found: &[types::Tag]) -> Tags {
    let tag = |tag: &types::Tag| {
        Tag::registered(tag.key().unwrap_or_default(), tag.value().unwrap_or_default())
    };
    Tags::registered(found.iter().map(tag).collect())
}

pub(super) fn type_of(key_type: KeyType) -> types::KeyType {
    match key_type {
        KeyType::Ed25519 => types::KeyType::Ed25519,
        KeyType::Rsa => types::KeyType::Rsa,
    }
}

fn key_type(found: &types::KeyType) -> Option<KeyType> {
    match found {
        types::KeyType::Ed25519 => Some(KeyType::Ed25519),
        types::KeyType::Rsa => Some(KeyType::Rsa),
        _ => None,
    }
}

/// Returns the tags for a request, or `None` without tags.
pub(super) fn tag_specifications(tags: &Tags) -> Option<Vec<types::TagSpecification>> {
    let tag = |tag: &Tag| types::Tag::builder().key(tag.key()).value(tag.value()).build();
    let tags: Vec<_> = tags.as_slice().iter().map(tag).collect();
    (!tags.is_empty()).then(|| {
        let specification = types::TagSpecification::builder()
            .resource_type(types::ResourceType::KeyPair)
            .set_tags(Some(tags));
        vec![specification.build()]
    })
}

/// Returns the filters for a request, or `None` without filters.
pub(super) fn filters(filters: &[Filter]) -> Option<Vec<types::Filter>> {
    let filter = |Filter { field, patterns }: &Filter| {
        let values = patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect();
        types::Filter::builder().name(field.name()).set_values(Some(values)).build()
    };
    (!filters.is_empty()).then(|| filters.iter().map(filter).collect())
}

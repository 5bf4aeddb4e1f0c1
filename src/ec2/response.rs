//! Compares responses with their requests.

use aws_sdk_ec2::operation::delete_key_pair::DeleteKeyPairOutput;

use super::{Ec2Registry, server_text};
use crate::registry::{
    Expiry, KeyName, KeyPair, KeyPairId, Mismatch, Parameter, Reference, Registry, RegistryError,
    Selection, Tags,
};

impl Ec2Registry {
    /// Reads the tags of a new pair again if the response lacks some: a server may store tags
    /// without returning them.
    pub(super) fn reread_tags(&mut self, pair: &mut KeyPair, wanted: &Tags) {
        if wanted.missing_from(&pair.tags).is_empty() {
            return;
        }
        let selection = Selection { names: vec![pair.name.clone()], ..Selection::default() };
        let found = self.describe(&selection).unwrap_or_default();
        let is_it = |found: &KeyPair| found.name == pair.name && found.id == pair.id;
        if let Some(found) = found.into_iter().find(is_it) {
            pair.tags = found.tags;
        }
    }

    /// Deletes a new pair without its expiry tag: `prune` would never find it.
    pub(super) fn check_expiry(
        &mut self,
        pair: &KeyPair,
        wanted: &Tags,
    ) -> Result<(), RegistryError> {
        if !wanted.missing_from(&pair.tags).iter().any(|tag| tag.key() == Expiry::TAG) {
            return Ok(());
        }
        Err(match self.rollback(pair) {
            Ok(()) => RegistryError::ExpiryNotKept,
            Err(source) => RegistryError::Mismatched {
                mismatch: Mismatch::Expiry { source: Box::new(source) },
                id: Some(pair.id.clone()),
            },
        })
    }
}

/// Returns the ID of a new pair.
///
/// A response with another name says nothing about the new pair, so its ID must not be used for a
/// deletion.
pub(super) fn id_of_new(
    wanted: &KeyName,
    name: Option<&str>,
    id: Option<&str>,
) -> Result<KeyPairId, RegistryError> {
    let mismatch = match (name, id.filter(|id| is_id(id))) {
        (Some(name), Some(id)) if name == wanted.as_str() => return Ok(KeyPairId::new(id)),
        (Some(name), None) if name == wanted.as_str() => Mismatch::NoId,
        (Some(name), _) => Mismatch::Name { found: KeyName::registered(server_text::cut(name)) },
        (None, _) => Mismatch::NoName,
    };
    Err(RegistryError::Mismatched { mismatch, id: None })
}

/// Returns the ID of a deleted pair, if the response contains it.
pub(super) fn id_of_deleted(
    reference: &Reference,
    response: &DeleteKeyPairOutput,
) -> Result<Option<KeyPairId>, RegistryError> {
    let unclear = |text: String| Err(RegistryError::OutcomeUnknown(text.into()));
    if response.r#return() != Some(true) {
        return unclear("the response does not confirm the deletion".to_owned());
    }
    match (reference, response.key_pair_id()) {
        (Reference::Id(wanted), Some(found)) if wanted.as_str() != found => {
            unclear(format!("the response is about the key pair {}", server_text::cut(found)))
        }
        (Reference::Name(_), Some(found)) if !found.is_empty() && !is_id(found) => {
            unclear("the response has no valid key pair ID".to_owned())
        }
        (_, found) => Ok(found.map(KeyPairId::new)),
    }
}

/// Returns whether a listed pair has a valid name and ID.
pub(super) fn is_complete(name: Option<&str>, id: Option<&str>) -> bool {
    name.is_some_and(is_name) && id.is_some_and(is_id)
}

/// Names have at most 255 bytes. A longer one is never shown or sent.
fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len())
}

const MAX_NAME_BYTES: usize = 1 << 10;

/// EC2's IDs are `key-` and 17 hexadecimal digits. Other servers may use similar ones.
pub(super) fn is_id(text: &str) -> bool {
    let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let digits = text.strip_prefix("key-").unwrap_or_default();
    !digits.is_empty() && text.len() <= MAX_ID_BYTES && digits.bytes().all(is_id_byte)
}

const MAX_ID_BYTES: usize = 64;

/// Checks that a parameter is the requested one: by its name or Amazon Resource Name, without a
/// version or label after `:`.
pub(super) fn check_parameter(wanted: &str, found: &Parameter) -> Result<(), RegistryError> {
    let (wanted, selector) = split_selector(wanted);
    let name = found.name.as_deref().unwrap_or_default();
    let is_wanted = match wanted.split_once(":parameter/") {
        Some((_, path)) if wanted.starts_with("arn:") => {
            found.arn.as_deref() == Some(wanted)
                || name == wanted
                || name.trim_start_matches('/') == path
        }
        _ => name == wanted,
    };
    if !is_wanted {
        let text = match server_text::cut(name) {
            name if name.is_empty() => "the response does not name the parameter".to_owned(),
            name => format!("the response is about the parameter {name}"),
        };
        return Err(RegistryError::Unreadable(text.into()));
    }
    match (selector.and_then(|selector| selector.parse::<i64>().ok()), found.version) {
        (Some(wanted), Some(found)) if wanted != found => Err(RegistryError::Unreadable(
            format!("the response is about version {found} of the parameter").into(),
        )),
        _ => Ok(()),
    }
}

/// Splits a name or an Amazon Resource Name, which contains five colons, from the selector.
fn split_selector(wanted: &str) -> (&str, Option<&str>) {
    let own = if wanted.starts_with("arn:") { 5 } else { 0 };
    match wanted.match_indices(':').nth(own) {
        Some((place, _)) => {
            (wanted.get(..place).unwrap_or_default(), wanted.get(place.saturating_add(1)..))
        }
        None => (wanted, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(name: Option<&str>, id: Option<&str>) -> String {
        match id_of_new(&KeyName::registered("web"), name, id) {
            Ok(id) => id.to_string(),
            Err(RegistryError::Mismatched { mismatch, id: None }) => mismatch.to_string(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn new_pair_without_name_or_id_is_mismatch() {
        assert_eq!(difference(Some("web"), Some("key-1")), "key-1");
        for (name, id, message) in [
            (Some("Web"), Some("key-1"), "it names the key pair `Web`"),
            (Some(""), Some("key-1"), "it names the key pair ``"),
            (Some("other"), None, "it names the key pair `other`"),
            (None, Some("key-1"), "it does not name the key pair"),
            (Some("web"), None, "it has no valid key pair ID"),
            (Some("web"), Some(""), "it has no valid key pair ID"),
            (Some("web"), Some(&format!("key-{}", "a".repeat(61))), "it has no valid key pair ID"),
            (Some("web"), Some("key-"), "it has no valid key pair ID"),
            (Some("web"), Some("prod"), "it has no valid key pair ID"),
            (Some("web"), Some("key-1;touch pwned"), "it has no valid key pair ID"),
        ] {
            assert_eq!(difference(name, id), message);
        }
        let long = difference(Some(&"x".repeat(1 << 20)), Some("key-1"));
        assert!(long.len() < 1100, "{}", long.len());
    }

    #[test]
    fn deletion_without_confirmation_is_unknown() {
        let response = |returned: Option<bool>, id: Option<&str>| {
            let response = DeleteKeyPairOutput::builder().set_return(returned);
            response.set_key_pair_id(id.map(str::to_owned)).build()
        };
        let id = Reference::Id(KeyPairId::new("key-1"));
        let name = Reference::Name(KeyName::registered("web"));
        for reference in [&id, &name] {
            for returned in [None, Some(false)] {
                let found = id_of_deleted(reference, &response(returned, Some("key-1")));
                assert!(matches!(found, Err(RegistryError::OutcomeUnknown(_))), "{found:?}");
            }
            assert!(id_of_deleted(reference, &response(Some(true), None)).unwrap().is_none());
            let found = id_of_deleted(reference, &response(Some(true), Some("key-1"))).unwrap();
            assert_eq!(found, Some(KeyPairId::new("key-1")));
        }
        assert!(id_of_deleted(&id, &response(Some(true), Some("key-2"))).is_err());
        assert!(id_of_deleted(&name, &response(Some(true), Some("key-2"))).is_ok());
        assert!(id_of_deleted(&name, &response(Some(true), Some("prod"))).is_err());
    }

    #[test]
    fn other_parameter_is_rejected() {
        const ARN: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b";
        let parameter = |name: Option<&str>, version| Parameter {
            name: name.map(str::to_owned),
            arn: Some(ARN.to_owned()),
            version,
            ..Parameter::default()
        };
        let check = |wanted: &str, name| check_parameter(wanted, &parameter(name, Some(3)));
        for wanted in ["/a/b", "/a/b:3", "/a/b:label", ARN, &format!("{ARN}:3")] {
            assert!(check(wanted, Some("/a/b")).is_ok(), "{wanted}");
            assert!(check_parameter(wanted, &parameter(Some("/a/b"), None)).is_ok(), "{wanted}");
        }
        assert!(check(ARN, Some(ARN)).is_ok());
        for (wanted, name) in [
            ("/a/b", None),
            ("/a/b", Some("/a/c")),
            ("a/b", Some("/a/b")),
            ("/a/b:2", Some("/a/b")),
            (&format!("{ARN}c"), Some("/a/b")),
            (&format!("{ARN}:2"), Some("/a/b")),
        ] {
            assert!(check(wanted, name).is_err(), "{wanted} {name:?}");
        }
    }
}

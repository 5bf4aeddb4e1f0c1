//! Members that several responses share.

use std::path::Path;

use super::output::Value;
use crate::format::Comment;
use crate::key::PublicKey;
use crate::registry::{KeyPair, Tag, Tags};

/// The dialect of a command and of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The dialect of `aws ec2`: only EC2's members.
    Aws,
    /// EC2's members and other useful ones.
    Native,
}

/// Adds `Changed`: true if a new pair was registered.
pub fn with_changed(response: Value, is_new: bool) -> Value {
    response.with("Changed", is_new)
}

pub fn key_members(key: &PublicKey, comment: Option<&Comment>) -> Vec<(&'static str, Value)> {
    let mut members =
        vec![("KeyType", key.key_type().name().into()), ("Bits", i64::from(key.bits()).into())];
    members.extend(comment.map(|comment| {
        let text = String::from_utf8_lossy(comment.as_bytes());
        ("Comment", text.as_ref().into())
    }));
    members
}

pub fn key_type(pair: &KeyPair) -> Option<(&'static str, Value)> {
    pair.key_type.map(|key_type| ("KeyType", key_type.name().into()))
}

pub fn tag_list(tags: &Tags) -> Value {
    let tag =
        |tag: &Tag| Value::object(vec![("Key", tag.key().into()), ("Value", tag.value().into())]);
    tags.as_slice().iter().map(tag).collect::<Vec<_>>().into()
}

pub fn path(path: &Path) -> Value {
    path.to_string_lossy().as_ref().into()
}

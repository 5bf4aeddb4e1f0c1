//! Tags, from either of their options.

use serde_json::Value;

use super::{RequestError, input};
use crate::cli::args::TagArguments;
use crate::cli::resolve::Environment;
use crate::registry::{Tag, TagError, Tags};

pub(super) fn tags(
    arguments: &TagArguments,
    environment: &Environment,
) -> Result<Tags, RequestError> {
    let TagArguments { tags: short, tag_specifications } = arguments;
    let mut tags = Vec::new();
    for tag in short {
        let (key, value) =
            tag.split_once('=').ok_or_else(|| RequestError::TagForm { tag: tag.clone() })?;
        tags.push(Tag::new(key, value)?);
    }
    let malformed = || RequestError::TagSpecificationForm;
    for structure in input::structures("--tag-specifications", tag_specifications, environment)? {
        let members = structure.as_object().ok_or_else(malformed)?;
        for (key, value) in members {
            match (key.as_str(), value) {
                ("ResourceType", Value::String(resource)) if resource == "key-pair" => {}
                ("ResourceType", Value::String(resource)) => {
                    return Err(RequestError::TagResource { resource: resource.clone() });
                }
                ("Tags", Value::Array(list)) => {
                    for tag in list {
                        tags.push(tag_of(tag).ok_or_else(malformed)??);
                    }
                }
                // `Tags={Key=…,Value=…}`, of which the AWS CLI makes a list of one.
                ("Tags", tag) => tags.push(tag_of(tag).ok_or_else(malformed)??),
                _ => return Err(malformed()),
            }
        }
    }
    Ok(Tags::new(tags)?)
}

fn tag_of(structure: &Value) -> Option<Result<Tag, TagError>> {
    let members = structure.as_object()?;
    let text = |name: &str| members.get(name).map_or(Some(""), Value::as_str);
    if members.keys().any(|key| !matches!(key.as_str(), "Key" | "Value")) {
        return None;
    }
    Some(Tag::new(text("Key")?, text("Value")?))
}

//! Tags from `--tag` and `--tag-specifications`, and the expiry tag.

use std::time::SystemTime;

use serde_json::Value;

use super::{RequestError, shape};
use crate::cli::options::{LifetimeArgs, TagArgs};
use crate::cli::settings::Environment;
use crate::registry::{
    CreateTime, Expiry, ExpiryError, Lifetime, Tag, TagError, TagSelector, Tags,
};

/// Returns the tags of a new pair, including its expiry.
pub fn until(
    arguments: &TagArgs,
    lifetime: &LifetimeArgs,
    environment: &Environment,
) -> Result<Tags, RequestError> {
    let mut tags = list(arguments, environment)?;
    tags.extend(expiry(lifetime)?.map(Expiry::tag));
    check_expiry(&tags, "--tag")?;
    Ok(Tags::new(tags)?)
}

fn expiry(arguments: &LifetimeArgs) -> Result<Option<Expiry>, RequestError> {
    let LifetimeArgs { ttl, expires_at } = arguments;
    let now = CreateTime::from(SystemTime::now());
    match (ttl, expires_at) {
        (Some(span), _) => Ok(Some(Expiry::after(now, span_of("--ttl", span)?))),
        (None, Some(text)) => match Expiry::at(text, now) {
            Ok(expiry) => Ok(Some(expiry)),
            Err(source) => Err(RequestError::Expiry { option: "--expires-at", source }),
        },
        (None, None) => Ok(None),
    }
}

/// Returns the requested lifetime of a pair.
pub fn lifetime(arguments: &LifetimeArgs) -> Result<Option<Lifetime>, RequestError> {
    if let Some(span) = &arguments.ttl {
        return Ok(Some(span_of("--ttl", span)?));
    }
    let now = CreateTime::from(SystemTime::now());
    Ok(expiry(arguments)?.map(|expiry| expiry.remaining(now)))
}

/// Parses the duration in an option's value.
pub fn span_of(option: &'static str, text: &str) -> Result<Lifetime, RequestError> {
    Lifetime::parse(text).map_err(|source| RequestError::Expiry { option, source })
}

pub fn tags(arguments: &TagArgs, environment: &Environment) -> Result<Tags, RequestError> {
    Ok(Tags::new(list(arguments, environment)?)?)
}

/// Returns the tags in words of the form KEY=VALUE.
pub fn of_words(words: &[String]) -> Result<Tags, RequestError> {
    let tags = words.iter().map(|word| of_word(word)).collect::<Result<Vec<_>, _>>()?;
    check_expiry(&tags, "KEY=VALUE")?;
    Ok(Tags::new(tags)?)
}

/// Returns the tags in the values of `--tags`.
pub fn of_structures(values: &[String], environment: &Environment) -> Result<Tags, RequestError> {
    let tags = super::structures("--tags", shape::TAGS, values, environment)?;
    Ok(Tags::new(tags.iter().map(tag_of).collect::<Result<_, _>>()?)?)
}

/// Returns the tags to delete in the values of `--tags`.
pub fn selectors(
    values: &[String],
    environment: &Environment,
) -> Result<Vec<TagSelector>, RequestError> {
    let tags = super::structures("--tags", shape::TAGS, values, environment)?;
    let selector = |tag: &Value| {
        let whole = tag_of(tag)?;
        let value = tag.get("Value").map(|_| whole.value().to_owned());
        Ok(TagSelector::new(whole.key(), value)?)
    };
    tags.iter().map(selector).collect()
}

fn of_word(word: &str) -> Result<Tag, RequestError> {
    let form = || RequestError::TagForm { tag: word.to_owned() };
    let (key, value) = word.split_once('=').ok_or_else(form)?;
    Ok(Tag::new(key, value)?)
}

/// A user can set the expiry tag; `prune` must be able to read it.
fn check_expiry(tags: &[Tag], option: &'static str) -> Result<(), RequestError> {
    let wrong = tags.iter().find(|tag| tag.key() == Expiry::TAG && Expiry::of_tag(tag).is_none());
    match wrong {
        Some(_) => Err(RequestError::Expiry { option, source: ExpiryError::NotATime }),
        None => Ok(()),
    }
}

fn list(arguments: &TagArgs, environment: &Environment) -> Result<Vec<Tag>, RequestError> {
    let TagArgs { tags: short, tag_specifications } = arguments;
    let mut tags = Vec::new();
    for tag in short {
        tags.push(of_word(tag)?);
    }
    let option = "--tag-specifications";
    for structure in
        super::structures(option, shape::TAG_SPECIFICATIONS, tag_specifications, environment)?
    {
        match structure.get("ResourceType").and_then(Value::as_str) {
            None => return Err(RequestError::TagResourceMissing),
            Some("key-pair") => {}
            Some(resource) => {
                return Err(RequestError::TagResource { resource: resource.to_owned() });
            }
        }
        for tag in structure.get("Tags").and_then(Value::as_array).into_iter().flatten() {
            tags.push(tag_of(tag)?);
        }
    }
    Ok(tags)
}

fn tag_of(structure: &Value) -> Result<Tag, TagError> {
    let text = |name| structure.get(name).and_then(Value::as_str).unwrap_or_default();
    Tag::new(text("Key"), text("Value"))
}

//! What `describe` and `describe-key-pairs` ask for.

use serde_json::Value;

use crate::cli::commands::{DescribeArgs, DescribeKeyPairsArgs, SelectionArgs};
use crate::cli::input::{self, RequestError};
use crate::cli::settings::Environment;
use crate::operations::describe::DescribeRequest;
use crate::registry::{Filter, KeyName, KeyPairId, Selection};

/// Returns what `describe` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn describe(
    arguments: DescribeArgs,
    environment: &Environment,
) -> Result<DescribeRequest, RequestError> {
    let DescribeArgs { names, selection } = arguments;
    request(names, selection, environment)
}

/// Returns what `describe-key-pairs` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn describe_key_pairs(
    arguments: DescribeKeyPairsArgs,
    environment: &Environment,
) -> Result<DescribeRequest, RequestError> {
    let DescribeKeyPairsArgs { selection } = arguments;
    request(Vec::new(), selection, environment)
}

fn request(
    names: Vec<String>,
    arguments: SelectionArgs,
    environment: &Environment,
) -> Result<DescribeRequest, RequestError> {
    let SelectionArgs {
        key_names,
        key_pair_ids,
        filters,
        include_public_key,
        no_include_public_key,
        dry_run,
    } = arguments;
    let names = names.into_iter().chain(list(key_names)).map(KeyName::new);
    Ok(DescribeRequest {
        selection: Selection {
            names: names.collect::<Result<_, _>>()?,
            ids: list(key_pair_ids).into_iter().map(KeyPairId::new).collect(),
            filters: parse_filters(&filters, environment)?,
            include_public_key: include_public_key && !no_include_public_key,
        },
        dry_run: dry_run.is_on(),
    })
}

fn parse_filters(
    values: &[String],
    environment: &Environment,
) -> Result<Vec<Filter>, RequestError> {
    let mut filters = Vec::new();
    for structure in input::structures("--filters", values, environment)? {
        let members = structure.as_object().ok_or(RequestError::FilterForm)?;
        let unknown = members.keys().any(|key| !matches!(key.as_str(), "Name" | "Values"));
        let name = members.get("Name").and_then(Value::as_str);
        let (false, Some(name)) = (unknown, name) else { return Err(RequestError::FilterForm) };
        let values = match members.get("Values") {
            None => Vec::new(),
            Some(Value::Array(values)) => values.iter().map(Value::as_str).collect(),
            Some(value) => vec![value.as_str()],
        };
        let values: Option<Vec<&str>> = values.into_iter().collect();
        filters.push(Filter::new(name, values.ok_or(RequestError::FilterForm)?)?);
    }
    Ok(filters)
}

/// Takes a JSON list in the place of several values, as the AWS CLI does.
fn list(values: Vec<String>) -> Vec<String> {
    let json = match &values[..] {
        [value] if value.trim_start().starts_with('[') => serde_json::from_str(value).ok(),
        _ => None,
    };
    json.unwrap_or(values)
}

//! Typed responses as values to print, with EC2's members in EC2's order.

use super::render::Value;
pub use super::response::{Dialect as Spelling, with_changed as ensured};
use super::response::{key_type, path as shown, tag_list};
use crate::operations::create::Created;
use crate::operations::fetch::Fetched;
use crate::registry::Parameter;

/// Returns the answer to a creation, which in the AWS spelling is CreateKeyPair's.
pub fn created(created: &Created, spelling: Spelling) -> Value {
    let Created { pair, is_confirmed: _, in_agent, private_key_file, public_key_file, private_key } =
        created;
    let mut members = vec![("KeyPairId", pair.id.as_str().into())];
    if spelling == Spelling::Native {
        members.extend(key_type(pair));
    }
    // CreateKeyPair leaves the member out when there are no tags; the other operations do not.
    if !pair.tags.as_slice().is_empty() {
        members.push(("Tags", tag_list(&pair.tags)));
    }
    members.push(("KeyName", pair.name.as_str().into()));
    members.push(("KeyFingerprint", pair.fingerprint.as_str().into()));
    // Every format is ASCII but for a comment, which came as text.
    let text = private_key.as_ref().and_then(|key| std::str::from_utf8(key.expose()).ok());
    members.extend(text.map(|text| ("KeyMaterial", text.into())));
    members.extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", shown(path))));
    members.extend(public_key_file.as_deref().map(|path| ("PublicKeyFile", shown(path))));
    members.extend(in_agent.then(|| ("Agent", true.into())));
    Value::object(members)
}

/// Returns the answer to the creation of several pairs.
pub fn created_series(pairs: Vec<Value>) -> Value {
    Value::object(vec![("KeyPairs", pairs.into())])
}

/// Returns the answer to `fetch`.
pub fn fetched(fetched: &Fetched) -> Value {
    let Fetched { pair, private_key_file, private_key: _ } = fetched;
    let mut members = vec![("KeyPairId", pair.id.as_str().into())];
    members.extend(key_type(pair));
    members.extend([
        ("KeyName", pair.name.as_str().into()),
        ("KeyFingerprint", pair.fingerprint.as_str().into()),
    ]);
    members.extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", shown(path))));
    Value::object(members)
}

/// Returns the answer to `get-parameter`, which is GetParameter's.
pub fn parameter(parameter: &Parameter) -> Value {
    let Parameter {
        name,
        kind,
        value,
        version,
        selector,
        source_result,
        last_modified,
        arn,
        data_type,
    } = parameter;
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let value = value.as_ref().and_then(|value| std::str::from_utf8(value.expose()).ok());
    let members = [
        ("Name", text(name)),
        ("Type", text(kind)),
        ("Value", value.map(Value::from)),
        ("Version", version.map(Value::from)),
        ("Selector", text(selector)),
        ("SourceResult", text(source_result)),
        ("LastModifiedDate", last_modified.map(Value::from)),
        ("ARN", text(arn)),
        ("DataType", text(data_type)),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Value::object([("Parameter", Value::object(members))])
}

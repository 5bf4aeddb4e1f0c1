//! Typed responses as values to print, with EC2's members in EC2's order.

use super::render::Value;
pub use super::response::{Dialect as Spelling, with_changed as ensured};
use super::response::{key_type, path as shown, tag_list};
use crate::operations::create::Created;

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

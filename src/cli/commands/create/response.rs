//! The response of `create` and `create-key-pair`.

use std::iter;

use crate::cli::key_material;
use crate::cli::output::Value;
use crate::cli::regions::location_members;
use crate::cli::response::{self, Dialect};
use crate::key::{KeySpecification, KeyType};
use crate::operations::create::{CreateRequest, Created};
use crate::registry::{KeyName, KeyPair, KeyPairId};
use crate::secret::Secret;

/// The title of the response in a table.
pub const TITLE: &str = "CreateKeyPair";

pub fn response(created: &Created, dialect: Dialect) -> Value {
    response_for(&created.pair, created, dialect)
}

/// Returns the response for one of the pairs of a key.
fn response_for(pair: &KeyPair, created: &Created, dialect: Dialect) -> Value {
    let Created {
        pair: _,
        is_confirmed: _,
        in_agent,
        private_key_file,
        public_key_file,
        parameter,
        private_key,
        recovered: _,
        elsewhere: _,
    } = created;
    let mut members: Vec<_> = pair.location.iter().flat_map(location_members).collect();
    members.push(("KeyPairId", pair.id.as_str().into()));
    if dialect == Dialect::Native {
        members.extend(response::key_type(pair));
    }
    // Without tags, CreateKeyPair omits the member; the other operations do not.
    if !pair.tags.as_slice().is_empty() {
        members.push(("Tags", response::tag_list(&pair.tags)));
    }
    members.push(("KeyName", pair.name.as_str().into()));
    members.push(("KeyFingerprint", pair.fingerprint.as_str().into()));
    // All formats are ASCII except for the comment, which is valid UTF-8.
    let text = private_key.as_ref().and_then(|key| std::str::from_utf8(key.expose()).ok());
    members.extend(text.map(|text| ("KeyMaterial", text.into())));
    members
        .extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", response::path(path))));
    members.extend(public_key_file.as_deref().map(|path| ("PublicKeyFile", response::path(path))));
    members.extend(parameter.as_ref().map(|name| ("Parameter", name.as_str().into())));
    members.extend(in_agent.then(|| ("Agent", true.into())));
    Value::object(members)
}

/// Returns the responses for all regions.
pub fn responses(created: &Created) -> Vec<Value> {
    let others = created.elsewhere.iter().map(|registered| &registered.pair);
    let pairs = iter::once(&created.pair).chain(others);
    pairs.map(|pair| response_for(pair, created, Dialect::Native)).collect()
}

pub fn list(pairs: Vec<Value>) -> Value {
    Value::object(vec![("KeyPairs", pairs.into())])
}

/// Returns a response of `create-key-pair` to try a query on, and the private key in it.
pub fn sample(request: &CreateRequest) -> (Value, Secret) {
    let (key_type, fingerprint) = match request.specification {
        KeySpecification::Ed25519 => (KeyType::Ed25519, ED25519_FINGERPRINT),
        KeySpecification::Rsa(_) => (KeyType::Rsa, RSA_FINGERPRINT),
    };
    let name = request.name.clone().unwrap_or_else(|| KeyName::registered("name"));
    let created = Created {
        pair: KeyPair {
            id: KeyPairId::new("key-0123456789abcdef0"),
            name,
            key_type: Some(key_type),
            fingerprint: fingerprint.to_owned(),
            public_key: None,
            created: None,
            tags: request.tags.clone(),
            location: None,
        },
        is_confirmed: true,
        in_agent: false,
        private_key_file: None,
        public_key_file: None,
        parameter: None,
        private_key: Some(key_material::sample(request.format, key_type)),
        recovered: Vec::new(),
        elsewhere: Vec::new(),
    };
    (response(&created, Dialect::Aws), key_material::sample(request.format, key_type))
}

const RSA_FINGERPRINT: &str = "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67";
const ED25519_FINGERPRINT: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq=";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::key_material::check;
    use crate::cli::output::query::Query;
    use crate::file::Existing;
    use crate::format::{CostOptions, PpkVersion, PrivateFormat};
    use crate::key::PrimeSearch;
    use crate::key::RsaBits;
    use crate::operations::Destination;
    use crate::operations::create::Generator;
    use crate::registry::{Tag, Tags};

    const FORMATS: [PrivateFormat; 4] = [
        PrivateFormat::Pem,
        PrivateFormat::Openssh,
        PrivateFormat::Pkcs8,
        PrivateFormat::Ppk(PpkVersion::V3),
    ];

    fn request(format: PrivateFormat, specification: KeySpecification) -> CreateRequest {
        CreateRequest {
            name: Some(KeyName::registered("web")),
            specification,
            search: PrimeSearch::default(),
            generator: Generator::Here,
            format,
            passphrase: None,
            cost: CostOptions::default(),
            comment: None,
            destination: Destination::Response,
            agent: None,
            public_out: None,
            existing: Existing::Keep,
            store: None,
            tags: Tags::registered(vec![Tag::registered("team", "ops")]),
            dry_run: false,
        }
    }

    #[track_caller]
    fn assert_verdict(expression: &str, returns_key: bool) {
        let query = Query::parse(expression).unwrap();
        for format in FORMATS {
            for key in [KeySpecification::Ed25519, KeySpecification::Rsa(RsaBits::Bits2048)] {
                let (answer, key) = sample(&request(format, key));
                let checked = check(&query, &answer, &key);
                assert_eq!(checked.is_ok(), returns_key, "{expression} {format:?}");
            }
        }
    }

    #[test]
    fn queries_that_return_the_key_pass() {
        for expression in [
            "KeyMaterial",
            "@",
            "*",
            "[KeyName, KeyMaterial]",
            "{name: KeyName, key: KeyMaterial}",
            "[@][?KeyName=='web'].KeyMaterial | [0]",
            "Tags[?Value=='ops'] && KeyMaterial",
            "join(': ', [KeyName, KeyMaterial])",
            "to_string(@)",
            "reverse(reverse(KeyMaterial))",
            "Typo || KeyMaterial",
        ] {
            assert_verdict(expression, true);
        }
    }

    #[test]
    fn queries_that_lose_the_key_are_refused() {
        for expression in [
            "KeyMaterials",
            "keyMaterial",
            "KeyName",
            "{Id: KeyPairId, Name: KeyName}",
            "length(KeyMaterial)",
            "contains(KeyMaterial, 'KEY')",
            "starts_with(KeyMaterial, '-----BEGIN')",
            "reverse(KeyMaterial)",
            "KeyMaterial == 'x'",
            "KeyMaterial && 'made'",
            "KeyMaterial[0]",
            "KeyMaterial.x",
            "[@][?KeyName=='other'].KeyMaterial",
            "'KeyMaterial'",
            "keys(@)",
            "type(KeyMaterial)",
            "abs(KeyMaterial)",
            "`null`",
        ] {
            assert_verdict(expression, false);
        }
    }
}

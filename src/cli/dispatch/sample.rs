//! Answers with a private key in them as they will be, to try a query on.

use crate::cli::render::Value;
use crate::cli::respond::{self, Spelling};
use crate::format::PrivateFormat;
use crate::key::{KeySpecification, KeyType};
use crate::operations::create::{CreateRequest, Created};
use crate::operations::fetch::ParameterRequest;
use crate::registry::{KeyName, KeyPair, KeyPairId, Parameter};
use crate::secret::Secret;

/// Returns an answer as `create-key-pair` gives it, and the private key in it.
pub fn of_creation(request: &CreateRequest) -> (Value, Secret) {
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
        },
        is_confirmed: true,
        in_agent: false,
        private_key_file: None,
        public_key_file: None,
        private_key: Some(key(request.format, key_type)),
    };
    (respond::created(&created, Spelling::Aws), key(request.format, key_type))
}

/// Returns an answer as `get-parameter` gives it and the private key in it, if a private key is asked
/// for by its name.
pub fn of_parameter(request: &ParameterRequest) -> Option<(Value, Secret)> {
    let ParameterRequest { name, decrypted } = request;
    if !decrypted || !name.contains(KEY_FOLDER) {
        return None;
    }
    let text = |text: &str| Some(text.to_owned());
    let path = name.split_once(":parameter").map_or(name.as_str(), |(_, path)| path);
    let parameter = Parameter {
        name: text(path),
        kind: text("SecureString"),
        value: Some(key(PrivateFormat::Pem, KeyType::Rsa)),
        version: Some(1),
        selector: None,
        source_result: None,
        last_modified: Some(1_700_000_000.0),
        arn: Some(format!("arn:aws:ssm:us-east-1:123456789012:parameter{path}")),
        data_type: text("text"),
    };
    Some((respond::parameter(&parameter), key(PrivateFormat::Pem, KeyType::Rsa)))
}

/// Returns a text that looks like a private key file, and is none.
fn key(format: PrivateFormat, key_type: KeyType) -> Secret {
    let label = match (format, key_type) {
        (PrivateFormat::Ppk(_), _) => "",
        (PrivateFormat::Pkcs8, _) => " ",
        (PrivateFormat::Pem, KeyType::Rsa) => " RSA ",
        (PrivateFormat::Pem | PrivateFormat::Openssh, _) => " OPENSSH ",
    };
    Secret::from(match label {
        "" => format!(
            "PuTTY-User-Key-File-3: ssh-{}\nEncryption: none\nComment: imported-openssh-key\n\
             Private-Lines: 1\n{SAMPLE}\nPrivate-MAC: {SAMPLE}\n",
            key_type.name()
        ),
        label => format!(
            "-----BEGIN{label}PRIVATE KEY-----\n{SAMPLE}\n{SAMPLE}\n-----END{label}PRIVATE KEY-----\n"
        ),
    })
}

/// Where CloudFormation leaves private keys.
const KEY_FOLDER: &str = "/ec2/keypair/";

/// The length of a line of PEM.
const SAMPLE: &str = "SAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsample0000";

const RSA_FINGERPRINT: &str = "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67";
const ED25519_FINGERPRINT: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq=";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::key_material::check;
    use crate::cli::render::query::Query;
    use crate::file::Existing;
    use crate::format::{CostOptions, PpkVersion};
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
            tags: Tags::registered(vec![Tag::registered("team", "ops")]),
            dry_run: false,
        }
    }

    #[track_caller]
    fn assert_verdict(expression: &str, returns_key: bool) {
        let query = Query::parse(expression).unwrap();
        for format in FORMATS {
            for key in [KeySpecification::Ed25519, KeySpecification::Rsa(RsaBits::Bits2048)] {
                let (answer, key) = of_creation(&request(format, key));
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

    #[test]
    fn parameters_with_keys_are_known_by_name() {
        let sample = |name: &str, decrypted| {
            of_parameter(&ParameterRequest { name: name.to_owned(), decrypted })
        };
        let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/ec2/keypair/key-1";
        for name in ["/ec2/keypair/key-1", "/ec2/keypair/key-1:2", arn] {
            let (answer, key) = sample(name, true).unwrap();
            let verdict = |query| check(&Query::parse(query).unwrap(), &answer, &key).is_ok();
            assert!(verdict("Parameter.Value") && verdict("Parameter.[Name, Value]"));
            assert!(!verdict("Parameter.Valu") && !verdict("Parameter.Version"));
            assert!(sample(name, false).is_none());
        }
        assert!(sample("/plain", true).is_none());
    }
}

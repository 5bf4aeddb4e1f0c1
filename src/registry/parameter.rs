//! The parameter store of a registry. CloudFormation and `create --store` keep private keys there.

use std::fmt;

use super::{KeyPair, Registry, RegistryError, Tag};
use crate::secret::Secret;

/// A registry with a parameter store: the only interface that gets private keys.
pub trait ParameterStore: Registry {
    /// Returns a parameter by name. The name may end in `:` and a version or a label.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Refused`] with the code `ParameterNotFound` if the parameter is missing.
    fn parameter(&mut self, name: &str, decrypted: bool) -> Result<Parameter, RegistryError>;

    /// Returns the parameters with these names, and the names without a parameter.
    fn parameters(
        &mut self,
        names: &[String],
        decrypted: bool,
    ) -> Result<(Vec<Parameter>, Vec<String>), RegistryError>;

    /// Creates an encrypted parameter. Never replaces one.
    ///
    /// # Errors
    ///
    /// After [`RegistryError::OutcomeUnknown`] the parameter may exist.
    fn put_parameter(&mut self, parameter: &NewParameter<'_>) -> Result<(), RegistryError>;

    /// Deletes a parameter with all its versions.
    ///
    /// # Errors
    ///
    /// After [`RegistryError::OutcomeUnknown`] the parameter may be deleted.
    fn delete_parameter(&mut self, name: &ParameterName) -> Result<(), RegistryError>;
}

/// A parameter to create. It has no `Debug`, because the value is a private key.
pub struct NewParameter<'a> {
    pub name: &'a ParameterName,
    pub value: ParameterValue<'a>,
    /// `None` uses the account's key for Parameter Store.
    pub key_id: Option<&'a KmsKeyId>,
}

/// The name of a parameter, in the syntax of new names and short enough for the value of a tag
/// (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterName(String);

impl ParameterName {
    /// The key of the tag that records the name of the parameter with the private key of a pair.
    pub const TAG: &'static str = "keypair:parameter";

    const MAX_LEVELS: usize = 15;

    pub fn new(name: impl Into<String>) -> Result<Self, ParameterNameError> {
        let name = name.into();
        let path = name.strip_prefix('/').unwrap_or(&name);
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
        let is_reserved = ["aws", "ssm"].iter().any(|word| {
            path.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        });
        if !name.bytes().all(is_legal) {
            Err(ParameterNameError::Character)
        } else if name.len() > Tag::MAX_VALUE_CHARACTERS {
            Err(ParameterNameError::TooLong { characters: name.len() })
        } else if path.split('/').any(str::is_empty) {
            Err(ParameterNameError::EmptyLevel)
        } else if path.contains('/') && path.len() == name.len() {
            Err(ParameterNameError::NoSlash)
        } else if path.split('/').count() > Self::MAX_LEVELS {
            Err(ParameterNameError::TooDeep { levels: path.split('/').count() })
        } else if is_reserved {
            Err(ParameterNameError::Reserved)
        } else {
            Ok(Self(name))
        }
    }

    /// Returns the name of the parameter with the private key of a pair: that in its tag, or else
    /// CloudFormation's
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html>).
    pub fn of_pair(pair: &KeyPair) -> Result<Self, ParameterNameError> {
        match pair.tags.as_slice().iter().find(|tag| tag.key() == Self::TAG) {
            Some(tag) => Self::new(tag.value()),
            None => Self::new(format!("/ec2/keypair/{}", pair.id)),
        }
    }

    pub fn tag(&self) -> Tag {
        Tag::registered(Self::TAG, self.0.as_str())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterNameError {
    #[error("expected letters, digits and the characters _ . - / only")]
    Character,
    #[error("{characters} characters; the maximum is {}", Tag::MAX_VALUE_CHARACTERS)]
    TooLong { characters: usize },
    #[error("a part of the name is empty")]
    EmptyLevel,
    #[error("a name with / must begin with /")]
    NoSlash,
    #[error("{levels} levels; the maximum is {}", ParameterName::MAX_LEVELS)]
    TooDeep { levels: usize },
    #[error("names that begin with aws or ssm are reserved")]
    Reserved,
}

/// The ID, alias or Amazon Resource Name of a key in KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl KmsKeyId {
    const MAX_CHARACTERS: usize = 256;

    /// Returns `None` if Parameter Store refuses the text for its length or characters.
    pub fn new(text: &str) -> Option<Self> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte);
        let is_id = (1..=Self::MAX_CHARACTERS).contains(&text.len()) && text.bytes().all(is_legal);
        is_id.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A private key that fits into a parameter.
#[derive(Clone, Copy)]
pub struct ParameterValue<'a>(&'a str);

impl<'a> ParameterValue<'a> {
    /// The maximum of the standard tier. Advanced parameters cost money.
    const MAX_BYTES: usize = 4096;

    pub fn new(value: &'a Secret) -> Result<Self, ValueFault> {
        let text = str::from_utf8(value.expose()).map_err(|_| ValueFault::NotText)?;
        if text.len() > Self::MAX_BYTES {
            Err(ValueFault::TooLarge { bytes: text.len() })
        } else if Self::has_braces(text.as_bytes()) {
            Err(ValueFault::Braces)
        } else {
            Ok(Self(text))
        }
    }

    /// Returns whether a value has braces that refer to another parameter.
    pub fn has_braces(value: &[u8]) -> bool {
        value.windows(2).any(|pair| pair == b"{{")
    }

    pub fn expose(self) -> &'a str {
        self.0
    }
}

/// The reason why a private key does not fit into a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    #[error("the file is not text")]
    NotText,
    #[error("it has {bytes} bytes, and a standard parameter at most {}", ParameterValue::MAX_BYTES)]
    TooLarge { bytes: usize },
    #[error("Parameter Store refuses the characters {{{{, and the comment contains them")]
    Braces,
}

/// A parameter as GetParameter returns it
/// (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Parameter.html>).
#[derive(Debug, Default)]
pub struct Parameter {
    pub name: Option<String>,
    /// `String`, `StringList` or `SecureString`.
    pub kind: Option<String>,
    /// May be a private key.
    pub value: Option<Secret>,
    pub version: Option<i64>,
    /// The version or label of the request.
    pub selector: Option<String>,
    /// The raw response of another service, if the parameter comes from there.
    pub source_result: Option<String>,
    /// In seconds since 1970.
    pub last_modified: Option<f64>,
    pub arn: Option<String>,
    /// For example `text`.
    pub data_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{KeyName, KeyPairId, Tags};

    #[test]
    fn parameter_name_obeys_parameter_store() {
        let levels = |count| "/a".repeat(count);
        for name in ["web", "/a", "/keys/web_1.pem-2", "a.b", &levels(15), &"x".repeat(256)] {
            assert_eq!(ParameterName::new(name).unwrap().as_str(), name);
        }
        let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/a";
        for (name, error) in [
            ("a b", ParameterNameError::Character),
            ("a:1", ParameterNameError::Character),
            (arn, ParameterNameError::Character),
            ("/é", ParameterNameError::Character),
            ("{{a}}", ParameterNameError::Character),
            ("", ParameterNameError::EmptyLevel),
            ("/", ParameterNameError::EmptyLevel),
            ("//a", ParameterNameError::EmptyLevel),
            ("/a//b", ParameterNameError::EmptyLevel),
            ("/a/", ParameterNameError::EmptyLevel),
            ("a/b", ParameterNameError::NoSlash),
            (&levels(16), ParameterNameError::TooDeep { levels: 16 }),
            (&"x".repeat(257), ParameterNameError::TooLong { characters: 257 }),
            ("aws-key", ParameterNameError::Reserved),
            ("/AWS/x", ParameterNameError::Reserved),
            ("SSM-key", ParameterNameError::Reserved),
        ] {
            assert_eq!(ParameterName::new(name), Err(error), "{name}");
        }
    }

    #[test]
    fn tag_names_the_parameter_of_a_pair() {
        let mut pair = KeyPair {
            id: KeyPairId::new("key-0a"),
            name: KeyName::registered("web"),
            key_type: None,
            fingerprint: String::new(),
            public_key: None,
            created: None,
            tags: Tags::default(),
            location: None,
        };
        let name = |pair: &KeyPair| ParameterName::of_pair(pair);
        assert_eq!(name(&pair).unwrap().as_str(), "/ec2/keypair/key-0a");
        pair.tags = Tags::registered(vec![ParameterName::new("/k").unwrap().tag()]);
        assert_eq!(name(&pair).unwrap().as_str(), "/k");
        pair.tags = Tags::registered(vec![Tag::registered(ParameterName::TAG, "x:1")]);
        assert_eq!(name(&pair), Err(ParameterNameError::Character));
    }

    #[test]
    fn value_fits_into_standard_parameter() {
        let check = |value: &[u8]| {
            ParameterValue::new(&Secret::copy_of(value)).map(|value| value.expose().len())
        };
        assert_eq!(check(&[b'x'; 4096]), Ok(4096));
        assert_eq!(check(&[b'x'; 4097]), Err(ValueFault::TooLarge { bytes: 4097 }));
        assert_eq!(check(b"a{b"), Ok(3));
        assert_eq!(check(b"a{{b"), Err(ValueFault::Braces));
        assert_eq!(check(b"\xff"), Err(ValueFault::NotText));
    }

    #[test]
    fn kms_key_id_has_legal_characters() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:alias/a_b-c";
        for text in ["alias/aws/ssm", "1234abcd-12ab-34cd-56ef-1234567890ab", arn] {
            assert_eq!(KmsKeyId::new(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "alias/é", &"x".repeat(257)] {
            assert_eq!(KmsKeyId::new(text), None);
        }
    }
}

//! A key pair that a registry is asked to make.

use super::{KeyName, KeyPair, Tags};
use crate::key::KeyType;
use crate::secret::Secret;

/// What a registry that makes keys has to know; the length of an RSA key is its own choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateRequest {
    /// The name, to be found free by the registry.
    pub name: KeyName,
    /// The type of the key.
    pub key_type: KeyType,
    /// How the private key is to be written.
    pub format: MaterialFormat,
    /// The tags.
    pub tags: Tags,
}

/// The formats in which EC2 gives out a private key
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialFormat {
    /// PEM.
    Pem,
    /// PuTTY's.
    Ppk,
}

/// A pair that a registry made.
#[derive(Debug)]
pub struct Generated {
    /// The pair.
    pub pair: KeyPair,
    /// The private key, as the registry wrote it.
    pub material: Secret,
}

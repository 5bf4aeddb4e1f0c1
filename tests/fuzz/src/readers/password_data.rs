//! The password data of an instance.
//!
//! An input is a choice and the data. The data is the text itself, or the block that the target
//! encrypts with a key, because random mutations never produce a valid padding.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keypair::format::{password_data, read_private};
use keypair::key::{PrivateKey, RsaPrivateKey};
use rsa::hazmat::rsa_encrypt;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PublicKey};

use super::invariants::in_time;

/// Reads the data of an input. Returns whether it has a password. Panics if the data is decoded or
/// decrypted wrongly.
pub fn read(input: &[u8]) -> bool {
    let Some((choice, data)) = input.split_first() else { return false };
    if choice & 1 == 0 {
        return is_decoded(&String::from_utf8_lossy(data));
    }
    let columns = usize::from(choice >> 1).max(4);
    let block = block(data);
    let text = STANDARD.encode(encrypted(&block));
    let lines: Vec<_> = text.as_bytes().chunks(columns).map(String::from_utf8_lossy).collect();
    let found = password_data(&lines.join("\r\n")).unwrap();
    let password = in_time(|| key().decrypt(&found)).ok();
    let password = password.map(|password| password.expose().to_vec());
    assert_eq!(password.as_deref(), unpadded(&block));
    password.is_some()
}

fn is_decoded(text: &str) -> bool {
    let Ok(found) = in_time(|| password_data(text)) else { return false };
    let expected: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    assert_eq!(STANDARD.encode(&found), expected);
    key().decrypt(&found).is_ok()
}

/// Returns the block in the data: as long as the modulus, and less than it.
fn block(data: &[u8]) -> Vec<u8> {
    let mut block = data.to_vec();
    block.resize(BYTES, 0);
    block[0] &= 0x7f;
    block
}

/// Returns the text of a block (RFC 8017 section 7.2.2).
fn unpadded(block: &[u8]) -> Option<&[u8]> {
    let rest = block.strip_prefix(&[0, 2])?;
    let end = rest.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
    rest.get(end + 1..)
}

fn encrypted(block: &[u8]) -> Vec<u8> {
    let number = BoxedUint::from_be_slice_vartime;
    let public = key().public();
    let public = PublicKey::new(number(public.modulus()), number(public.exponent())).unwrap();
    let block = BoxedUint::from_be_slice(block, public.n().bits_precision()).unwrap();
    let bytes = rsa_encrypt(&public, &block).unwrap().to_be_bytes();
    bytes[bytes.len() - BYTES..].to_vec()
}

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let file = include_bytes!("../../../vectors/keys/rsa1024.pem");
        match read_private(file, None).unwrap().key {
            PrivateKey::Rsa(key) => key,
            PrivateKey::Ed25519(_) => unreachable!("the file has an RSA key"),
        }
    })
}

/// The length of the modulus.
const BYTES: usize = 128;

pub fn seeds() -> Vec<Vec<u8>> {
    let block =
        |length: usize, text: &[u8]| [&[1, 0, 2][..], &vec![0xa5; length], &[0], text].concat();
    let mut seeds: Vec<_> = ["aB3&<>%\"x!$(9)'", "", "password"]
        .iter()
        .flat_map(|text| [8, BYTES - 3 - text.len()].map(|length| block(length, text.as_bytes())))
        .collect();
    seeds.extend([block(7, b"text"), b"\0AAECAw==".to_vec(), b"\0\r\nAAEC\r\nAw==\r\n".to_vec()]);
    seeds.push(b"\0".to_vec());
    seeds
}

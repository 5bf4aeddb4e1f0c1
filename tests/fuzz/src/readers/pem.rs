//! PEM files. The target encodes the parts in base64 and encrypts those with a `DEK-Info` header.

use aes::{Aes128, Aes192, Aes256};
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherEncrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use des::TdesEde3;
use md5::{Digest, Md5};

use super::template::{self, Lines, Piece};
use super::{openssh, pkcs8};

/// Returns a PEM block.
pub fn block(label: &str, contents: &[u8]) -> Vec<u8> {
    let base64 = template::base64(contents, Lines::Many);
    let [begin, end] = ["BEGIN", "END"].map(|word| format!("-----{word} {label}-----\n"));
    [begin.as_bytes(), &base64, end.as_bytes()].concat()
}

/// Returns the file for an input.
pub fn expand(input: &[u8], passphrase: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for piece in template::pieces(input) {
        match piece {
            Piece::Text(text) => file.extend_from_slice(text),
            Piece::Part(part) => {
                let part = encrypted(&file, part, passphrase)
                    .unwrap_or_else(|| pkcs8::with_low_costs(&openssh::with_low_costs(part)));
                file.extend_from_slice(&template::base64(&part, Lines::Many));
            }
        }
    }
    file
}

/// Returns whether a file uses the traditional encryption, which is fast. Other targets cover other
/// encryption, which the fuzzer may have produced itself.
pub fn is_encrypted(file: &[u8]) -> bool {
    template::split_once(file, b"\nProc-Type: 4,ENCRYPTED").is_some()
}

/// Returns the inputs for a file: unencrypted, and one for each cipher.
pub fn seeds(file: &[u8]) -> Vec<Vec<u8>> {
    const INFORMATION: [&str; 4] = [
        "AES-128-CBC,000102030405060708090A0B0C0D0E0F",
        "AES-192-CBC,000102030405060708090A0B0C0D0E0F",
        "AES-256-CBC,000102030405060708090A0B0C0D0E0F",
        "DES-EDE3-CBC,0001020304050607",
    ];
    if !file.starts_with(b"-----BEGIN ") {
        return Vec::new();
    }
    let input = template::collapse(file, Lines::Many);
    let mut seeds = vec![input.clone()];
    if !file.starts_with(b"-----BEGIN OPENSSH")
        && let Some((begin, rest)) = template::split_once(&input, b"PRIVATE KEY-----\n")
    {
        seeds.extend(INFORMATION.map(|information| {
            let headers =
                format!("PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: {information}\n\n");
            [begin, headers.as_bytes(), rest].concat()
        }));
    }
    seeds
}

/// Encrypts a part as its headers request.
fn encrypted(before: &[u8], part: &[u8], passphrase: &[u8]) -> Option<Vec<u8>> {
    let mut lines = before.split(|byte| b"\r\n".contains(byte)).rev();
    let information = lines.find_map(|line| line.strip_prefix(b"DEK-Info:"))?;
    let information = std::str::from_utf8(information).ok()?;
    let (cipher, digits) = information.trim().split_once(',')?;
    let vector: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok())
        .collect();
    let vector = vector?;
    match cipher {
        "AES-128-CBC" => encrypt::<Aes128>(part, passphrase, &vector, 16),
        "AES-192-CBC" => encrypt::<Aes192>(part, passphrase, &vector, 24),
        "AES-256-CBC" => encrypt::<Aes256>(part, passphrase, &vector, 32),
        "DES-EDE3-CBC" => encrypt::<TdesEde3>(part, passphrase, &vector, 24),
        _ => None,
    }
}

fn encrypt<C: BlockCipherEncrypt + KeyInit>(
    part: &[u8],
    passphrase: &[u8],
    vector: &[u8],
    key_bytes: usize,
) -> Option<Vec<u8>> {
    // OpenSSL's EVP_BytesToKey.
    let mut key = Vec::new();
    let mut last = Vec::new();
    while key.len() < key_bytes {
        let salt = vector.get(..8).unwrap_or(vector);
        let digest = Md5::new().chain_update(&last).chain_update(passphrase).chain_update(salt);
        last = digest.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(key_bytes);
    let cipher = C::new_from_slice(&key).ok()?;
    let encryptor = Encryptor::inner_iv_slice_init(cipher, vector).ok()?;
    // Space for a block of padding.
    let mut output = [part, &[0; 16]].concat();
    let length = encryptor.encrypt_padded::<Pkcs7>(&mut output, part.len()).ok()?.len();
    output.truncate(length);
    Some(output)
}

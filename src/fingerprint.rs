//! The fingerprints that EC2 and OpenSSH show.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::format::{FormatError, blob, der, hexadecimal};
use crate::key::{PrivateKey, PublicKey};

/// Returns EC2's fingerprint of a key pair created by EC2
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>): for RSA the SHA-1 of
/// the PKCS#8 DER, for ED25519 the same as [`ec2_imported`].
///
/// The SHA-1 depends on the private numbers and the order of the primes. It cannot be computed from
/// the public key.
///
/// # Errors
///
/// [`FormatError::Der`], which a valid key never causes.
pub fn ec2_created(key: &PrivateKey) -> Result<String, FormatError> {
    match key {
        PrivateKey::Ed25519(_) => ec2_imported(&key.public()),
        PrivateKey::Rsa(_) => {
            let der = der::pkcs8_private(key)?;
            Ok(hexadecimal(&Sha1::digest(der.expose()), ":"))
        }
    }
}

/// Returns EC2's fingerprint of an imported key pair
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>): for RSA the MD5 of the
/// SPKI DER, for ED25519 the SHA-256 of the blob in padded base64.
///
/// # Errors
///
/// [`FormatError::Der`], which a valid key never causes.
pub fn ec2_imported(key: &PublicKey) -> Result<String, FormatError> {
    match key {
        PublicKey::Ed25519(_) => Ok(STANDARD.encode(Sha256::digest(blob::encode(key)))),
        PublicKey::Rsa(_) => Ok(hexadecimal(&Md5::digest(der::spki(key)?), ":")),
    }
}

/// Returns whether a registered fingerprint has the form of a public key digest: the MD5 of an RSA
/// key, or the SHA-256 of an ED25519 key in base64. Servers other than EC2 use other forms; some of
/// their SHA-1 digests look like EC2's digests of private keys.
#[must_use]
pub fn is_public_key_digest(fingerprint: &str) -> bool {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_md5 = fingerprint.split(':').count() == 16 && fingerprint.split(':').all(is_pair);
    is_md5 || STANDARD.decode(fingerprint).is_ok_and(|digest| digest.len() == 32)
}

/// Returns the fingerprint of `ssh-keygen -l`: `SHA256:` and the SHA-256 of the blob in unpadded
/// base64.
#[must_use]
pub fn openssh_sha256(key: &PublicKey) -> String {
    let digest = STANDARD_NO_PAD.encode(Sha256::digest(blob::encode(key)));
    format!("SHA256:{digest}")
}

/// Returns the fingerprint of `ssh-keygen -l -E md5`: `MD5:` and the MD5 of the blob (RFC 4716
/// section 4).
#[must_use]
pub fn openssh_md5(key: &PublicKey) -> String {
    let digest = hexadecimal(&Md5::digest(blob::encode(key)), ":");
    format!("MD5:{digest}")
}

/// Returns OpenSSH's randomart of the SHA-256 fingerprint, as printed by `ssh-keygen -lv`: eleven
/// lines, the last one without a line end.
#[must_use]
pub fn randomart(key: &PublicKey) -> String {
    let digest = ssh_key::Fingerprint::Sha256(Sha256::digest(blob::encode(key)).into());
    digest.to_randomart(&format!("[{} {}]", key.key_type().name().to_uppercase(), key.bits()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::format::read_public;
    use crate::vectors;

    fn public(row: &Value) -> PublicKey {
        let line = row["public"].as_str().unwrap();
        read_public(line.as_bytes()).unwrap().key
    }

    #[test]
    fn fingerprints_match_ec2_and_openssh() {
        let table: Value = serde_json::from_slice(&vectors::read("fingerprints.json")).unwrap();
        let rows = table["files_in_keys"].as_array().unwrap();
        assert_eq!(rows.len(), 4);
        for row in rows {
            let key = public(row);
            assert_eq!(ec2_imported(&key).unwrap(), row["ec2_imported"]);
            assert_eq!(openssh_sha256(&key), row["openssh_sha256"]);
            assert_eq!(openssh_md5(&key), row["openssh_md5"]);
            if row["type"] == "rsa" {
                let name = row["key"].as_str().unwrap();
                let der = vectors::read_pem(&format!("keys/{name}.pem"));
                let private = PrivateKey::Rsa(der::read_pkcs1_private(&der).unwrap());
                assert_eq!(private.public(), key);
                assert_eq!(ec2_created(&private).unwrap(), row["ec2_created"]);
            } else {
                assert_eq!(row["ec2_created"], row["ec2_imported"]);
            }
        }
        for row in table["printed_by_real_aws"].as_array().unwrap() {
            assert_eq!(ec2_imported(&public(row)).unwrap(), row["ec2_imported"]);
        }
    }

    /// Expected value: `openssl pkcs8 -topk8 -nocrypt -outform DER | openssl sha1 -c`.
    #[test]
    fn created_fingerprint_depends_on_prime_order() {
        let der = vectors::read_pem("keys/rsa2048_p_lt_q_from_rust.pem");
        let key = PrivateKey::Rsa(der::read_pkcs1_private(&der).unwrap());
        assert_eq!(
            ec2_created(&key).unwrap(),
            "6e:1b:88:0b:71:94:4a:81:1b:92:8f:3b:9d:ee:c0:2c:07:39:1b:ee"
        );
    }
}

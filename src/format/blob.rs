//! The SSH public key blob (RFC 4253 section 6.6 and RFC 8709 section 4), used inside the formats
//! of OpenSSH, PuTTY and RFC 4716.

use super::ed25519;
use super::error::FormatError;
use super::wire::{WireReader, WireWriter};
use crate::key::{KeyType, PublicKey, RsaPublicKey};

/// Returns the name of a key type: `ssh-rsa` or `ssh-ed25519`.
#[must_use]
pub fn type_name(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Ed25519 => "ssh-ed25519",
        KeyType::Rsa => "ssh-rsa",
    }
}

/// Encodes `key`.
#[must_use]
pub fn encode(key: &PublicKey) -> Vec<u8> {
    let writer = WireWriter::default().string(type_name(key.key_type()).as_bytes());
    let blob = match key {
        PublicKey::Ed25519(key) => writer.string(key.as_bytes()),
        PublicKey::Rsa(key) => writer.mpint(key.exponent()).mpint(key.modulus()),
    };
    blob.finish().expose().to_vec()
}

/// Decodes a complete blob.
pub fn decode(blob: &[u8]) -> Result<PublicKey, FormatError> {
    let mut reader = WireReader::new(blob);
    let key_type = key_type(reader.string()?)?;
    let key = match key_type {
        KeyType::Ed25519 => PublicKey::Ed25519(ed25519::read_point(reader.string()?)?),
        KeyType::Rsa => {
            let exponent = reader.mpint()?;
            let modulus = reader.mpint()?;
            PublicKey::Rsa(RsaPublicKey::new(modulus, exponent)?)
        }
    };
    reader.finish()?;
    Ok(key)
}

/// Decodes a blob and checks that it has the key type `name`.
pub(super) fn decode_named(name: &[u8], blob: &[u8]) -> Result<PublicKey, FormatError> {
    let expected = key_type(name)?;
    if key_type(WireReader::new(blob).string()?)? != expected {
        return Err(FormatError::TypeMismatch);
    }
    decode(blob)
}

/// Returns the key type with this name.
pub(super) fn key_type(name: &[u8]) -> Result<KeyType, FormatError> {
    match name {
        b"ssh-rsa" => Ok(KeyType::Rsa),
        b"ssh-ed25519" => Ok(KeyType::Ed25519),
        b"ssh-dss" => Err(FormatError::Dsa),
        b"rsa-sha2-256" | b"rsa-sha2-512" => Err(FormatError::RsaSignatureName),
        _ if name.ends_with(b"-cert-v01@openssh.com") => Err(FormatError::OpensshCertificate),
        _ if name.starts_with(b"sk-") => Err(FormatError::SecurityKey),
        _ if name.starts_with(b"ecdsa-sha2-") => Err(FormatError::Ecdsa),
        _ if is_post_quantum(name) => Err(FormatError::PostQuantum),
        _ => Err(FormatError::TypeUnknown),
    }
}

/// Returns whether a name is one of OpenSSH's or of the Open Quantum Safe project.
fn is_post_quantum(name: &[u8]) -> bool {
    let families =
        ["mldsa", "ml-dsa", "slhdsa", "slh-dsa", "sphincs", "falcon", "dilithium", "xmss"];
    name.starts_with(b"ssh-")
        && families
            .iter()
            .any(|family| name.windows(family.len()).any(|window| window == family.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Ed25519PublicKey;

    #[test]
    fn decode_incomplete_or_trailing_blob_fails() {
        let point = *b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
                       \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
        let key = PublicKey::Ed25519(Ed25519PublicKey::from_bytes(point).unwrap());
        let blob = encode(&key);
        assert_eq!(decode(&blob).unwrap(), key);
        assert!(matches!(
            decode(&[&blob[..], b"\0"].concat()),
            Err(FormatError::WireTrailing { count: 1 })
        ));
        for length in 0..blob.len() {
            assert!(matches!(decode(&blob[..length]), Err(FormatError::WireTruncated { .. })));
        }
        assert!(matches!(decode_named(b"ssh-rsa", &blob), Err(FormatError::TypeMismatch)));
        let short = WireWriter::default().string(b"ssh-ed25519").string(&point[1..]);
        assert!(matches!(
            decode(short.finish().expose()),
            Err(FormatError::Ed25519Length { length: 31 })
        ));
    }

    #[test]
    fn unsupported_key_types_are_named() {
        for (name, error) in [
            ("ssh-dss", "Dsa"),
            ("ecdsa-sha2-nistp256", "Ecdsa"),
            ("sk-ssh-ed25519@openssh.com", "SecurityKey"),
            ("sk-ecdsa-sha2-nistp256@openssh.com", "SecurityKey"),
            ("ssh-rsa-cert-v01@openssh.com", "OpensshCertificate"),
            ("sk-ssh-ed25519-cert-v01@openssh.com", "OpensshCertificate"),
            ("rsa-sha2-512", "RsaSignatureName"),
            ("ssh-mldsa44-ed25519@openssh.com", "PostQuantum"),
            ("ssh-xmss@openssh.com", "PostQuantum"),
            ("ssh-ed448", "TypeUnknown"),
        ] {
            assert_eq!(format!("{:?}", key_type(name.as_bytes()).unwrap_err()), error);
        }
    }
}

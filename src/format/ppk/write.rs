//! Writes PuTTY private key files, byte for byte like PuTTYgen 0.78.

use super::protection::{self, Keys, MacInput, PpkEncryption, PpkVersion};
use crate::format::blob;
use crate::format::comment::Comment;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::wire::WireWriter;
use crate::key::PrivateKey;
use crate::secret::Secret;

const BASE64_COLUMNS: usize = 64;
/// The number of bytes in a full line of base64.
const LINE_BYTES: usize = 48;
/// An upper bound for the length of all headers except the comment.
const HEADER_BYTES: usize = 640;

/// Returns the complete file. The same parameters give the same file.
///
/// The RSA primes keep their order. PuTTY requires the larger one first and swaps them when it
/// reads the file.
pub fn write(
    key: &PrivateKey,
    comment: &Comment,
    version: PpkVersion,
    encryption: Option<&PpkEncryption<'_>>,
) -> Result<Secret, FormatError> {
    let keys = match encryption {
        Some(encryption) => Keys::derive(version, encryption)?,
        None => Keys::unencrypted(version),
    };
    let algorithm = blob::type_name(key.public().key_type());
    let public = blob::encode(&key.public());
    let mut private = private_blob(key);
    if encryption.is_some() {
        pad(&mut private);
    }
    let mac = keys.mac(&MacInput {
        algorithm: algorithm.as_bytes(),
        encryption: keys.encryption_name().as_bytes(),
        comment: comment.as_bytes(),
        public: &public,
        private: &private,
    })?;
    keys.encrypt(&mut private)?;

    let body = encoding::base64_lines_length(public.len() + private.len() + 2, BASE64_COLUMNS);
    let mut file = Secret::with_capacity(HEADER_BYTES + comment.as_bytes().len() + body);
    let number = version.number();
    push_header(&mut file, &format!("PuTTY-User-Key-File-{number}"), algorithm.as_bytes());
    push_header(&mut file, "Encryption", keys.encryption_name().as_bytes());
    push_header(&mut file, "Comment", comment.as_bytes());
    push_blob(&mut file, "Public-Lines", &public);
    if let (PpkVersion::V3, Some(encryption)) = (version, encryption) {
        let derivation = encryption.derivation;
        let salt = encoding::hexadecimal(&derivation.salt, "");
        for (name, value) in [
            ("Key-Derivation", derivation.variant.name()),
            ("Argon2-Memory", &derivation.memory.to_string()),
            ("Argon2-Passes", &derivation.passes.to_string()),
            ("Argon2-Parallelism", &derivation.parallelism.to_string()),
            ("Argon2-Salt", &salt),
        ] {
            push_header(&mut file, name, value.as_bytes());
        }
    }
    push_blob(&mut file, "Private-Lines", private.expose());
    let mac = encoding::hexadecimal(&mac, "");
    push_header(&mut file, "Private-MAC", mac.as_bytes());
    Ok(file)
}

/// Returns the private numbers: d, p, q and q⁻¹ mod p as `mpint`s, or the seed as a `string` of 32
/// bytes. Appendix C.3 calls the seed an `mpint`, but PuTTY has never written it as one.
pub(super) fn private_blob(key: &PrivateKey) -> Secret {
    let writer = WireWriter::default();
    match key {
        PrivateKey::Ed25519(key) => writer.string(key.seed()),
        PrivateKey::Rsa(key) => writer
            .mpint(key.private_exponent())
            .mpint(key.prime1())
            .mpint(key.prime2())
            .mpint(key.coefficient()),
    }
    .finish()
}

/// Pads to whole blocks with the first bytes of the SHA-1 of the unpadded blob (appendix C.3).
fn pad(private: &mut Secret) {
    let length = private.len().next_multiple_of(protection::BLOCK_BYTES);
    let padding = protection::sha1(&[private.expose()]);
    let missing = length.saturating_sub(private.len());
    private.push(padding.expose().get(..missing).unwrap_or_default());
}

fn push_header(file: &mut Secret, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\n"] {
        file.push(part);
    }
}

fn push_blob(file: &mut Secret, name: &str, blob: &[u8]) {
    let lines = blob.len().div_ceil(LINE_BYTES).to_string();
    push_header(file, name, lines.as_bytes());
    encoding::push_base64_lines(file, blob, BASE64_COLUMNS);
}

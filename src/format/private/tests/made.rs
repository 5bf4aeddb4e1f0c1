//! Builds files that no program writes.

use crate::format::encoding;
use crate::secret::Secret;
use crate::vectors;

/// Returns one DER element: its tag, its length, and `parts`.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut element = vec![tag];
    match u8::try_from(body.len()) {
        Ok(length) if length < 0x80 => element.push(length),
        _ => {
            element.push(0x83);
            element.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes()[1..]);
            // DER requires the shortest form of a length.
            while element[2] == 0 {
                element.remove(2);
                element[1] -= 1;
            }
        }
    }
    [element, body].concat()
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    element(4, &[bytes])
}

/// Returns a non-negative INTEGER.
pub(super) fn number(value: u128) -> Vec<u8> {
    integer(&value.to_be_bytes())
}

/// Returns the shortest INTEGER for a big-endian number.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[first..];
    let sign: &[u8] = if bytes.first().is_none_or(|&byte| byte >= 0x80) { &[0] } else { &[] };
    element(2, &[sign, bytes])
}

/// Returns an `AlgorithmIdentifier`: an object identifier and its parameters.
pub(super) fn algorithm(identifier: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&element(6, &[identifier]), parameters])
}

pub(super) const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
pub(super) const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
pub(super) const SCRYPT: &[u8] = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
pub(super) const AES_256_CBC: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
pub(super) const ED25519: &[u8] = b"\x2b\x65\x70";
pub(super) const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

/// Returns an encrypted PKCS#8 file with this derivation and 48 bytes of AES-256-CBC.
pub(super) fn pkcs8(derivation: &[u8]) -> Vec<u8> {
    pkcs8_with(derivation, &algorithm(AES_256_CBC, &octets(&[7; 16])), &[9; 48])
}

pub(super) fn pkcs8_with(derivation: &[u8], cipher: &[u8], encrypted: &[u8]) -> Vec<u8> {
    let scheme = algorithm(PBES2, &sequence(&[derivation, cipher]));
    sequence(&[&scheme, &octets(encrypted)])
}

pub(super) fn pem(label: &str, headers: &str, contents: &[u8]) -> Vec<u8> {
    let base64 = encoding::base64(contents);
    let base64 = std::str::from_utf8(base64.expose()).unwrap();
    format!("-----BEGIN {label}-----\n{headers}{base64}\n-----END {label}-----\n").into_bytes()
}

pub(super) fn traditional(information: &str, contents: &[u8]) -> Vec<u8> {
    let headers = format!("Proc-Type: 4,ENCRYPTED\n{information}\n");
    pem("RSA PRIVATE KEY", &headers, contents)
}

/// The fields of OpenSSH's private key container.
pub(super) struct Container {
    pub(super) cipher: &'static str,
    pub(super) derivation: &'static str,
    pub(super) options: Vec<u8>,
    pub(super) keys: u32,
    pub(super) public: Vec<u8>,
    pub(super) section: Vec<u8>,
    pub(super) after: Vec<u8>,
}

impl Container {
    /// Returns the container of `keys/ed25519.openssh`.
    pub(super) fn plain() -> Self {
        let bytes = vectors::read_pem("keys/ed25519.openssh");
        Self {
            cipher: "none",
            derivation: "none",
            options: Vec::new(),
            keys: 1,
            public: bytes[43..94].to_vec(),
            section: bytes[98..].to_vec(),
            after: Vec::new(),
        }
    }

    /// Returns a container that claims to be encrypted.
    pub(super) fn encrypted(cipher: &'static str, options: Vec<u8>) -> Self {
        Self { cipher, derivation: "bcrypt", options, section: vec![5; 160], ..Self::plain() }
    }

    /// Returns an unencrypted container with these fields of an ED25519 key: type, point, seed and
    /// point, comment, and padding.
    pub(super) fn of_fields(fields: [&[u8]; 4], padding: &[u8]) -> Self {
        let mut section = [5; 8].to_vec();
        for field in fields {
            section.extend_from_slice(&string(field));
        }
        section.extend_from_slice(padding);
        Self { section, ..Self::plain() }
    }

    pub(super) fn file(&self) -> Vec<u8> {
        let fields = [
            &b"openssh-key-v1\0"[..],
            &string(self.cipher.as_bytes()),
            &string(self.derivation.as_bytes()),
            &string(&self.options),
            &self.keys.to_be_bytes(),
            &string(&self.public),
            &string(&self.section),
            &self.after,
        ];
        pem("OPENSSH PRIVATE KEY", "", &fields.concat())
    }
}

/// Returns a `string` of SSH's wire format.
pub(super) fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

pub(super) fn bcrypt(salt: &[u8], rounds: u32) -> Vec<u8> {
    [&string(salt), &rounds.to_be_bytes()[..]].concat()
}

/// Returns `keys/ed25519.v3.enc.ppk` with another value of one header.
pub(super) fn ppk(header: &str, value: &str) -> Vec<u8> {
    let file = String::from_utf8(vectors::read("keys/ed25519.v3.enc.ppk")).unwrap();
    let start = file.find(header).unwrap() + header.len() + 2;
    let end = start + file[start..].find('\n').unwrap();
    format!("{}{value}{}", &file[..start], &file[end..]).into_bytes()
}

pub(super) fn passphrase() -> Secret {
    Secret::copy_of(b"correct horse")
}

//! OpenSSH's container. The private section of an input is not encrypted, even if the input names a
//! cipher.

use ssh_key::{Cipher, Kdf, PrivateKey};

const MAGIC: &[u8] = b"openssh-key-v1\0";
/// A round takes one millisecond.
const MAX_ROUNDS: u32 = 1;
/// The readers reject more rounds.
const MAX_ALLOWED_ROUNDS: u32 = 1000;
const SALT: [u8; 16] = *b"0123456789abcdef";

/// The fields of a container.
struct Container<'a> {
    cipher: &'a [u8],
    derivation: &'a [u8],
    salt: &'a [u8],
    rounds: u32,
    public: &'a [u8],
    private: Vec<u8>,
    rest: Vec<u8>,
}

/// Returns the container for an input: encrypted if it names a cipher, with a low cost.
pub fn expand(input: &[u8], passphrase: &[u8]) -> Vec<u8> {
    let Some(mut container) = Container::read(input) else { return input.to_vec() };
    container.lower_costs();
    if let Some((cipher, key, vector)) = container.keys(passphrase) {
        // A partial block stays unencrypted.
        if let Ok(tag) = cipher.encrypt(&key, &vector, &mut container.private)
            && let Some(tag) = tag
        {
            container.rest.splice(0..0, tag.to_vec());
        }
    }
    container.write()
}

/// Lowers the rounds of a container. Returns other files unchanged.
pub fn with_low_costs(bytes: &[u8]) -> Vec<u8> {
    let Some(mut container) = Container::read(bytes) else { return bytes.to_vec() };
    container.lower_costs();
    container.write()
}

/// Returns the inputs for an unencrypted container: itself, and one for each cipher.
pub fn seeds(bytes: &[u8], passphrase: &[u8]) -> Vec<Vec<u8>> {
    const CIPHERS: [Cipher; 6] = [
        Cipher::Aes128Cbc,
        Cipher::Aes256Cbc,
        Cipher::Aes128Ctr,
        Cipher::Aes256Ctr,
        Cipher::Aes256Gcm,
        Cipher::ChaCha20Poly1305,
    ];
    let mut seeds = vec![bytes.to_vec()];
    if let Ok(key) = PrivateKey::from_bytes(bytes) {
        let inputs = CIPHERS.into_iter().filter_map(|cipher| {
            let kdf = Kdf::Bcrypt { salt: SALT.to_vec(), rounds: 1 };
            let encrypted = key.encrypt_with(cipher, kdf, 7, passphrase).ok()?.to_bytes().ok()?;
            let mut container = Container::read(&encrypted)?;
            let (cipher, key, vector) = container.keys(passphrase)?;
            let tag = std::mem::take(&mut container.rest);
            let tag = tag.as_slice().try_into().ok();
            cipher.decrypt(&key, &vector, &mut container.private, tag).ok()?;
            Some(container.write())
        });
        seeds.extend(inputs);
    }
    seeds
}

impl<'a> Container<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (cipher, rest) = string(bytes.strip_prefix(MAGIC)?)?;
        let (derivation, rest) = string(rest)?;
        let (options, rest) = string(rest)?;
        let (count, rest) = rest.split_first_chunk()?;
        let (public, rest) = string(rest)?;
        let (private, rest) = string(rest)?;
        let (salt, rounds) = string(options)?;
        if u32::from_be_bytes(*count) != 1 {
            return None;
        }
        Some(Self {
            cipher,
            derivation,
            salt,
            rounds: u32::from_be_bytes(rounds.try_into().ok()?),
            public,
            private: private.to_vec(),
            rest: rest.to_vec(),
        })
    }

    fn write(&self) -> Vec<u8> {
        let mut options = Vec::new();
        push(&mut options, self.salt);
        options.extend_from_slice(&self.rounds.to_be_bytes());
        let mut bytes = MAGIC.to_vec();
        for field in [self.cipher, self.derivation, &options] {
            push(&mut bytes, field);
        }
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        push(&mut bytes, self.public);
        push(&mut bytes, &self.private);
        bytes.extend_from_slice(&self.rest);
        bytes
    }

    /// Lowers the cost, unless the readers reject it anyway.
    fn lower_costs(&mut self) {
        if self.rounds <= MAX_ALLOWED_ROUNDS {
            self.rounds = self.rounds.min(MAX_ROUNDS);
        }
    }

    /// Returns the cipher, its key and its initialization vector.
    fn keys(&self, passphrase: &[u8]) -> Option<(Cipher, Vec<u8>, Vec<u8>)> {
        if self.derivation != b"bcrypt" || self.rounds > MAX_ROUNDS {
            return None;
        }
        let cipher = Cipher::new(std::str::from_utf8(self.cipher).ok()?).ok()?;
        let kdf = Kdf::Bcrypt { salt: self.salt.to_vec(), rounds: self.rounds };
        let (key, vector) = kdf.derive_key_and_iv(cipher, passphrase).ok()?;
        Some((cipher, key.to_vec(), vector))
    }
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn push(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(field);
}

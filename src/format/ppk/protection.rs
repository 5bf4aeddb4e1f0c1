//! How a PuTTY file is encrypted and authenticated.

use aes::Aes256;
use argon2::{Algorithm, Argon2, Params, Version};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::format::error::FormatError;
use crate::format::wire::WireWriter;
use crate::secret::Secret;

/// The value of the `Encryption` header of an encrypted file.
pub(super) const AES256_CBC: &str = "aes256-cbc";
/// The value of the `Encryption` header of a file in clear.
pub(super) const NO_ENCRYPTION: &str = "none";
/// The block of AES, to whose multiple the private blob is padded.
pub(super) const BLOCK_BYTES: usize = 16;

const KEY_BYTES: usize = 32;
const MAC_KEY_BYTES: usize = 32;

/// The version of a PuTTY private key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PpkVersion {
    /// Version 2, for PuTTY before 0.75: SHA-1, and one round of it between passphrase and key.
    V2,
    /// Version 3: HMAC-SHA-256 and Argon2.
    #[default]
    V3,
}

impl PpkVersion {
    /// Returns the number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }

    /// Returns the length of the MAC: of a SHA-1 or a SHA-256.
    pub(super) fn mac_bytes(self) -> usize {
        match self {
            Self::V2 => 20,
            Self::V3 => 32,
        }
    }
}

/// The three flavours of Argon2 (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argon2Flavour {
    /// Argon2d.
    D,
    /// Argon2i.
    I,
    /// Argon2id.
    Id,
}

impl Argon2Flavour {
    /// Returns the value of the `Key-Derivation` header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::D => "Argon2d",
            Self::I => "Argon2i",
            Self::Id => "Argon2id",
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::D => Algorithm::Argon2d,
            Self::I => Algorithm::Argon2i,
            Self::Id => Algorithm::Argon2id,
        }
    }
}

/// The Argon2 parameters of a version 3 file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDerivation {
    /// The flavour.
    pub flavour: Argon2Flavour,
    /// The memory, in KiB.
    pub memory: u32,
    /// The number of passes.
    pub passes: u32,
    /// The number of lanes.
    pub parallelism: u32,
    /// The salt.
    pub salt: Vec<u8>,
}

impl KeyDerivation {
    /// Returns what PuTTYgen uses: Argon2id, 8192 KiB, one lane, a salt of 16 bytes, and as many
    /// passes as take it a tenth of a second on a machine of today.
    #[must_use]
    pub fn draw(random: &mut impl CryptoRng) -> Self {
        let mut salt = vec![0; 16];
        random.fill_bytes(&mut salt);
        Self { flavour: Argon2Flavour::Id, memory: 8192, passes: 21, parallelism: 1, salt }
    }
}

impl KeyDerivation {
    /// Fails if the parameters of a file that is read ask for more than a gibibyte of memory, or
    /// for more than some ten seconds of a machine of today.
    pub(super) fn check_cost(&self) -> Result<(), FormatError> {
        let (memory, passes) = (u64::from(self.memory), u64::from(self.passes));
        for (parameter, value, limit) in [
            ("Argon2 memory in KiB", memory, MOST_MEMORY),
            ("Argon2 memory in KiB times passes", memory.saturating_mul(passes), MOST_WORK),
            ("Argon2 passes", passes, MOST_PASSES),
            ("Argon2 lanes", self.parallelism.into(), MOST_LANES),
        ] {
            if value > limit {
                return Err(FormatError::DerivationTooCostly { parameter, limit });
            }
        }
        Ok(())
    }
}

const MOST_MEMORY: u64 = 1 << 20;
const MOST_WORK: u64 = 1 << 23;
const MOST_PASSES: u64 = 1 << 16;
const MOST_LANES: u64 = 255;

/// How to encrypt a file.
#[derive(Clone, Copy, Debug)]
pub struct PpkEncryption<'a> {
    /// The passphrase, neither empty nor with a NUL in it.
    pub passphrase: &'a Secret,
    /// The parameters of version 3. Version 2 has its own derivation, without any.
    pub derivation: &'a KeyDerivation,
}

/// What authenticates a file, and encrypts it if there is a passphrase.
pub(super) struct Keys {
    version: PpkVersion,
    mac: Secret,
    cipher: Option<CipherKeys>,
}

struct CipherKeys {
    key: Zeroizing<[u8; KEY_BYTES]>,
    initial_vector: [u8; BLOCK_BYTES],
}

impl Keys {
    /// Returns the keys of a file in clear, which anybody can compute.
    pub(super) fn public(version: PpkVersion) -> Self {
        let mac = match version {
            PpkVersion::V2 => mac_key_v2(&Secret::default()),
            PpkVersion::V3 => Secret::default(),
        };
        Self { version, mac, cipher: None }
    }

    /// Derives the keys of an encrypted file from its passphrase.
    pub(super) fn derive(
        version: PpkVersion,
        encryption: &PpkEncryption<'_>,
    ) -> Result<Self, FormatError> {
        let passphrase = encryption.passphrase;
        if passphrase.is_empty() {
            return Err(FormatError::PassphraseEmpty);
        }
        if passphrase.expose().contains(&0) {
            return Err(FormatError::PassphraseNul);
        }
        let (cipher, mac) = match version {
            PpkVersion::V2 => (cipher_keys_v2(passphrase), mac_key_v2(passphrase)),
            PpkVersion::V3 => keys_v3(passphrase, encryption.derivation)?,
        };
        Ok(Self { version, mac, cipher: Some(cipher) })
    }

    /// Returns the value of the `Encryption` header.
    pub(super) fn encryption_name(&self) -> &'static str {
        match self.cipher {
            Some(_) => AES256_CBC,
            None => NO_ENCRYPTION,
        }
    }

    /// Encrypts a private blob of whole blocks in place, if the file is encrypted: AES-256 in CBC
    /// mode.
    pub(super) fn encrypt(&self, padded: &mut Secret) -> Result<(), FormatError> {
        let Some(keys) = &self.cipher else {
            return Ok(());
        };
        let length = padded.len();
        cbc::Encryptor::<Aes256>::new((&*keys.key).into(), (&keys.initial_vector).into())
            .encrypt_padded::<NoPadding>(padded.expose_mut(), length)
            .map_err(|_| FormatError::PpkBlocks)?;
        Ok(())
    }

    /// Decrypts a private blob of whole blocks in place, if the file is encrypted.
    pub(super) fn decrypt(&self, blob: &mut Secret) -> Result<(), FormatError> {
        let Some(keys) = &self.cipher else {
            return Ok(());
        };
        cbc::Decryptor::<Aes256>::new((&*keys.key).into(), (&keys.initial_vector).into())
            .decrypt_padded::<NoPadding>(blob.expose_mut())
            .map_err(|_| FormatError::PpkBlocks)?;
        Ok(())
    }

    /// Returns the MAC of a file: HMAC-SHA-1 in version 2, HMAC-SHA-256 in version 3.
    pub(super) fn mac(&self, content: &Content<'_>) -> Result<Vec<u8>, FormatError> {
        let content = content.encode();
        Ok(match self.version {
            PpkVersion::V2 => self.hmac_sha1(&content)?.finalize().into_bytes().to_vec(),
            PpkVersion::V3 => self.hmac_sha256(&content)?.finalize().into_bytes().to_vec(),
        })
    }

    /// Compares a MAC in constant time.
    pub(super) fn verify(&self, content: &Content<'_>, mac: &[u8]) -> Result<(), FormatError> {
        let content = content.encode();
        let verified = match self.version {
            PpkVersion::V2 => self.hmac_sha1(&content)?.verify_slice(mac),
            PpkVersion::V3 => self.hmac_sha256(&content)?.verify_slice(mac),
        };
        verified.map_err(|_| FormatError::PpkMac)
    }

    fn hmac_sha1(&self, content: &Secret) -> Result<Hmac<Sha1>, FormatError> {
        keyed(&self.mac, content)
    }

    fn hmac_sha256(&self, content: &Secret) -> Result<Hmac<Sha256>, FormatError> {
        keyed(&self.mac, content)
    }
}

/// Everything that the MAC covers.
pub(super) struct Content<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) encryption: &'a [u8],
    pub(super) comment: &'a [u8],
    pub(super) public: &'a [u8],
    /// The private blob in clear, with its padding.
    pub(super) private: &'a Secret,
}

impl Content<'_> {
    fn encode(&self) -> Secret {
        WireWriter::default()
            .string(self.algorithm)
            .string(self.encryption)
            .string(self.comment)
            .string(self.public)
            .string(self.private.expose())
            .finish()
    }
}

fn keyed<M: Mac + KeyInit>(key: &Secret, content: &Secret) -> Result<M, FormatError> {
    let mac = <M as KeyInit>::new_from_slice(key.expose()).map_err(|_| FormatError::PpkMac)?;
    Ok(mac.chain_update(content.expose()))
}

fn mac_key_v2(passphrase: &Secret) -> Secret {
    sha1(&[b"putty-private-key-file-mac-key", passphrase.expose()])
}

fn cipher_keys_v2(passphrase: &Secret) -> CipherKeys {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let halves = [0_u32, 1].map(|half| sha1(&[&half.to_be_bytes(), passphrase.expose()]));
    let bytes = halves.iter().flat_map(Secret::expose);
    for (target, byte) in key.iter_mut().zip(bytes) {
        *target = *byte;
    }
    CipherKeys { key, initial_vector: [0; BLOCK_BYTES] }
}

fn keys_v3(
    passphrase: &Secret,
    derivation: &KeyDerivation,
) -> Result<(CipherKeys, Secret), FormatError> {
    let length = KEY_BYTES + BLOCK_BYTES + MAC_KEY_BYTES;
    let parameters =
        Params::new(derivation.memory, derivation.passes, derivation.parallelism, Some(length))?;
    let mut derived = Secret::zeroed(length);
    Argon2::new(derivation.flavour.algorithm(), Version::V0x13, parameters).hash_password_into(
        passphrase.expose(),
        &derivation.salt,
        derived.expose_mut(),
    )?;
    let mut keys =
        CipherKeys { key: Zeroizing::new([0; KEY_BYTES]), initial_vector: [0; BLOCK_BYTES] };
    let (cipher, mac) = derived.expose().split_at(KEY_BYTES + BLOCK_BYTES);
    let target = keys.key.iter_mut().chain(&mut keys.initial_vector);
    for (target, byte) in target.zip(cipher) {
        *target = *byte;
    }
    Ok((keys, Secret::copy_of(mac)))
}

/// Returns the SHA-1 of `parts`, one after the other.
pub(super) fn sha1(parts: &[&[u8]]) -> Secret {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    let mut digest = Zeroizing::new([0; 20]);
    hash.finalize_into((&mut *digest).into());
    Secret::copy_of(&*digest)
}

//! Encryption and authentication of PuTTY files.

use aes::Aes256;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::format::cost::{self, check_max};
use crate::format::derivation::{
    DerivationCost, MAX_ARGON2_KIBIBYTES, MAX_ARGON2_KIBIBYTES_PASSED,
};
use crate::format::error::FormatError;
use crate::format::wire::WireWriter;
use crate::secret::Secret;

pub(super) const AES256_CBC: &str = "aes256-cbc";
pub(super) const NO_ENCRYPTION: &str = "none";
/// The AES block size. The private blob is padded to a multiple of it.
pub(super) const BLOCK_BYTES: usize = 16;

const KEY_BYTES: usize = 32;
const MAC_KEY_BYTES: usize = 32;
const DERIVED_BYTES: usize = KEY_BYTES + BLOCK_BYTES + MAC_KEY_BYTES;

/// PuTTYgen uses one lane by default.
const MAX_ARGON2_LANES: u32 = 64;

/// The version of a PuTTY private key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PpkVersion {
    /// Version 2, for PuTTY before 0.75: authenticates with SHA-1, derives keys with one round of
    /// it.
    V2,
    /// Version 3: HMAC-SHA-256 and Argon2.
    #[default]
    V3,
}

impl PpkVersion {
    /// Returns the version number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }

    /// Returns the length of the MAC.
    pub(super) fn mac_bytes(self) -> usize {
        match self {
            Self::V2 => 20,
            Self::V3 => 32,
        }
    }
}

/// The variants of Argon2 (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argon2Variant {
    D,
    I,
    Id,
}

impl Argon2Variant {
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
    pub variant: Argon2Variant,
    /// The memory, in KiB.
    pub memory: u32,
    pub passes: u32,
    pub parallelism: u32,
    pub salt: Vec<u8>,
}

impl KeyDerivation {
    /// Returns PuTTYgen's parameters: Argon2id, one lane, and a random salt of 16 bytes.
    #[must_use]
    pub fn draw(memory: u32, passes: u32, random: &mut impl CryptoRng) -> Self {
        let mut salt = vec![0; 16];
        random.fill_bytes(&mut salt);
        Self { variant: Argon2Variant::Id, memory, passes, parallelism: 1, salt }
    }

    pub(super) fn cost(&self) -> DerivationCost {
        DerivationCost::Argon2 { memory: self.memory, passes: self.passes }
    }

    /// Fails if the parameters, which a file may choose freely, cost too much.
    pub(super) fn check(&self) -> Result<(), FormatError> {
        check_max("KiB of Argon2 memory", self.memory, MAX_ARGON2_KIBIBYTES)?;
        let passed = u64::from(self.memory).saturating_mul(self.passes.into());
        check_max("KiB of Argon2 memory in all passes", passed, MAX_ARGON2_KIBIBYTES_PASSED)?;
        check_max("Argon2 lanes", self.parallelism, MAX_ARGON2_LANES)?;
        cost::check_salt(&self.salt)?;
        self.parameters().map(|_| ())
    }

    /// Returns the parameters for the library. Version 3 derives 80 bytes: a key, an initialization
    /// vector and a MAC key (appendix C.4).
    fn parameters(&self) -> Result<Params, FormatError> {
        Ok(Params::new(self.memory, self.passes, self.parallelism, Some(DERIVED_BYTES))?)
    }
}

/// Parameters for encrypting a file.
#[derive(Clone, Copy, Debug)]
pub struct PpkEncryption<'a> {
    /// The passphrase. It must not be empty or contain NUL.
    pub passphrase: &'a Secret,
    /// The parameters of version 3. Version 2 has none.
    pub derivation: &'a KeyDerivation,
}

/// The keys of a file: for authentication, and for encryption if it has a passphrase.
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
    /// Returns the keys of an unencrypted file, which are public.
    pub(super) fn unencrypted(version: PpkVersion) -> Self {
        let mac = match version {
            PpkVersion::V2 => mac_key_v2(&Secret::default()),
            PpkVersion::V3 => Secret::default(),
        };
        Self { version, mac, cipher: None }
    }

    pub(super) fn derive(
        version: PpkVersion,
        encryption: &PpkEncryption<'_>,
    ) -> Result<Self, FormatError> {
        match version {
            PpkVersion::V2 => Self::derive_v2(encryption.passphrase),
            PpkVersion::V3 => Self::derive_v3(encryption.passphrase, encryption.derivation),
        }
    }

    pub(super) fn derive_v2(passphrase: &Secret) -> Result<Self, FormatError> {
        cost::check_passphrase(passphrase)?;
        let cipher = Some(cipher_keys_v2(passphrase));
        Ok(Self { version: PpkVersion::V2, mac: mac_key_v2(passphrase), cipher })
    }

    pub(super) fn derive_v3(
        passphrase: &Secret,
        derivation: &KeyDerivation,
    ) -> Result<Self, FormatError> {
        cost::check_passphrase(passphrase)?;
        let (cipher, mac) = keys_v3(passphrase, derivation)?;
        Ok(Self { version: PpkVersion::V3, mac, cipher: Some(cipher) })
    }

    pub(super) fn encryption_name(&self) -> &'static str {
        match self.cipher {
            Some(_) => AES256_CBC,
            None => NO_ENCRYPTION,
        }
    }

    /// Encrypts a padded private blob in place with AES-256-CBC. Does nothing if the file is
    /// unencrypted.
    pub(super) fn encrypt(&self, padded: &mut Secret) -> Result<(), FormatError> {
        let Some(keys) = &self.cipher else {
            return Ok(());
        };
        let length = padded.len();
        cbc::Encryptor::<Aes256>::new((&*keys.key).into(), (&keys.initial_vector).into())
            .encrypt_padded::<NoPadding>(padded.expose_mut(), length)
            .map_err(|_| FormatError::CipherBlocks)?;
        Ok(())
    }

    /// Decrypts a padded private blob in place. Does nothing if the file is unencrypted.
    pub(super) fn decrypt(&self, padded: &mut Secret) -> Result<(), FormatError> {
        let Some(keys) = &self.cipher else {
            return Ok(());
        };
        cbc::Decryptor::<Aes256>::new((&*keys.key).into(), (&keys.initial_vector).into())
            .decrypt_padded::<NoPadding>(padded.expose_mut())
            .map_err(|_| FormatError::CipherBlocks)?;
        Ok(())
    }

    /// Returns the MAC of a file: HMAC-SHA-1 in version 2, HMAC-SHA-256 in version 3.
    pub(super) fn mac(&self, input: &MacInput<'_>) -> Result<Vec<u8>, FormatError> {
        let input = input.encode();
        Ok(match self.version {
            PpkVersion::V2 => self.hmac_sha1(&input)?.finalize().into_bytes().to_vec(),
            PpkVersion::V3 => self.hmac_sha256(&input)?.finalize().into_bytes().to_vec(),
        })
    }

    /// Compares a MAC in constant time. In an encrypted file, only the MAC reveals a wrong
    /// passphrase.
    pub(super) fn verify(&self, input: &MacInput<'_>, mac: &[u8]) -> Result<(), FormatError> {
        let input = input.encode();
        let verified = match self.version {
            PpkVersion::V2 => self.hmac_sha1(&input)?.verify_slice(mac),
            PpkVersion::V3 => self.hmac_sha256(&input)?.verify_slice(mac),
        };
        verified.map_err(|_| match self.cipher {
            Some(_) => FormatError::PassphraseWrong,
            None => FormatError::PpkMac,
        })
    }

    fn hmac_sha1(&self, input: &Secret) -> Result<Hmac<Sha1>, FormatError> {
        keyed(&self.mac, input)
    }

    fn hmac_sha256(&self, input: &Secret) -> Result<Hmac<Sha256>, FormatError> {
        keyed(&self.mac, input)
    }
}

/// The fields that the MAC covers.
pub(super) struct MacInput<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) encryption: &'a [u8],
    pub(super) comment: &'a [u8],
    pub(super) public: &'a [u8],
    /// The decrypted private blob, with its padding.
    pub(super) private: &'a Secret,
}

impl MacInput<'_> {
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

fn keyed<M: Mac + KeyInit>(key: &Secret, input: &Secret) -> Result<M, FormatError> {
    let mac = <M as KeyInit>::new_from_slice(key.expose()).map_err(|_| FormatError::PpkMac)?;
    Ok(mac.chain_update(input.expose()))
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
    let parameters = derivation.parameters()?;
    let mut memory = argon2_memory(parameters.block_count())?;
    let mut derived = Secret::zeroed(DERIVED_BYTES);
    Argon2::new(derivation.variant.algorithm(), Version::V0x13, parameters)
        .hash_password_into_with_memory(
            passphrase.expose(),
            &derivation.salt,
            derived.expose_mut(),
            memory.as_mut_slice(),
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

/// Allocates the memory for Argon2.
fn argon2_memory(blocks: usize) -> Result<Zeroizing<Vec<Block>>, FormatError> {
    let mut memory = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(blocks).map_err(|_| argon2::Error::OutOfMemory)?;
    memory.resize_with(blocks, Block::new);
    Ok(memory)
}

/// Returns the SHA-1 of the concatenated `parts`.
pub(super) fn sha1(parts: &[&[u8]]) -> Secret {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    let mut digest = Zeroizing::new([0; 20]);
    hash.finalize_into((&mut *digest).into());
    Secret::copy_of(&*digest)
}

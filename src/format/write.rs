//! Writes complete key files in any format.

use rand::CryptoRng;

use super::comment::Comment;
use super::derivation::{CostError, CostOptions, Derivation, DerivationCost};
use super::error::FormatError;
use super::ppk::{self, KeyDerivation, PpkEncryption, PpkVersion};
use super::{cost, der, openssh, pem, rfc4716};
use crate::key::{KeyType, PrivateKey, PublicKey};
use crate::secret::Secret;

const PEM_COLUMNS: usize = 64;
/// The line length of ssh-keygen.
const OPENSSH_COLUMNS: usize = 70;

/// The formats of a private key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateFormat {
    /// EC2's choice for `pem`: PKCS#1 for RSA, OpenSSH's container for ED25519.
    #[default]
    Pem,
    /// PuTTY's format.
    Ppk(PpkVersion),
    /// OpenSSH's container.
    Openssh,
    /// PKCS#8.
    Pkcs8,
}

impl PrivateFormat {
    /// Returns the file name extension: `ppk` or `pem`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ppk(_) => "ppk",
            Self::Pem | Self::Openssh | Self::Pkcs8 => "pem",
        }
    }

    /// Returns whether a file of this format has a comment.
    #[must_use]
    pub fn has_comment(self, key_type: KeyType) -> bool {
        match self {
            Self::Openssh | Self::Ppk(_) => true,
            Self::Pem => key_type == KeyType::Ed25519,
            Self::Pkcs8 => false,
        }
    }

    /// Returns the cost of the key derivation of a new encrypted file, at least the default.
    ///
    /// A replacement of a file with the cost `replaced` costs the same multiple of the default,
    /// within the limits of [`super::read_private`]. `options` override this.
    ///
    /// # Errors
    ///
    /// [`CostError`] if the format does not allow the cost in `options`.
    pub fn cost(
        self,
        key_type: KeyType,
        options: CostOptions,
        replaced: Option<DerivationCost>,
    ) -> Result<DerivationCost, CostError> {
        let derivation = match (self, key_type) {
            (Self::Ppk(PpkVersion::V2), _) => Derivation::Digest,
            (Self::Ppk(PpkVersion::V3), _) => Derivation::Argon2,
            (Self::Openssh, _) | (Self::Pem, KeyType::Ed25519) => Derivation::Bcrypt,
            (Self::Pkcs8, _) | (Self::Pem, KeyType::Rsa) => Derivation::Pbkdf2,
        };
        derivation.cost(options, replaced)
    }
}

/// The formats of a public key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicFormat {
    /// OpenSSH's public key line.
    #[default]
    Openssh,
    /// RFC 4716.
    Rfc4716,
    /// `SubjectPublicKeyInfo` in PEM.
    Spki,
    /// PKCS#1 in PEM, only for RSA.
    Pkcs1,
    /// `SubjectPublicKeyInfo` in DER.
    Der,
}

impl PublicFormat {
    /// Returns whether a file of this format has a comment.
    #[must_use]
    pub fn has_comment(self) -> bool {
        matches!(self, Self::Openssh | Self::Rfc4716)
    }
}

/// Parameters for encrypting a private key file.
#[derive(Clone, Copy, Debug)]
pub struct Encryption<'a> {
    /// The passphrase.
    pub passphrase: &'a Secret,
    /// The user's choice of key derivation cost.
    pub options: CostOptions,
    /// The cost of the replaced file; see [`PrivateFormat::cost`].
    pub replaced: Option<DerivationCost>,
}

impl<'a> Encryption<'a> {
    /// Returns the parameters, or `None` without a passphrase or with an empty one.
    #[must_use]
    pub fn with(passphrase: Option<&'a Secret>, options: CostOptions) -> Option<Self> {
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty())?;
        Some(Self { passphrase, options, replaced: None })
    }
}

/// Returns the complete file of `key`.
///
/// PEM formats other than OpenSSH's have no comment. With encryption, an RSA key in
/// [`PrivateFormat::Pem`] becomes an encrypted PKCS#8 file (`ENCRYPTED PRIVATE KEY`). Traditional
/// encryption of PKCS#1 is too weak: it derives the key with one round of MD5.
///
/// # Errors
///
/// [`FormatError::PassphraseEmpty`], [`FormatError::PassphraseNul`],
/// [`FormatError::PassphraseTooLong`] or [`FormatError::Cost`]. Errors of the libraries are passed
/// on, but a valid key never causes them.
pub fn write_private(
    key: &PrivateKey,
    format: PrivateFormat,
    comment: &Comment,
    encryption: Option<Encryption<'_>>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    match encryption {
        None => write_plain(key, format, comment, random),
        Some(encryption) => write_encrypted(key, format, comment, encryption, random),
    }
}

fn write_plain(
    key: &PrivateKey,
    format: PrivateFormat,
    comment: &Comment,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    match (format, key) {
        (PrivateFormat::Ppk(version), _) => ppk::write(key, comment, version, None),
        (PrivateFormat::Openssh, _) | (PrivateFormat::Pem, PrivateKey::Ed25519(_)) => {
            openssh(key, comment, None, random)
        }
        (PrivateFormat::Pem, PrivateKey::Rsa(key)) => {
            let der = der::pkcs1_private(key)?;
            Ok(pem::write(pem::RSA_PRIVATE_KEY, der.expose(), PEM_COLUMNS))
        }
        (PrivateFormat::Pkcs8, _) => {
            let der = der::pkcs8_private(key)?;
            Ok(pem::write(pem::PRIVATE_KEY, der.expose(), PEM_COLUMNS))
        }
    }
}

fn write_encrypted(
    key: &PrivateKey,
    format: PrivateFormat,
    comment: &Comment,
    encryption: Encryption<'_>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    let Encryption { passphrase, options, replaced } = encryption;
    cost::check_passphrase(passphrase)?;
    match format.cost(key.public().key_type(), options, replaced)? {
        DerivationCost::Argon2 { memory, passes } => {
            let derivation = &KeyDerivation::draw(memory, passes, random);
            let encryption = PpkEncryption { passphrase, derivation };
            ppk::write(key, comment, PpkVersion::V3, Some(&encryption))
        }
        DerivationCost::Digest => {
            // Version 2 has no parameters.
            let derivation = &KeyDerivation::draw(0, 0, random);
            let encryption = PpkEncryption { passphrase, derivation };
            ppk::write(key, comment, PpkVersion::V2, Some(&encryption))
        }
        DerivationCost::Bcrypt { rounds } => {
            openssh(key, comment, Some((passphrase, rounds)), random)
        }
        DerivationCost::Pbkdf2 { rounds } => {
            let der = der::pkcs8_encrypted(key, passphrase, rounds, random)?;
            Ok(pem::write(pem::ENCRYPTED_PRIVATE_KEY, der.expose(), PEM_COLUMNS))
        }
        // scrypt is only read, never written.
        DerivationCost::Scrypt { .. } => Err(FormatError::KeyDerivationUnknown),
    }
}

fn openssh(
    key: &PrivateKey,
    comment: &Comment,
    encryption: Option<(&Secret, u32)>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    let container = openssh::private_container(key, comment, encryption, random)?;
    Ok(pem::write(pem::OPENSSH_PRIVATE_KEY, container.expose(), OPENSSH_COLUMNS))
}

/// Returns the complete file of `key`. PEM and DER have no comment.
///
/// # Errors
///
/// [`FormatError::Pkcs1NotRsa`], or [`FormatError::CommentTooLong`] for RFC 4716.
pub fn write_public(
    key: &PublicKey,
    format: PublicFormat,
    comment: &Comment,
) -> Result<Vec<u8>, FormatError> {
    let pem = |label, der: &[u8]| pem::write(label, der, PEM_COLUMNS).expose().to_vec();
    match (format, key) {
        (PublicFormat::Openssh, _) => {
            let mut line = openssh::public_line(key, comment);
            line.push(b'\n');
            Ok(line)
        }
        (PublicFormat::Rfc4716, _) => rfc4716::write(key, comment),
        (PublicFormat::Spki, _) => Ok(pem(pem::PUBLIC_KEY, &der::spki(key)?)),
        (PublicFormat::Der, _) => der::spki(key),
        (PublicFormat::Pkcs1, PublicKey::Rsa(key)) => {
            Ok(pem(pem::RSA_PUBLIC_KEY, &der::pkcs1_public(key)?))
        }
        (PublicFormat::Pkcs1, PublicKey::Ed25519(_)) => Err(FormatError::Pkcs1NotRsa),
    }
}

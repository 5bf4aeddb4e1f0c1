//! Complete files in the format that is asked for.

use rand::CryptoRng;

use super::comment::Comment;
use super::error::FormatError;
use super::ppk::{self, KeyDerivation, PpkEncryption, PpkVersion};
use super::{der, openssh, pem, rfc4716};
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

const PEM_COLUMNS: usize = 64;
/// What ssh-keygen writes.
const OPENSSH_COLUMNS: usize = 70;

/// The formats of a private key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateFormat {
    /// What EC2 gives for `pem`: PKCS#1 for RSA, OpenSSH's container for ED25519.
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
    /// Returns the extension of the file's name: `ppk` or `pem`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ppk(_) => "ppk",
            Self::Pem | Self::Openssh | Self::Pkcs8 => "pem",
        }
    }
}

/// The formats of a public key file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicFormat {
    /// OpenSSH's line.
    #[default]
    Openssh,
    /// RFC 4716.
    Rfc4716,
    /// `SubjectPublicKeyInfo` in PEM.
    Spki,
    /// PKCS#1 in PEM, for RSA alone.
    Pkcs1,
    /// `SubjectPublicKeyInfo` in DER.
    Der,
}

/// Returns the complete file of `key`, encrypted if there is a passphrase.
///
/// PEM formats other than OpenSSH's have no place for a comment and leave it out. With a passphrase
/// an RSA key in [`PrivateFormat::Pem`] becomes an encrypted PKCS#8 file (`ENCRYPTED PRIVATE KEY`)
/// and not a PKCS#1 file in traditional PEM encryption, because that derives its key from the
/// passphrase with one round of MD5.
///
/// # Errors
///
/// [`FormatError::PassphraseEmpty`], and for PuTTY [`FormatError::PassphraseNul`]. The errors of
/// the libraries below are passed on, but no key that could be made brings them about.
pub fn write_private(
    key: &PrivateKey,
    format: PrivateFormat,
    comment: &Comment,
    passphrase: Option<&Secret>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    if passphrase.is_some_and(Secret::is_empty) {
        return Err(FormatError::PassphraseEmpty);
    }
    if passphrase.is_some_and(|passphrase| passphrase.expose().contains(&0)) {
        return Err(FormatError::PassphraseNul);
    }
    match (format, key, passphrase) {
        (PrivateFormat::Ppk(version), _, None) => ppk::write(key, comment, version, None),
        (PrivateFormat::Ppk(version), _, Some(passphrase)) => {
            let encryption = PpkEncryption { passphrase, derivation: &KeyDerivation::draw(random) };
            ppk::write(key, comment, version, Some(&encryption))
        }
        (PrivateFormat::Openssh, ..) | (PrivateFormat::Pem, PrivateKey::Ed25519(_), _) => {
            let container = openssh::private_container(key, comment, passphrase, random)?;
            let label = pem::OPENSSH_PRIVATE_KEY;
            Ok(pem::write(label, container.expose(), OPENSSH_COLUMNS))
        }
        (PrivateFormat::Pem, PrivateKey::Rsa(key), None) => {
            let der = der::pkcs1_private(key)?;
            Ok(pem::write(pem::RSA_PRIVATE_KEY, der.expose(), PEM_COLUMNS))
        }
        (PrivateFormat::Pkcs8, _, None) => {
            let der = der::pkcs8_private(key)?;
            Ok(pem::write(pem::PRIVATE_KEY, der.expose(), PEM_COLUMNS))
        }
        (PrivateFormat::Pem | PrivateFormat::Pkcs8, _, Some(passphrase)) => {
            let der = der::pkcs8_encrypted(key, passphrase, random)?;
            let label = pem::ENCRYPTED_PRIVATE_KEY;
            Ok(pem::write(label, der.expose(), PEM_COLUMNS))
        }
    }
}

/// Returns the complete file of `key`. PEM and DER have no place for the comment.
///
/// # Errors
///
/// [`FormatError::Pkcs1NotRsa`], and [`FormatError::CommentTooLong`] for RFC 4716.
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

//! The format of a detected key.

use std::fmt;

use super::der::Structure;
use super::ppk::PpkVersion;
use super::write::PrivateFormat;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetectedFormat {
    /// An OpenSSH public key line.
    OpensshLine,
    /// An RFC 4716 file.
    Rfc4716,
    /// `SubjectPublicKeyInfo`, in PEM, base64 or DER.
    Spki,
    /// A PKCS#1 public key, in PEM, base64 or DER.
    Pkcs1Public,
    /// A PKCS#1 private key.
    Pkcs1Private {
        /// Set if the key is encrypted, including its public half.
        encrypted: bool,
    },
    /// A PKCS#8 private key.
    Pkcs8Private {
        /// Set if the key is encrypted, including its public half.
        encrypted: bool,
    },
    /// An OpenSSH private key.
    OpensshPrivate {
        /// Set if the private half is encrypted.
        encrypted: bool,
    },
    /// A PuTTY private key.
    Ppk {
        /// The version of the file.
        version: PpkVersion,
        /// Set if the private half is encrypted.
        encrypted: bool,
    },
}

impl DetectedFormat {
    /// Returns the format of a DER structure, which was itself encrypted if `encrypted` is set.
    pub(super) fn of_der(structure: Structure, encrypted: bool) -> Self {
        match structure {
            Structure::Pkcs1Private => Self::Pkcs1Private { encrypted },
            Structure::Pkcs1Public => Self::Pkcs1Public,
            Structure::Pkcs8Private => Self::Pkcs8Private { encrypted },
            Structure::Pkcs8Encrypted => Self::Pkcs8Private { encrypted: true },
            Structure::Spki => Self::Spki,
        }
    }

    /// Returns whether this is a private key.
    #[must_use]
    pub fn is_private(self) -> bool {
        match self {
            Self::OpensshLine | Self::Rfc4716 | Self::Spki | Self::Pkcs1Public => false,
            Self::Pkcs1Private { .. }
            | Self::Pkcs8Private { .. }
            | Self::OpensshPrivate { .. }
            | Self::Ppk { .. } => true,
        }
    }

    /// Returns the format that writes a private key like this, or `None` for a public key. DER
    /// becomes PEM.
    #[must_use]
    pub fn private_format(self) -> Option<PrivateFormat> {
        match self {
            Self::OpensshLine | Self::Rfc4716 | Self::Spki | Self::Pkcs1Public => None,
            Self::Pkcs1Private { .. } => Some(PrivateFormat::Pem),
            Self::Pkcs8Private { .. } => Some(PrivateFormat::Pkcs8),
            Self::OpensshPrivate { .. } => Some(PrivateFormat::Openssh),
            Self::Ppk { version, .. } => Some(PrivateFormat::Ppk(version)),
        }
    }

    /// Returns whether this is a private key that needs a passphrase.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        match self {
            Self::OpensshLine | Self::Rfc4716 | Self::Spki | Self::Pkcs1Public => false,
            Self::Pkcs1Private { encrypted }
            | Self::Pkcs8Private { encrypted }
            | Self::OpensshPrivate { encrypted }
            | Self::Ppk { encrypted, .. } => encrypted,
        }
    }
}

impl fmt::Display for DetectedFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_encrypted() {
            formatter.write_str("encrypted ")?;
        }
        match self {
            Self::OpensshLine => formatter.write_str("OpenSSH public key"),
            Self::Rfc4716 => formatter.write_str("RFC 4716 public key"),
            Self::Spki => formatter.write_str("SPKI public key"),
            Self::Pkcs1Public => formatter.write_str("PKCS#1 public key"),
            Self::Pkcs1Private { .. } => formatter.write_str("PKCS#1 private key"),
            Self::Pkcs8Private { .. } => formatter.write_str("PKCS#8 private key"),
            Self::OpensshPrivate { .. } => formatter.write_str("OpenSSH private key"),
            Self::Ppk { version, .. } => {
                write!(formatter, "PuTTY private key (version {})", version.number())
            }
        }
    }
}

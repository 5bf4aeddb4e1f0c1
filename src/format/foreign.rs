//! Formats of keys that are recognized but not read.

use std::fmt;

/// A format that is recognized but not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignFormat {
    /// A private key of Dropbear.
    Dropbear,
    /// A key store of Java, in the formats JKS and JCEKS.
    Jks,
    /// A JSON Web Key (RFC 7517).
    Jwk,
    /// A key blob of Windows' CryptoAPI.
    MsBlob,
    /// A key or message of OpenPGP, in binary or text.
    OpenPgp,
    /// A PKCS#12 file, also known as PFX.
    Pkcs12,
    /// A PKCS#7 file, with certificates.
    Pkcs7,
    /// A private key file of Windows SDK tools.
    Pvk,
    /// A private key of version 1 of the SSH protocol.
    Ssh1,
    /// A private key of ssh.com and Tectia.
    SshCom,
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dropbear => "Dropbear private keys",
            Self::Jks => "Java key stores (JKS)",
            Self::Jwk => "JSON Web Keys (JWK)",
            Self::MsBlob => "Microsoft key blobs",
            Self::OpenPgp => "OpenPGP keys",
            Self::Pkcs12 => "PKCS#12 files",
            Self::Pkcs7 => "PKCS#7 files",
            Self::Pvk => "PVK private keys",
            Self::Ssh1 => "SSH-1 private keys",
            Self::SshCom => "ssh.com private keys",
        })
    }
}

impl ForeignFormat {
    /// Returns whether files of this format contain private keys.
    pub(super) fn is_private(self, file: &[u8]) -> bool {
        match self {
            Self::Dropbear | Self::Jks | Self::Pkcs12 | Self::Pvk | Self::Ssh1 | Self::SshCom => {
                true
            }
            Self::Jwk => [&b"\"d\""[..], b"\"k\""].iter().any(|member| contains(file, member)),
            Self::MsBlob => file.starts_with(b"\x07"),
            // Packet tag 5 (RFC 9580 section 4.2), in the old or new form.
            Self::OpenPgp => {
                matches!(file.first(), Some(0x94..=0x97 | 0xc5))
                    || contains(file, b"-----BEGIN PGP PRIVATE KEY BLOCK-----")
            }
            Self::Pkcs7 => false,
        }
    }
}

fn contains(text: &[u8], pattern: &[u8]) -> bool {
    text.windows(pattern.len()).any(|window| window == pattern)
}

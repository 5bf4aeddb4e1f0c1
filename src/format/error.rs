//! The error type of the readers and writers, with one variant per fault.

use super::derivation::CostError;
use super::foreign::ForeignFormat;
use super::invisible::Invisible;
use crate::key::KeyError;

/// Why input is not an acceptable key, or why a key cannot be written.
///
/// Offsets are in bytes. No variant contains bytes of the input.
#[expect(missing_docs, reason = "the messages describe the variants")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("the input is empty")]
    Empty,
    #[error("the input is longer than {limit} bytes")]
    TooLong {
        /// The limit for the detected format.
        limit: usize,
    },
    /// Outside of comments.
    #[error("{found}{}", if *.is_decoded { ", in the decoded text" } else { "" })]
    InvisibleCharacter {
        found: Invisible,
        /// Set if the place is not one of the file but of the text that was decoded from it.
        is_decoded: bool,
    },
    #[error("the text is invalid UTF-16")]
    Utf16Broken,
    #[error("not a key in any supported format")]
    Unrecognized,
    #[error("the input contains more than one key")]
    SeveralKeys,
    #[error("unexpected text after the key line")]
    TextAfterKey,

    /// Too long for RFC 4716.
    #[error("the comment has {length} bytes; the maximum is {max}")]
    CommentTooLong { length: usize, max: usize },
    #[error("the comment contains a line break or a NUL byte at offset {offset}")]
    CommentByte {
        /// The offset in the comment.
        offset: usize,
    },

    #[error("{0} are not supported")]
    Foreign(ForeignFormat),
    #[error("DSA keys are not accepted")]
    Dsa,
    #[error("ECDSA keys are not accepted")]
    Ecdsa,
    #[error("FIDO security keys (sk-) are not accepted")]
    SecurityKey,
    #[error("post-quantum keys are not accepted")]
    PostQuantum,
    #[error("this is an OpenSSH certificate, not a public key")]
    OpensshCertificate,
    #[error("this is an X.509 certificate, not a public key")]
    X509Certificate,
    /// A signature algorithm (RFC 8332) as a key type.
    #[error("rsa-sha2-256 and rsa-sha2-512 are signature algorithms; the key type is ssh-rsa")]
    RsaSignatureName,
    #[error("the key type is neither ssh-rsa nor ssh-ed25519")]
    TypeUnknown,
    #[error("the stated key type differs from the key type inside the base64")]
    TypeMismatch,
    #[error("unexpected authorized_keys options before the key")]
    Options,
    #[error("the base64 of the key is missing")]
    BlobMissing,

    #[error("invalid base64 character at offset {offset}")]
    Base64Character {
        /// The offset, not counting whitespace.
        offset: usize,
    },
    /// The alphabet of RFC 4648 section 5, with `-` and `_`.
    #[error("the base64 uses the URL-safe alphabet")]
    Base64UrlSafe,
    #[error("the base64 is truncated or wrongly padded")]
    Base64Padding,
    #[error("the base64 is not canonical (unused trailing bits are set)")]
    Base64NotCanonical,

    #[error("the field at offset {offset} needs {needed} bytes, but only {left} are left")]
    WireTruncated { offset: usize, needed: usize, left: usize },
    #[error("unexpected data after the last field ({count} bytes)")]
    WireTrailing { count: usize },
    #[error("a number is negative")]
    NumberNegative,
    #[error("the ED25519 key has {length} bytes instead of 32")]
    Ed25519Length { length: usize },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the public half belongs to another private key")]
    HalvesDiffer,
    /// Only n, e and d are there, and nothing is in clear.
    #[error("the RSA primes are missing, and the whole file is encrypted")]
    PrimesMissingInEncrypted,

    #[error("the END line is missing")]
    EndMissing,
    #[error("the labels of the BEGIN and END lines differ")]
    PemLabels,
    #[error("unsupported PEM label")]
    PemLabelUnknown,
    #[error("this is a public key; the private key is required")]
    NotPrivate,
    #[error("the private key is encrypted; its passphrase is required")]
    PassphraseNeeded,
    /// Two faults that cannot be distinguished.
    ///
    /// Damage is not always detected. An encrypted PKCS#8 file has no integrity check, and one with
    /// an ED25519 key has no public half either, so a damaged seed is just another key.
    #[error("the passphrase is wrong, or the file is damaged")]
    PassphraseWrong,
    /// Traditional PEM encryption (`Proc-Type: 4,ENCRYPTED`) hides the public half.
    #[error("the whole PEM file is encrypted; its passphrase is required")]
    PemEncrypted,
    /// Encrypted PKCS#8 hides the public half.
    #[error("the whole PKCS#8 file is encrypted; its passphrase is required")]
    Pkcs8Encrypted,

    #[error("unsupported cipher")]
    CipherUnknown,
    /// A cipher of OpenSSL.
    #[error("unsupported cipher {name}")]
    PemCipher { name: &'static str },
    #[error("the initialization vector has the wrong length for the cipher")]
    InitialVector,
    /// The private part is encrypted, or padded as if it were.
    #[error("the private part is not a whole number of cipher blocks")]
    CipherBlocks,
    /// Not bcrypt in an OpenSSH file, or not PBKDF2 or scrypt in PKCS#8.
    #[error("unsupported key derivation function")]
    KeyDerivationUnknown,
    /// Out of range, for example zero rounds.
    #[error("invalid {parameter} in the key derivation")]
    KeyDerivationValue {
        /// The name of the parameter.
        parameter: &'static str,
    },
    /// More time or memory than any honest file requires.
    #[error("the key derivation asks for {found} {parameter}; the maximum is {max}")]
    KeyDerivationCost {
        /// The unit and the parameter.
        parameter: &'static str,
        found: u64,
        max: u64,
    },

    #[error(transparent)]
    Cost(#[from] CostError),

    #[error("the DEK-Info header is missing or malformed")]
    DekInfo,
    /// The schemes before PBES2, with DES, RC2 or RC4.
    #[error("the PKCS#8 file is not encrypted with PBES2")]
    Pkcs8Scheme {
        /// Set if the cipher is triple DES, the only one still in use.
        is_triple_des: bool,
    },

    /// Not DER, or not the structure that its first fields indicate.
    #[error("the DER is malformed")]
    Der {
        #[from]
        source: pkcs8::der::Error,
    },
    #[error("unrecognized DER structure")]
    DerUnknown,
    #[error("unsupported key algorithm: expected RSA or ED25519")]
    AlgorithmUnknown,
    #[error("unsupported key algorithm {name}: expected RSA or ED25519")]
    AlgorithmUnsupported { name: &'static str },

    #[error("RSA keys with more than two primes are not supported")]
    RsaMultiPrime,

    #[error("the OpenSSH private key does not begin with openssh-key-v1")]
    OpensshMagic,
    #[error("the cipher and the key derivation of the OpenSSH private key contradict each other")]
    OpensshCipher,
    /// OpenSSH detects a wrong passphrase by these numbers. Here they differ in an unencrypted
    /// file.
    #[error("the two check numbers of the OpenSSH private key differ")]
    OpensshCheck,
    /// An authenticated cipher needs a complete tag after the encrypted section.
    #[error("the authentication tag has {length} bytes instead of 16")]
    OpensshTag { length: usize },
    /// The padding must be 1, 2, 3, ….
    #[error("invalid padding in the OpenSSH private key")]
    OpensshPadding,
    #[error("the ssh-key library rejected the OpenSSH private key")]
    Openssh {
        #[from]
        source: ssh_key::Error,
    },

    #[error("line {line} is neither a header nor base64")]
    Rfc4716Header {
        /// The line number, from 1.
        line: usize,
    },

    /// Version 1 does not protect the key, and versions above 3 do not exist yet.
    #[error("unsupported PuTTY key file version {version}: expected 2 or 3")]
    PpkVersion { version: u32 },
    /// A missing, misspelled or misplaced header.
    #[error("invalid line {line}: expected the header {expected}")]
    PpkHeader {
        /// The line number, from 1.
        line: usize,
        /// The name of the header.
        expected: &'static str,
    },
    #[error("invalid value of the header {header}")]
    PpkValue { header: &'static str },
    #[error("invalid line {line}: expected base64 of at most 64 characters")]
    PpkBase64 {
        /// The line number, from 1.
        line: usize,
    },
    #[error("the MAC does not match: the file was changed")]
    PpkMac,

    #[error("the passphrase is empty")]
    PassphraseEmpty,
    #[error("the passphrase is longer than {limit} bytes, the limit of other programs")]
    PassphraseTooLong { limit: usize },
    /// Other programs stop reading a passphrase at a NUL.
    #[error("the passphrase contains a NUL byte")]
    PassphraseNul,
    #[error("invalid Argon2 parameters")]
    Argon2 {
        #[from]
        source: argon2::Error,
    },
    #[error("cannot encrypt the PKCS#8 file")]
    Pkcs8 {
        #[from]
        source: pkcs8::Error,
    },
    #[error("PKCS#1 is only for RSA keys")]
    Pkcs1NotRsa,
}

impl FormatError {
    /// Returns whether the fault may be one of the text, not of the key in it.
    pub(super) fn is_of_text(&self) -> bool {
        matches!(
            self,
            Self::Unrecognized
                | Self::TextAfterKey
                | Self::TypeUnknown
                | Self::TypeMismatch
                | Self::Options
                | Self::BlobMissing
                | Self::Base64Character { .. }
                | Self::Base64Padding
                | Self::EndMissing
                | Self::PemLabels
                | Self::PemLabelUnknown
                | Self::CipherUnknown
                | Self::DekInfo
                | Self::OpensshMagic
                | Self::Rfc4716Header { .. }
                | Self::PpkVersion { .. }
                | Self::PpkHeader { .. }
                | Self::PpkValue { .. }
                | Self::PpkBase64 { .. }
        )
    }
}

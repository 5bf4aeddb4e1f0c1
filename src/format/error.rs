//! What can be wrong with a key file: one variant for each fault.

use super::derivation::CostError;
use crate::key::KeyError;

/// Why bytes are not a key that we accept, or why a key cannot be written.
///
/// Offsets count bytes. No variant carries bytes of the input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// There is nothing but blanks.
    #[error("the input is empty")]
    Empty,
    /// More bytes than any key file needs.
    #[error("the input is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that are accepted for what was found.
        limit: usize,
    },
    /// Text with a zero byte in it.
    #[error("there is a NUL byte at offset {offset}")]
    NulByte {
        /// Where it is.
        offset: usize,
    },
    /// Text that looks like UTF-16 and is not.
    #[error("the text is broken UTF-16")]
    Utf16Broken,
    /// No format that we know.
    #[error("this is not a key in any known format")]
    Unrecognized,
    /// More than one key, where one is meant.
    #[error("there is more than one key")]
    SeveralKeys,
    /// Text after the line of an OpenSSH public key that is no other key.
    #[error("there is text after the line of the key")]
    TextAfterKey,

    /// A comment that is too long for RFC 4716.
    #[error("the comment has {length} bytes; the most is {max}")]
    CommentTooLong {
        /// Its length in bytes.
        length: usize,
        /// The most that is accepted.
        max: usize,
    },
    /// A comment with a line break or a NUL in it.
    #[error("the comment has a line break or a NUL byte at offset {offset}")]
    CommentByte {
        /// Where it is in the comment.
        offset: usize,
    },

    /// A DSA key.
    #[error("DSA keys are not accepted")]
    Dsa,
    /// A key on one of the NIST curves.
    #[error("ECDSA keys are not accepted")]
    Ecdsa,
    /// A key that lives in a FIDO security key (`sk-…`).
    #[error("keys of FIDO security keys (sk-) are not accepted")]
    SecurityKey,
    /// An OpenSSH certificate.
    #[error("this is an OpenSSH certificate, not a public key")]
    OpensshCertificate,
    /// An X.509 certificate.
    #[error("this is an X.509 certificate, not a public key")]
    X509Certificate,
    /// `rsa-sha2-256` or `rsa-sha2-512`, names of signatures (RFC 8332), as the type of a key.
    #[error("rsa-sha2-256 and rsa-sha2-512 name signatures; the key type is ssh-rsa")]
    RsaSignatureName,
    /// A type of key that is not `ssh-rsa` or `ssh-ed25519`.
    #[error("the key type is neither ssh-rsa nor ssh-ed25519")]
    TypeUnknown,
    /// The type before the base64 and the type in it differ.
    #[error("the key type named and the key type in the blob differ")]
    TypeMismatch,
    /// `authorized_keys` options before the key.
    #[error("there are authorized_keys options before the key")]
    Options,
    /// A key type with nothing after it.
    #[error("there is no base64 after the key type")]
    BlobMissing,

    /// A character that is not in the base64 alphabet.
    #[error("the base64 has a foreign character at offset {offset}")]
    Base64Character {
        /// Where it is, blanks not counted.
        offset: usize,
    },
    /// The alphabet of RFC 4648 section 5, with `-` and `_`.
    #[error("the base64 is in the URL-safe alphabet")]
    Base64UrlSafe,
    /// Base64 that was cut off, or whose `=` are missing or too many.
    #[error("the base64 is cut off or wrongly padded")]
    Base64Padding,
    /// Base64 whose last character carries bits that no byte needs.
    #[error("the base64 is not the only encoding of its bytes")]
    Base64NotCanonical,

    /// A field that says it is longer than what is left.
    #[error("a field at offset {offset} needs {needed} bytes and {left} are left")]
    WireTruncated {
        /// Where the field begins.
        offset: usize,
        /// How long it says it is.
        needed: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// Bytes after the last field.
    #[error("there are {count} bytes after the last field")]
    WireTrailing {
        /// How many.
        count: usize,
    },
    /// A number below zero.
    #[error("a number is negative")]
    NumberNegative,
    /// A number with leading zeros that it does not need.
    #[error("a number has needless leading zeros")]
    NumberPadded,
    /// An ED25519 key of another length than 32 bytes.
    #[error("the ED25519 key has {length} bytes instead of 32")]
    Ed25519Length {
        /// Its length in bytes.
        length: usize,
    },
    /// Numbers that are not a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A private and a public key in one file that do not belong together.
    #[error("the public half belongs to another private key")]
    HalvesDiffer,

    /// A PEM block without its END line.
    #[error("the END line is missing")]
    EndMissing,
    /// A PEM block whose END line has another label than its BEGIN line.
    #[error("the labels of the BEGIN line and the END line differ")]
    PemLabels,
    /// A PEM block of something else than a key.
    #[error("the label of the PEM block names no key that we read")]
    PemLabelUnknown,
    /// A public key, where a private one is needed.
    #[error("this is a public key, and the private key is needed")]
    NotPrivate,
    /// An encrypted private key, and no passphrase to decrypt it with.
    #[error("the private key is encrypted and needs its passphrase")]
    PassphraseNeeded,
    /// A passphrase that does not decrypt the file, or a damaged file: the two cannot be told apart.
    ///
    /// A damaged file is not always refused. An encrypted PKCS#8 file has no integrity check, and that of an
    /// ED25519 key has no public half either: a change within the seed gives another key.
    #[error("the passphrase is wrong, or the file is damaged")]
    PassphraseWrong,
    /// Traditional PEM encryption (`Proc-Type: 4,ENCRYPTED`), which hides the public half.
    #[error("the PEM file is encrypted as a whole: it needs its passphrase")]
    PemEncrypted,
    /// An encrypted PKCS#8 file, which hides the public half.
    #[error("the PKCS#8 file is encrypted as a whole: it needs its passphrase")]
    Pkcs8Encrypted,

    /// A cipher that we do not decrypt.
    #[error("the private key is encrypted with a cipher that is not read")]
    CipherUnknown,
    /// An initial vector of another length than the block of the cipher.
    #[error("the initial vector does not have the length that the cipher needs")]
    InitialVector,
    /// A private part, encrypted or padded as if it were, that is not made of whole cipher blocks.
    #[error("the private part is not a whole number of cipher blocks")]
    CipherBlocks,
    /// Another key derivation than bcrypt in an OpenSSH file, or than PBKDF2 and scrypt in PKCS#8.
    #[error("the key is derived from the passphrase in a way that is not read")]
    KeyDerivationUnknown,
    /// A parameter of a key derivation that is not allowed, such as no rounds at all.
    #[error("the {parameter} of the key derivation cannot be right")]
    KeyDerivationValue {
        /// What it is called.
        parameter: &'static str,
    },
    /// A key derivation that would take longer, or more memory, than any honest file asks for.
    #[error("the key derivation asks for {found} {parameter}; the most is {max}")]
    KeyDerivationCost {
        /// What there is too much of.
        parameter: &'static str,
        /// How much the file asks for.
        found: u64,
        /// The most that is accepted.
        max: u64,
    },

    /// A cost of the key derivation that a new file cannot have.
    #[error(transparent)]
    Cost(#[from] CostError),

    /// A `DEK-Info` header that is missing, or that is no cipher and initial vector.
    #[error("the DEK-Info header is missing or malformed")]
    DekInfo,
    /// PKCS#8 encryption of before PBES2, with DES, RC2 or RC4.
    #[error("the PKCS#8 file is not encrypted with PBES2")]
    Pkcs8Scheme {
        /// Whether the cipher is triple DES, the only one of them that is not obsolete everywhere.
        is_triple_des: bool,
    },

    /// Bytes that are no DER of the structure they begin as.
    #[error("the DER is malformed")]
    Der {
        /// What the DER library said.
        #[from]
        source: pkcs8::der::Error,
    },
    /// DER of another structure than a key.
    #[error("the DER is no key structure that we know")]
    DerUnknown,
    /// A key for another algorithm than RSA and ED25519.
    #[error("the key is for an algorithm other than RSA and ED25519")]
    AlgorithmUnknown,

    /// An RSA key of more than two primes.
    #[error("RSA keys of more than two primes are not read")]
    RsaMultiPrime,

    /// An `OPENSSH PRIVATE KEY` block that does not begin with `openssh-key-v1`.
    #[error("the OpenSSH private key does not begin with openssh-key-v1")]
    OpensshMagic,
    /// A cipher without a key derivation, or a key derivation without a cipher.
    #[error("the cipher and the key derivation of the OpenSSH private key contradict each other")]
    OpensshCipher,
    /// Two check numbers, by which OpenSSH knows the right passphrase, that differ in clear.
    #[error("the two check numbers of the OpenSSH private key differ")]
    OpensshCheck,
    /// An authenticated cipher without a whole tag after the encrypted section.
    #[error("the tag after the encrypted section has {length} bytes instead of 16")]
    OpensshTag {
        /// Its length in bytes.
        length: usize,
    },
    /// Padding that does not count 1, 2, 3.
    #[error("the padding of the OpenSSH private key is wrong")]
    OpensshPadding,
    /// An OpenSSH private key that its library neither encrypts nor writes.
    #[error("the OpenSSH private key is refused by its library")]
    Openssh {
        /// What the library said.
        #[from]
        source: ssh_key::Error,
    },

    /// A header of an RFC 4716 file that is never finished.
    #[error("line {line} is no header and no base64")]
    Rfc4716Header {
        /// The line, the first being 1.
        line: usize,
    },
    /// An ssh.com private key.
    #[error("ssh.com private keys are not read")]
    SshComPrivate,

    /// A PuTTY file of version 1, which protects nothing, or of a version that does not exist yet.
    #[error("PuTTY key files of version {version} are not read; versions 2 and 3 are")]
    PpkVersion {
        /// The version it claims.
        version: u32,
    },
    /// A header of a PuTTY file that is missing, misspelt or out of order.
    #[error("line {line} should be the header {expected}")]
    PpkHeader {
        /// The line, the first being 1.
        line: usize,
        /// The name that belongs there.
        expected: &'static str,
    },
    /// A value of a header in a PuTTY file that is not allowed.
    #[error("the value of the header {header} is not allowed")]
    PpkValue {
        /// The name of the header.
        header: &'static str,
    },
    /// Base64 in a PuTTY file that breaks off, or a line of it that is too long.
    #[error("line {line} should be base64 of at most 64 characters")]
    PpkBase64 {
        /// The line, the first being 1.
        line: usize,
    },
    /// A PuTTY file whose MAC is not that of its content.
    #[error("the MAC does not match: the file was changed")]
    PpkMac,

    /// A passphrase without a character.
    #[error("the passphrase is empty")]
    PassphraseEmpty,
    /// A passphrase that other programs have no room for.
    #[error("the passphrase is longer than the {limit} bytes that other programs read")]
    PassphraseTooLong {
        /// The most bytes that they read.
        limit: usize,
    },
    /// A passphrase with a NUL, at which other programs would stop reading it.
    #[error("the passphrase has a NUL byte in it")]
    PassphraseNul,
    /// Argon2 parameters that its library refuses.
    #[error("the Argon2 parameters are not allowed")]
    Argon2 {
        /// What the library said.
        #[from]
        source: argon2::Error,
    },
    /// A PKCS#8 file that could not be encrypted.
    #[error("the PKCS#8 file could not be encrypted")]
    Pkcs8 {
        /// What the library said.
        #[from]
        source: pkcs8::Error,
    },
    /// PKCS#1, which is for RSA alone, asked of another key.
    #[error("PKCS#1 is for RSA keys alone")]
    Pkcs1NotRsa,
}

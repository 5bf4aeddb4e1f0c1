//! Reads PuTTY private key files.

use super::protection::{AES256_CBC, BLOCK_BYTES, NO_ENCRYPTION};
use super::protection::{Argon2Variant, KeyDerivation, Keys, MacInput, PpkVersion};
use crate::format::blob;
use crate::format::comment::Comment;
use crate::format::derivation::DerivationCost;
use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::text::{self, Lines};
use crate::key::PublicKey;
use crate::secret::Secret;

const FIRST_HEADER: &[u8] = b"PuTTY-User-Key-File-";
/// PuTTY's limits: a blob of 256 KiB, 48 bytes per line.
const MAX_LINES: usize = 5461;
const MAX_LINE_CHARACTERS: usize = 64;

/// Returns whether `text` begins like a PuTTY private key file.
pub(in crate::format) fn is_ppk(text: &[u8]) -> bool {
    text.starts_with(FIRST_HEADER)
}

/// A file with a valid structure.
pub(in crate::format) struct PpkFile<'a> {
    pub(in crate::format) version: PpkVersion,
    pub(in crate::format) encrypted: bool,
    pub(in crate::format) public: PublicKey,
    pub(in crate::format) comment: Comment,
    algorithm: &'a [u8],
    public_blob: Secret,
    /// Present in encrypted files of version 3.
    pub(super) derivation: Option<KeyDerivation>,
    /// The blob as stored, possibly encrypted.
    pub(super) private_blob: Secret,
    pub(super) mac: Vec<u8>,
}

impl<'a> PpkFile<'a> {
    /// Reads a file. Lines end in LF, CR LF or CR; blank lines and text after the MAC are ignored.
    ///
    /// Checks the MAC of an unencrypted file. The MAC of an encrypted one needs the passphrase.
    pub(in crate::format) fn read(text: &'a [u8]) -> Result<Self, FormatError> {
        let mut headers = Headers::new(text);
        let (version, algorithm) = headers.first()?;
        let encrypted = match headers.value("Encryption")? {
            value if value == NO_ENCRYPTION.as_bytes() => false,
            value if value == AES256_CBC.as_bytes() => true,
            _ => {
                return Err(FormatError::PpkValue { header: "Encryption" });
            }
        };
        let comment = Comment::new(headers.value("Comment")?)?;
        let public_blob = headers.blob("Public-Lines")?;
        let derivation = match version {
            PpkVersion::V3 if encrypted => Some(headers.derivation()?),
            PpkVersion::V2 | PpkVersion::V3 => None,
        };
        let private_blob = headers.blob("Private-Lines")?;
        if encrypted && !private_blob.len().is_multiple_of(BLOCK_BYTES) {
            return Err(FormatError::CipherBlocks);
        }
        let mac = encoding::from_hexadecimal(headers.value("Private-MAC")?)
            .filter(|mac| mac.len() == version.mac_bytes())
            .ok_or(FormatError::PpkValue { header: "Private-MAC" })?;
        let file = Self {
            version,
            encrypted,
            public: blob::decode_named(algorithm, public_blob.expose())?,
            comment,
            algorithm,
            public_blob,
            derivation,
            private_blob,
            mac,
        };
        if !encrypted {
            let keys = Keys::unencrypted(version);
            keys.verify(&file.mac_input(&keys, &file.private_blob), &file.mac)?;
        }
        Ok(file)
    }

    /// Returns the cost of the key derivation if the file is encrypted.
    pub(in crate::format) fn cost(&self) -> Option<DerivationCost> {
        let derived = self.derivation.as_ref().map(KeyDerivation::cost);
        self.encrypted.then(|| derived.unwrap_or(DerivationCost::Digest))
    }

    /// Returns the input of the MAC, given the decrypted private blob.
    pub(super) fn mac_input<'b>(&'b self, keys: &Keys, private: &'b Secret) -> MacInput<'b> {
        MacInput {
            algorithm: self.algorithm,
            encryption: keys.encryption_name().as_bytes(),
            comment: self.comment.as_bytes(),
            public: self.public_blob.expose(),
            private,
        }
    }
}

/// Reads the lines of a file in their fixed order.
struct Headers<'a> {
    lines: Lines<'a>,
    taken: usize,
}

impl<'a> Headers<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { lines: text::lines(text), taken: 0 }
    }

    /// Returns the next line that is not blank.
    fn line(&mut self) -> Option<&'a [u8]> {
        loop {
            self.taken = self.taken.saturating_add(1);
            let line = self.lines.next()?;
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
    }

    /// Reads the first header: the version and the key type.
    fn first(&mut self) -> Result<(PpkVersion, &'a [u8]), FormatError> {
        let malformed = FormatError::PpkHeader { line: 1, expected: "PuTTY-User-Key-File" };
        let line = self.line().unwrap_or_default();
        let Some(header) = line.strip_prefix(FIRST_HEADER) else {
            return Err(malformed);
        };
        let digits = header.iter().take_while(|byte| byte.is_ascii_digit());
        let (digits, value) = header.split_at(digits.count());
        let (Some(version), Some(value)) = (number(digits), value.strip_prefix(b": ")) else {
            return Err(malformed);
        };
        match version {
            2 => Ok((PpkVersion::V2, value)),
            3 => Ok((PpkVersion::V3, value)),
            _ => Err(FormatError::PpkVersion { version }),
        }
    }

    /// Reads the header `name`.
    fn value(&mut self, name: &'static str) -> Result<&'a [u8], FormatError> {
        let line = self.line();
        let value = line.and_then(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b": "));
        value.ok_or(FormatError::PpkHeader { line: self.taken, expected: name })
    }

    /// Reads the header `name` as a decimal number.
    fn number(&mut self, name: &'static str) -> Result<u32, FormatError> {
        number(self.value(name)?).ok_or(FormatError::PpkValue { header: name })
    }

    /// Reads the header `name`, a number of lines, and that many lines of base64.
    fn blob(&mut self, name: &'static str) -> Result<Secret, FormatError> {
        let count = usize::try_from(self.number(name)?).unwrap_or(usize::MAX);
        if count >= MAX_LINES {
            return Err(FormatError::PpkValue { header: name });
        }
        let mut base64 = Secret::with_capacity(count.saturating_mul(MAX_LINE_CHARACTERS));
        for _ in 0..count {
            match self.line() {
                Some(line) if line.len() <= MAX_LINE_CHARACTERS && line.len() % 4 == 0 => {
                    base64.push(line);
                }
                _ => return Err(FormatError::PpkBase64 { line: self.taken }),
            }
        }
        encoding::from_base64(base64.expose())
    }

    /// Reads the five headers of the key derivation.
    fn derivation(&mut self) -> Result<KeyDerivation, FormatError> {
        const VARIANT: &str = "Key-Derivation";
        const SALT: &str = "Argon2-Salt";
        let name = self.value(VARIANT)?;
        let variant = [Argon2Variant::D, Argon2Variant::I, Argon2Variant::Id]
            .into_iter()
            .find(|variant| variant.name().as_bytes() == name)
            .ok_or(FormatError::PpkValue { header: VARIANT })?;
        Ok(KeyDerivation {
            variant,
            memory: self.number("Argon2-Memory")?,
            passes: self.number("Argon2-Passes")?,
            parallelism: self.number("Argon2-Parallelism")?,
            salt: encoding::from_hexadecimal(self.value(SALT)?)
                .ok_or(FormatError::PpkValue { header: SALT })?,
        })
    }
}

/// Parses an unsigned decimal number.
fn number(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let digits = digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)?;
    digits.parse().ok()
}

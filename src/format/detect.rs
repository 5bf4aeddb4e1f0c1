//! Detects the format of a key file by its contents.

use super::der::{self, Structure};
use super::error::FormatError;
use super::invisible::Invisible;
use super::openssh::{self, Container};
use super::pem::PemBlock;
use super::ppk::{self, PpkFile};
use super::undo::{self, Undone};
use super::{characters, encoding, magic, pem, rfc4716, text};
use crate::key::PublicKey;
use crate::secret::Secret;

/// Maximum size of any key file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Maximum size of a file with only a public key, in bytes.
pub const MAX_PUBLIC_BYTES: usize = 64 * 1024;

/// Returns whether this beginning of a file rules out a key: it is neither text (in UTF-8 or
/// UTF-16) nor DER, and has no magic number of a key.
#[must_use]
pub fn excludes_key(beginning: &[u8]) -> bool {
    !beginning.starts_with(b"0")
        && magic::format_of(beginning).is_none()
        && beginning.windows(2).any(|pair| pair == [0, 0])
}

/// The contents of a file, converted to UTF-8 if they are UTF-16, and freed from the work of secret
/// stores.
pub(super) struct Input<'a> {
    original: &'a [u8],
    utf8: Option<Secret>,
    undone: Option<Secret>,
    changes: Vec<Undone>,
}

impl<'a> Input<'a> {
    /// Checks the length, decodes UTF-16, and undoes changes of the text around a key.
    pub(super) fn new(input: &'a [u8]) -> Result<Self, FormatError> {
        check_length(input, MAX_BYTES)?;
        let utf8 = text::from_utf16(input)?;
        let mut content = Self { original: input, utf8, undone: None, changes: Vec::new() };
        if !is_der(content.file_text()) {
            (content.undone, content.changes) = undo::undo(content.file_text());
        }
        Ok(content)
    }

    /// Returns the changes that were undone.
    pub(super) fn changes(&self) -> &[Undone] {
        &self.changes
    }

    /// Replaces a fault of the text with the invisible character that may be its cause.
    pub(super) fn explain(&self, fault: FormatError) -> FormatError {
        // Any text may contain invisible characters; only a key must not.
        let mut lines = text::lines(self.text()).map(characters::trim_start);
        let is_key = !matches!(fault, FormatError::Unrecognized) || lines.any(undo::begins_key);
        if !is_key || !fault.is_of_text() || is_der(self.text()) {
            return fault;
        }
        match characters::find(self.text()) {
            Some(found) => self.place_of(found),
            None => fault,
        }
    }

    /// Reports an invisible character of the text, in its place in the file if it is there as well.
    fn place_of(&self, found: Invisible) -> FormatError {
        let in_file = characters::find(self.file_text());
        match in_file.filter(|it| it.character == found.character) {
            _ if self.undone.is_none() => {
                FormatError::InvisibleCharacter { found, is_decoded: false }
            }
            Some(found) => FormatError::InvisibleCharacter { found, is_decoded: false },
            None => FormatError::InvisibleCharacter { found, is_decoded: true },
        }
    }

    /// Detects the format.
    pub(super) fn detect(&self) -> Result<Detected<'_>, FormatError> {
        let input = self.text();
        if is_der(input) {
            if let Some(format) = magic::of_der(input) {
                return Err(FormatError::Foreign(format));
            }
            return Ok(Detected::Der(der::to_der(input)?));
        }
        if let Some(format) = magic::format_of(input) {
            return Err(FormatError::Foreign(format));
        }
        if let Some(found) = characters::find_before_key(input, undo::begins_key) {
            return Err(self.place_of(found));
        }
        if input.contains(&0) {
            // Binary files have more faults than one character.
            let found = characters::find_nul(input).filter(|_| undo::mentions_key(input));
            return Err(found.map_or(FormatError::Unrecognized, |found| self.place_of(found)));
        }
        if BeginMarkers::in_text(input).has_several_keys() {
            return Err(FormatError::SeveralKeys);
        }
        if ppk::is_ppk(input.trim_ascii_start()) {
            return Ok(Detected::Ppk(input.trim_ascii_start()));
        }
        if pem::is_pem(input) {
            return Detected::in_pem(pem::read(input)?);
        }
        check_length(input, MAX_PUBLIC_BYTES)?;
        if rfc4716::is_rfc4716(input) {
            Ok(Detected::Rfc4716(input))
        } else if is_base64_der(input) {
            Ok(Detected::Der(der::to_der(encoding::from_base64_lines(input)?.expose())?))
        } else {
            Ok(Detected::OpensshLine(input))
        }
    }

    /// Returns the text after all changes.
    pub(super) fn text(&self) -> &[u8] {
        self.undone.as_ref().map_or_else(|| self.file_text(), Secret::expose)
    }

    /// Returns the text of the file.
    pub(super) fn file_text(&self) -> &[u8] {
        text::strip_bom(self.utf8.as_ref().map_or(self.original, Secret::expose))
    }
}

/// A detected key that has not been parsed.
pub(super) enum Detected<'a> {
    /// A DER structure of any kind.
    Der(Secret),
    /// A PEM block with traditional encryption of a DER structure.
    EncryptedPem(PemBlock<'a>),
    /// OpenSSH's private key container.
    OpensshContainer(Secret),
    /// An OpenSSH public key line, or an unknown format.
    OpensshLine(&'a [u8]),
    Ppk(&'a [u8]),
    Rfc4716(&'a [u8]),
}

impl<'a> Detected<'a> {
    /// Takes the single key among PEM blocks. Its public half, certificates and parameters may
    /// accompany it.
    fn in_pem(blocks: Vec<PemBlock<'a>>) -> Result<Self, FormatError> {
        let (companions, keys): (Vec<_>, Vec<_>) =
            blocks.into_iter().partition(PemBlock::is_companion);
        let (publics, mut privates): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(PemBlock::is_public);
        let mut publics = publics.into_iter();
        let found = match (privates.pop(), publics.len(), companions.first()) {
            (Some(_), ..) if !privates.is_empty() => return Err(FormatError::SeveralKeys),
            (Some(private), ..) => Self::of(private)?,
            (None, 0, Some(companion)) => {
                companion.pem_type()?;
                return Err(FormatError::PemLabelUnknown);
            }
            (None, ..) => Self::of(publics.next().ok_or(FormatError::Unrecognized)?)?,
        };
        let key = found.public();
        for public in publics {
            if key.is_none() || Self::of(public)?.public() != key {
                return Err(FormatError::SeveralKeys);
            }
        }
        Ok(found)
    }

    fn of(block: PemBlock<'a>) -> Result<Self, FormatError> {
        Ok(match block.pem_type()? {
            pem::PemType::Der if block.is_encrypted() => Self::EncryptedPem(block),
            pem::PemType::Der => Self::Der(der::to_der(block.contents.expose())?),
            pem::PemType::Openssh => Self::OpensshContainer(block.contents),
        })
    }

    /// Returns the public half of a PEM block, unless it is encrypted.
    fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Der(der) => Some(der::read_public(der.expose()).ok()?.1),
            Self::OpensshContainer(bytes) => Some(Container::read(bytes.expose()).ok()?.public),
            Self::EncryptedPem(_) | Self::OpensshLine(_) | Self::Ppk(_) | Self::Rfc4716(_) => None,
        }
    }

    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Der(der) => matches!(
                Structure::of(der.expose()),
                Ok(Structure::Pkcs1Private | Structure::Pkcs8Private | Structure::Pkcs8Encrypted)
            ),
            Self::EncryptedPem(_) | Self::OpensshContainer(_) | Self::Ppk(_) => true,
            Self::OpensshLine(_) | Self::Rfc4716(_) => false,
        }
    }

    pub(super) fn is_encrypted(&self) -> Result<bool, FormatError> {
        Ok(match self {
            Self::Der(der) => der::cost(der.expose())?.is_some(),
            Self::EncryptedPem(block) => match pem::decrypt(block, None) {
                Ok(_) | Err(FormatError::PassphraseNeeded) => true,
                Err(fault) => return Err(fault),
            },
            Self::OpensshContainer(bytes) => Container::read(bytes.expose())?.is_encrypted(),
            Self::Ppk(text) => PpkFile::read(text)?.encrypted,
            Self::OpensshLine(_) | Self::Rfc4716(_) => false,
        })
    }
}

/// Counts the places where keys of each format begin. PEM is not counted, because one key may have
/// several blocks; the PEM and OpenSSH readers check further.
#[derive(Default)]
struct BeginMarkers {
    lines: usize,
    pem: bool,
    ppk: usize,
    rfc4716: usize,
}

impl BeginMarkers {
    fn in_text(text: &[u8]) -> Self {
        let mut found = Self::default();
        for line in text::lines(text).map(<[u8]>::trim_ascii) {
            if line.starts_with(b"-----BEGIN ") {
                found.pem = true;
            } else if ppk::is_ppk(line) {
                found.ppk += 1;
            } else if rfc4716::is_begin(line) {
                found.rfc4716 += 1;
            } else if openssh::is_line(line) {
                found.lines += 1;
            }
        }
        found
    }

    fn has_several_keys(&self) -> bool {
        let Self { lines, pem, ppk, rfc4716 } = self;
        let framed = usize::from(*pem) + ppk + rfc4716;
        framed > 1 || framed == 1 && *lines > 0
    }
}

/// Returns whether `input` begins like a DER sequence and unlike text: with a multi-byte length, an
/// INTEGER, or an algorithm, which begins with an object identifier.
fn is_der(input: &[u8]) -> bool {
    match input {
        [b'0', 0x80..=0xff, ..] | [b'0', _, 2, ..] => true,
        [b'0', _, b'0', 0x80..=0xff, ..] | [b'0', _, b'0', _, 6, ..] => true,
        _ => false,
    }
}

/// Returns whether `text` is pure base64 that begins like a DER sequence.
fn is_base64_der(text: &[u8]) -> bool {
    let mut characters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    characters.next() == Some(&b'M')
        && characters.all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

fn check_length(input: &[u8], limit: usize) -> Result<(), FormatError> {
    if input.len() > limit { Err(FormatError::TooLong { limit }) } else { Ok(()) }
}

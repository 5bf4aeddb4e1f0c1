//! Detects the format of a key file by its contents.

use super::der::{self, Structure};
use super::error::FormatError;
use super::invisible::Invisible;
use super::openssh::{self, Container};
use super::pem::PemBlock;
use super::ppk::{self, PpkFile};
use super::undo::{self, Candidate, Frame, Undone};
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

/// The contents of a file, converted from UTF-16 to UTF-8, without the changes that secret stores
/// make.
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

    /// Reports an invisible character of the text, at its place in the file if the file has it too.
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

    /// Detects the format. All keys in the file must be the same.
    pub(super) fn detect(&self) -> Result<Detected<'_>, FormatError> {
        let input = self.text();
        if is_der(input) {
            return match magic::of_der(input) {
                Some(format) => Err(FormatError::Foreign(format)),
                None => Detected::in_der(input),
            };
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
        Detected::in_text(input)
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

/// The identity of a key that is not decrypted.
enum Identity {
    Public(PublicKey),
    /// The public half is encrypted too: only the same file has the same key.
    Hidden(Secret),
}

impl Identity {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Public(one), Self::Public(other)) => one == other,
            (Self::Hidden(one), Self::Hidden(other)) => one.expose() == other.expose(),
            (Self::Public(_), Self::Hidden(_)) | (Self::Hidden(_), Self::Public(_)) => false,
        }
    }
}

impl<'a> Detected<'a> {
    /// Detects the key that begins a line, and compares the others with it.
    fn in_text(text: &'a [u8]) -> Result<Self, FormatError> {
        if is_base64_der(text) {
            check_length(text, MAX_PUBLIC_BYTES)?;
            return Self::in_der(encoding::from_base64_lines(text)?.expose());
        }
        let (found, frame) = Self::first(text);
        let key = found.as_ref().ok().and_then(Self::identity);
        let mut is_first = true;
        for other in undo::candidates(text) {
            if other.begins_line && other.frame == frame && (is_first || frame == Frame::Pem) {
                is_first = false;
            } else if found.is_ok() || other.is_certain {
                check_other(&other, key.as_ref())?;
            }
        }
        found
    }

    /// Detects the key that the readers find, and its form.
    fn first(text: &'a [u8]) -> (Result<Self, FormatError>, Frame) {
        if ppk::is_ppk(text.trim_ascii_start()) {
            (Ok(Self::Ppk(text.trim_ascii_start())), Frame::Ppk)
        } else if pem::is_pem(text) {
            (pem::read(text).and_then(Self::in_pem), Frame::Pem)
        } else if rfc4716::is_rfc4716(text) {
            let short = check_length(text, MAX_PUBLIC_BYTES);
            (short.map(|()| Self::Rfc4716(text)), Frame::Rfc4716)
        } else {
            let short = check_length(text, MAX_PUBLIC_BYTES);
            (short.map(|()| Self::OpensshLine(text)), Frame::Line)
        }
    }

    /// Returns the only key in DER. Ignores bytes after it unless they are another key.
    fn in_der(der: &[u8]) -> Result<Self, FormatError> {
        let (first, mut rest) = der::split_first(der)?;
        let found = Self::Der(first);
        loop {
            let blank = rest.iter().take_while(|byte| **byte == 0 || byte.is_ascii_whitespace());
            rest = rest.get(blank.count()..).unwrap_or_default();
            if !is_der(rest) {
                break;
            }
            let Ok((next, after)) = der::split_first(rest) else { break };
            let is_key = !matches!(
                Structure::of(next.expose()),
                Err(FormatError::DerUnknown | FormatError::X509Certificate)
            );
            let same = |one: Identity| Self::Der(next).identity().is_some_and(|it| it.is(&one));
            if is_key && !found.identity().is_some_and(same) {
                return Err(FormatError::SeveralKeys);
            }
            rest = after;
        }
        for other in undo::candidates(rest) {
            check_other(&other, found.identity().as_ref())?;
        }
        Ok(found)
    }

    /// Returns the only key among PEM blocks. Accepts its public half, certificates and parameters
    /// next to it.
    fn in_pem(blocks: Vec<PemBlock<'a>>) -> Result<Self, FormatError> {
        let (companions, keys): (Vec<_>, Vec<_>) =
            blocks.into_iter().partition(PemBlock::is_companion);
        let (publics, privates): (Vec<_>, Vec<_>) = keys.into_iter().partition(PemBlock::is_public);
        let mut keys = privates.into_iter().chain(publics);
        let Some(first) = keys.next() else {
            let companion = companions.first().ok_or(FormatError::Unrecognized)?;
            companion.pem_type()?;
            return Err(FormatError::PemLabelUnknown);
        };
        let found = Self::of(first);
        let key = found.as_ref().ok().and_then(Self::identity);
        for other in keys {
            let other = Self::of(other).ok().and_then(|other| other.identity());
            if !matches!((&key, other), (Some(key), Some(other)) if key.is(&other)) {
                return Err(FormatError::SeveralKeys);
            }
        }
        found
    }

    fn of(block: PemBlock<'a>) -> Result<Self, FormatError> {
        match block.pem_type()? {
            pem::PemType::Der if block.is_encrypted() => Ok(Self::EncryptedPem(block)),
            pem::PemType::Der => Self::in_der(block.contents.expose()),
            pem::PemType::Openssh => Ok(Self::OpensshContainer(block.contents)),
        }
    }

    /// Returns the identity of the key if its public half can be read.
    fn identity(&self) -> Option<Identity> {
        let public = match self {
            Self::Der(der) => match der::read_public(der.expose()) {
                Err(FormatError::Pkcs8Encrypted) => {
                    return Some(Identity::Hidden(Secret::copy_of(der.expose())));
                }
                read => read.ok()?.1,
            },
            Self::EncryptedPem(block) => {
                return Some(Identity::Hidden(Secret::copy_of(block.contents.expose())));
            }
            Self::OpensshContainer(bytes) => Container::read(bytes.expose()).ok()?.public,
            Self::OpensshLine(text) => openssh::read_line(text).ok()?.0,
            Self::Ppk(text) => PpkFile::read(text).ok()?.public,
            Self::Rfc4716(text) => rfc4716::read(text).ok()?.0,
        };
        Some(Identity::Public(public))
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

/// Fails if another key in a text is not the same as `key`.
fn check_other(other: &Candidate, key: Option<&Identity>) -> Result<(), FormatError> {
    let identity = Detected::first(other.text.expose()).0.ok().and_then(|it| it.identity());
    match (identity, key) {
        (Some(identity), Some(key)) if identity.is(key) => Ok(()),
        (None, _) if !other.is_certain => Ok(()),
        _ => Err(FormatError::SeveralKeys),
    }
}

/// Returns whether `input` begins like a DER sequence and unlike text: with a multi-byte length, an
/// INTEGER, or an algorithm, which begins with an object identifier.
fn is_der(input: &[u8]) -> bool {
    matches!(
        input,
        [b'0', 0x80..=0xff, ..]
            | [b'0', _, 2, ..]
            | [b'0', _, b'0', 0x80..=0xff, ..]
            | [b'0', _, b'0', _, 6, ..]
    )
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

//! PEM blocks, read as leniently as OpenSSL does.
//!
//! This reader is hand-written because it accepts text around and between blocks, any line lengths,
//! several blocks and RFC 1421 headers. It also reports each fault with a separate error. The
//! `pem` crates do not do all of this.

use crate::format::encoding;
use crate::format::error::FormatError;
use crate::format::foreign::ForeignFormat;
use crate::format::text;
use crate::secret::Secret;

pub(in crate::format) const ENCRYPTED_PRIVATE_KEY: &str = "ENCRYPTED PRIVATE KEY";
pub(in crate::format) const OPENSSH_PRIVATE_KEY: &str = "OPENSSH PRIVATE KEY";
pub(in crate::format) const PRIVATE_KEY: &str = "PRIVATE KEY";
pub(in crate::format) const PUBLIC_KEY: &str = "PUBLIC KEY";
pub(in crate::format) const RSA_PRIVATE_KEY: &str = "RSA PRIVATE KEY";
pub(in crate::format) const RSA_PUBLIC_KEY: &str = "RSA PUBLIC KEY";

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Enough for a key, its public half, and a chain of certificates.
const MAX_BLOCKS: usize = 16;

/// Returns `der` as a PEM block with lines of `columns` characters and a final LF.
pub(in crate::format) fn write(label: &str, der: &[u8], columns: usize) -> Secret {
    let frame = BEGIN.len() + END.len() + 2 * (label.len() + DASHES.len() + 1);
    let body = encoding::base64_lines_length(der.len(), columns);
    let mut text = Secret::with_capacity(frame.saturating_add(body));
    for part in [BEGIN, label.as_bytes(), DASHES, b"\n"] {
        text.push(part);
    }
    encoding::push_base64_lines(&mut text, der, columns);
    for part in [END, label.as_bytes(), DASHES, b"\n"] {
        text.push(part);
    }
    text
}

pub(in crate::format) struct PemBlock<'a> {
    pub(in crate::format) label: &'a [u8],
    /// The RFC 1421 header lines, such as `Proc-Type: 4,ENCRYPTED`.
    pub(in crate::format) headers: &'a [u8],
    /// The decoded base64.
    pub(in crate::format) contents: Secret,
}

/// The type of contents that a label announces.
pub(in crate::format) enum PemType {
    /// A DER structure of any kind, because programs often confuse the labels.
    Der,
    /// OpenSSH's private key container.
    Openssh,
}

impl PemBlock<'_> {
    /// Returns the type of the contents, according to the label.
    pub(in crate::format) fn pem_type(&self) -> Result<PemType, FormatError> {
        match std::str::from_utf8(self.label) {
            Ok(
                ENCRYPTED_PRIVATE_KEY | PRIVATE_KEY | PUBLIC_KEY | RSA_PRIVATE_KEY | RSA_PUBLIC_KEY,
            ) => Ok(PemType::Der),
            Ok(OPENSSH_PRIVATE_KEY) => Ok(PemType::Openssh),
            Ok("DSA PRIVATE KEY" | "DSA PARAMETERS") => Err(FormatError::Dsa),
            Ok("EC PRIVATE KEY" | "EC PARAMETERS") => Err(FormatError::Ecdsa),
            Ok("CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") => {
                Err(FormatError::X509Certificate)
            }
            Ok("PKCS7" | "CMS") => Err(FormatError::Foreign(ForeignFormat::Pkcs7)),
            _ => Err(FormatError::PemLabelUnknown),
        }
    }

    /// Returns whether the block has traditional encryption (RFC 1421 section 4.6.1.1).
    pub(in crate::format) fn is_encrypted(&self) -> bool {
        text::lines(self.headers)
            .map(<[u8]>::trim_ascii)
            .any(|line| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED"))
    }

    pub(in crate::format) fn is_public(&self) -> bool {
        self.label.ends_with(b"PUBLIC KEY")
    }

    /// Returns whether the block is a common companion of keys: a certificate or parameters.
    pub(in crate::format) fn is_companion(&self) -> bool {
        [&b"CERTIFICATE"[..], b" CRL", b" PARAMETERS", b"CMS", b"PKCS7"]
            .iter()
            .any(|end| self.label.ends_with(end))
    }
}

/// Returns whether any line begins a PEM block.
pub(in crate::format) fn is_pem(text: &[u8]) -> bool {
    after_begin(text).is_some()
}

/// Reads the PEM blocks of `text`, at least one. Accepts lines of any length and text around
/// blocks.
pub(in crate::format) fn read(text: &[u8]) -> Result<Vec<PemBlock<'_>>, FormatError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(block) = after_begin(rest) {
        if blocks.len() == MAX_BLOCKS {
            return Err(FormatError::SeveralKeys);
        }
        let (label, block) = split_once(block, DASHES).ok_or(FormatError::EndMissing)?;
        let (body, after) = split_once(block, END).ok_or(FormatError::EndMissing)?;
        let (end_label, after) = split_once(after, DASHES).ok_or(FormatError::EndMissing)?;
        if is_pem(body) {
            return Err(FormatError::SeveralKeys);
        }
        if label != end_label {
            return Err(FormatError::PemLabels);
        }
        let (headers, base64) = split_headers(body);
        blocks.push(PemBlock { label, headers, contents: encoding::from_base64_lines(base64)? });
        rest = after;
    }
    if blocks.is_empty() { Err(FormatError::Unrecognized) } else { Ok(blocks) }
}

/// Returns the text after the first BEGIN at the start of a line.
fn after_begin(text: &[u8]) -> Option<&[u8]> {
    let mut lines = text::lines(text);
    loop {
        let here = lines.rest();
        let line = lines.next()?;
        let indent = line.len().saturating_sub(line.trim_ascii_start().len());
        if let Some(block) = here.get(indent..)?.strip_prefix(BEGIN) {
            return Some(block);
        }
    }
}

/// Splits the body after its last header; base64 has no colons.
fn split_headers(body: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = body.iter().rposition(|&byte| byte == b':') else {
        return (&[], body);
    };
    let (before, after) = body.split_at(colon);
    let value = text::lines(after).next().unwrap_or_default().len();
    body.split_at(before.len().saturating_add(value))
}

fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = text.windows(separator.len()).position(|window| window == separator)?;
    let (before, after) = text.split_at(start);
    Some((before, after.strip_prefix(separator)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_block_round_trips() {
        let der: Vec<u8> = (0..100).collect();
        let text = write("TEST KEY", &der, 64);
        let lines: Vec<&[u8]> = text::lines(text.expose()).collect();
        assert_eq!(lines.first(), Some(&&b"-----BEGIN TEST KEY-----"[..]));
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines.last(), Some(&&b"-----END TEST KEY-----"[..]));
        assert!(text.expose().ends_with(b"-\n"));
        assert_eq!(read(text.expose()).unwrap()[0].contents.expose(), der);
    }

    #[test]
    fn lenient_pem_is_read() {
        for text in [
            "-----BEGIN K-----\nAQID\n-----END K-----",
            "-----BEGIN K-----\r\nAQ\r\nID\r\n\r\n-----END K-----\r\nmore",
            "Bag Attributes\n  a: b\n  -----BEGIN K-----\n  AQID\n  -----END K-----\n",
            "-----BEGIN K-----AQID-----END K-----",
            "-----BEGIN K-----\nA: b\nC: d\n\nAQID\n-----END K-----",
        ] {
            let block = &read(text.as_bytes()).unwrap()[0];
            assert_eq!((block.label, block.contents.expose()), (&b"K"[..], &[1, 2, 3][..]));
            assert!(!block.is_encrypted());
        }
        let encrypted =
            b"-----BEGIN K-----\n Proc-Type: 4,ENCRYPTED \nDEK-Info: A,B\n\nAQID\n-----END K-----";
        assert!(read(encrypted).unwrap()[0].is_encrypted());
    }

    #[test]
    fn incomplete_or_nested_blocks_fail() {
        for (text, error) in [
            ("AQID", "Unrecognized"),
            ("see -----BEGIN K-----\nAQID\n-----END K-----", "Unrecognized"),
            ("-----BEGIN K", "EndMissing"),
            ("-----BEGIN K-----\nAQID", "EndMissing"),
            ("-----BEGIN K-----\nAQID\n-----END K", "EndMissing"),
            ("-----BEGIN K-----\nAQID\n-----END L-----", "PemLabels"),
            ("-----BEGIN K-----\nAQID\n-----END K-----\n-----BEGIN K-----\n", "EndMissing"),
            ("-----BEGIN K-----\nAQID\n-----BEGIN L-----\n-----END L-----\n", "SeveralKeys"),
        ] {
            let fault = read(text.as_bytes()).map(|blocks| blocks.len()).unwrap_err();
            assert_eq!(format!("{fault:?}"), error, "{text}");
        }
    }
}
